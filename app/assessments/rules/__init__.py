"""Definitions, scoring, styles and reliable change as pure functions."""
