"""Engines, sessions, statements and pages over SQLite and PostgreSQL."""
