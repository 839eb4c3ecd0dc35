"""YAML and Markdown files read with their line numbers, and messages about what is wrong in them."""
