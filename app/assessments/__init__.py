"""Questionnaires about oneself: honest questions, and scores that say how sure they are."""
