"""Commands for operators: manage user accounts and encryption keys."""
