"""How fast it is, with how many rows: `make bench` prints what the product promises beside what was measured."""
