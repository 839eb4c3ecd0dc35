"""Database access on SQLite and PostgreSQL: engines, sessions, transactions and pagination."""
