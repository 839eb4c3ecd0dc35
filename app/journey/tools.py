from dataclasses import dataclass

from app.core.keyring import KeyRing
from app.journey.journeys import Journeys


@dataclass(frozen=True, slots=True)
class Tools:
    """What the services of this folder work with."""

    ring: KeyRing
    journeys: Journeys

    @classmethod
    def of(cls, ring: KeyRing) -> "Tools":
        return cls(ring, Journeys())
