"""Pages of runs: launching one, all of them, one's console, and what of a page changes while one goes on."""
