"""Benchmark clients: requests, members and the load generator."""
