"""Jobs that run experiments, what they print, and how far they are."""
