"""Calendar subscriptions (iCalendar feeds) that show a member's upcoming days of a 21-day journey."""
