"""Requests of every shape, derived from the OpenAPI document."""
