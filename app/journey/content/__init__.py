"""Content of the 21-day journeys: an overview, and the texts, exercise and tasks of each day."""
