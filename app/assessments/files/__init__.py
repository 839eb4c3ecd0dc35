"""The file format of questionnaires, and its checks."""
