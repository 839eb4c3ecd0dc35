"""Processes that are killed, and disks that are full, at random moments."""
