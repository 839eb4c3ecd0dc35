"""Articles with their topics, categories and authors, and full-text search."""
