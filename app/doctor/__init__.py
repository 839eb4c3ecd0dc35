"""`twentyone doctor`: looks at a deployment, and says what is wrong and what would be right."""
