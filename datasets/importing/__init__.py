"""Importers: each reads a form in which data sets are kept, and lists its labels and images for the one service."""
