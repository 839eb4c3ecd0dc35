"""Self-assessment questionnaires and their scoring, including measurement uncertainty."""
