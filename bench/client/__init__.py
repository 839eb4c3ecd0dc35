"""Clients: requests, members and the load generator."""
