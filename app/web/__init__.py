"""Between the socket and a router: replies kept, errors, conventions, limits, what operators look at."""
