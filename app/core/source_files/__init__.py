"""Parser for content files in YAML and Markdown, with line numbers for error messages."""
