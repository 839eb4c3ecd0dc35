"""Results that members keep: saved, compared, drawn and recomputed."""
