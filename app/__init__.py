"""The backend of 21|Twenty One: articles, self-assessments and a guided 21-day journey."""
