"""What the services of this folder share in a running application."""

from dataclasses import dataclass

from app.core.crypto.key_ring import KeyRing
from app.journey.content.journeys import Journeys


@dataclass(frozen=True, slots=True)
class JourneyServices:
    ring: KeyRing
    journeys: Journeys

    @classmethod
    def of(cls, ring: KeyRing) -> "JourneyServices":
        return cls(ring, Journeys())
