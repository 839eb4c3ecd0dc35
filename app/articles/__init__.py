"""What people read, and the topics, categories and authors it is filed under."""
