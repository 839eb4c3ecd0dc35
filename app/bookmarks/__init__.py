"""Bookmarks: articles that a member has saved."""
