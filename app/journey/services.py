"""Shared objects that the journey code needs: encryption keys and a cache of journey content."""

from dataclasses import dataclass

from app.core.crypto.key_ring import KeyRing
from app.journey.content.journeys import JourneyCache


@dataclass(frozen=True, slots=True)
class JourneyServices:
    ring: KeyRing
    journeys: JourneyCache

    @classmethod
    def of(cls, ring: KeyRing) -> "JourneyServices":
        return cls(ring, JourneyCache())
