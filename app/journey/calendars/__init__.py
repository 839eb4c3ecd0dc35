"""A run as an iCalendar feed under a secret address."""
