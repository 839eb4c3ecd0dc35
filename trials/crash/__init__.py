"""Trials (long-running reliability checks) that kill processes at random moments or fill the disk."""
