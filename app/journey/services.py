from dataclasses import dataclass

from app.core.crypto.key_ring import KeyRing
from app.journey.content.journeys import Journeys


@dataclass(frozen=True, slots=True)
class Tools:
    """What the services of this folder work with."""

    ring: KeyRing
    journeys: Journeys

    @classmethod
    def of(cls, ring: KeyRing) -> "Tools":
        return cls(ring, Journeys())
