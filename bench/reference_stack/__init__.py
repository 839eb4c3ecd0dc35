"""The reference stack: the same operations in the style of FastAPI's official template, on PostgreSQL."""
