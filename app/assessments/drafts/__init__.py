"""Drafts: incomplete questionnaire answers, stored so that a member can continue on another device."""
