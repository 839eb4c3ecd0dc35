"""Crisis and help lines by country: for anyone, at once, without signing in."""
