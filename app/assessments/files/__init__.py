"""The file format of questionnaires, and the validation of these files."""
