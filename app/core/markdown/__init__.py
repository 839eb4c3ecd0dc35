"""Conversion of Markdown to content blocks, HTML and plain text."""
