"""The outbox and the transports that empty it."""
