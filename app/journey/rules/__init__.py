"""Rules of a 21-day journey as pure functions: schedules, streaks, progress and the merging of changes."""
