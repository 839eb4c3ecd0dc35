"""Infrastructure that is independent of the product: database, email, encryption, logs and settings."""
