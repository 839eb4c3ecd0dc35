"""Passwords, tokens, sessions and the throttle that slows guessing."""
