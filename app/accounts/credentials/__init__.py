"""Passwords, tokens and sessions, and the throttling of failed sign-ins."""
