"""Cached replies to public requests, and the watcher that drops them when content changes."""
