"""Schedule, streaks, merging and progress as pure functions."""
