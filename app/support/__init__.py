"""Crisis lines and help lines for people in distress, by country. No sign-in is required."""
