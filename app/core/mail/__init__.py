"""Sending of email: an outbox in the database, and transports that deliver its messages."""
