"""Check a deployment and suggest a fix for each problem (`twentyone doctor`)."""
