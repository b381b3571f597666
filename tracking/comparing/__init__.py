"""Experiments of a project, side by side: what they were given, and what came of it."""
