"""Markdown as the product writes it, read into blocks, HTML and plain text."""
