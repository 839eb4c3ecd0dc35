"""Fuzz testing: random requests that are generated from the OpenAPI document."""
