"""Import and export of editorial content: articles, questionnaires and the 21-day journey.

The package reads and checks the files in seed_content/, loads the differences into the database, and exports the
database to files again.
"""
