"""What the services of this folder share in a running application."""

from dataclasses import dataclass

from app.assessments.claims import Claims
from app.assessments.questionnaires import Questionnaires
from app.core.crypto.key_ring import KeyRing


@dataclass(frozen=True, slots=True)
class AssessmentServices:
    ring: KeyRing
    questionnaires: Questionnaires
    claims: Claims

    @classmethod
    def of(cls, ring: KeyRing) -> "AssessmentServices":
        return cls(ring, Questionnaires(), Claims(ring))
