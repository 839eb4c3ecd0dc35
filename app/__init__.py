"""The backend of 21|Twenty One: articles, assessments and a guided 21-day journey."""
