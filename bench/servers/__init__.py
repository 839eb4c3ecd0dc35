"""What is measured: servers as processes of their own, their databases, and what they cost."""
