"""The annotations of a dataset version as a file that other tools read."""
