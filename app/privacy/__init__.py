"""Export and erasure of a member's personal data."""
