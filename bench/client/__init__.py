"""Those who ask: requests, members, and the load generator."""
