"""The database copied while it is in use, and put back: `twentyone backup` and `restore`."""
