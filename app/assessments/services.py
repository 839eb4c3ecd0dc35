"""Objects shared by the questionnaire code for as long as the application runs."""

from dataclasses import dataclass

from app.assessments.claim_tokens import ClaimTokens
from app.assessments.questionnaires import QuestionnaireCache
from app.core.crypto.key_ring import KeyRing


@dataclass(frozen=True, slots=True)
class AssessmentServices:
    ring: KeyRing
    questionnaires: QuestionnaireCache
    claim_tokens: ClaimTokens

    @classmethod
    def of(cls, ring: KeyRing) -> "AssessmentServices":
        return cls(ring, QuestionnaireCache(), ClaimTokens(ring))
