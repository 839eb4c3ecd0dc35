"""A yardstick: the same work in the manner of the official full-stack template of FastAPI, on PostgreSQL."""
