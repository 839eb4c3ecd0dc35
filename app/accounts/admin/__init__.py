"""What operators do with accounts and keys."""
