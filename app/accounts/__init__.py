"""Who someone is, and what they agreed to."""
