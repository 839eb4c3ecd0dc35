"""HTTP infrastructure: routing, errors, caching, rate limits, OpenAPI, health checks and metrics."""
