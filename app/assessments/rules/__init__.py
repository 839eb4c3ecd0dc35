"""Scoring rules of questionnaires as pure functions: scores, styles and reliable change."""
