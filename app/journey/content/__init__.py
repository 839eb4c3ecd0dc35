"""What a journey says: its outline and its days."""
