"""Cache of public HTTP responses, cleared when content changes."""
