"""Reads, checks and loads seed_content/: the only way that content enters the database."""
