"""The measured servers as processes, their databases and their costs."""
