"""Encryption of stored data, and the secrets from which its keys are derived."""
