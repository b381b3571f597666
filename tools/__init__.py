"""What the Makefile calls. Standard library only: these run before anything is installed."""
