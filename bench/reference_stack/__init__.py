"""The reference stack: the same work in the manner of the official full-stack template of FastAPI, on PostgreSQL."""
