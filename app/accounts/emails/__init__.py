"""Emails to members, in English and Spanish."""
