"""The key ring and encryption at rest."""
