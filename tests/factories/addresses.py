"""Databases that can't be reached."""

from pathlib import Path

from sqlalchemy import URL


def closed_address() -> URL:
    """A database in a folder that isn't there."""
    return URL.create("sqlite", database=str(Path("/nonexistent") / "twentyone.db"))
