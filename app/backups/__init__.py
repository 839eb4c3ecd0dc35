"""Backup and restore of the database, on the command line (`twentyone backup` and `twentyone restore`)."""
