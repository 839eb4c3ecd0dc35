from dataclasses import dataclass

from app.assessments.claims import Claims
from app.assessments.questionnaires import Questionnaires
from app.core.crypto.key_ring import KeyRing


@dataclass(frozen=True, slots=True)
class Tools:
    """What the services of this folder work with."""

    ring: KeyRing
    questionnaires: Questionnaires
    claims: Claims

    @classmethod
    def of(cls, ring: KeyRing) -> "Tools":
        return cls(ring, Questionnaires(), Claims(ring))
