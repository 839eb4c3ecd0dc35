"""The reference stack: a comparison server with the API's operations, in the style of FastAPI's template."""
