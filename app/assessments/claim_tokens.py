"""Claim tokens, which let a visitor save an anonymous questionnaire result after signing up.

A token contains the encrypted answers and is stored by the client. The server stores nothing before the token is used.
Each answer takes up the same width in the token, so that the token's length doesn't reveal the answers.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col

from app.assessments.models import UsedClaim
from app.assessments.questionnaires import Questionnaire, QuestionnaireCache
from app.core.crypto.encryption import DecryptionError, decrypt, encrypt
from app.core.crypto.key_ring import KeyRing, UnknownKey
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, InvalidInput

KEY_PURPOSE = "claim tokens"
CLAIM_TOKEN_LIFETIME = timedelta(days=7)
ANSWER_WIDTH = 5  # characters per answer in a claim token; the longest answer is "+1000"


class InvalidClaimToken(InvalidInput):
    code = "claim_not_good"
    message = "This claim token is invalid."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/claim_token", "Send the token exactly as `score` returned it."))


class ClaimExpired(InvalidInput):
    code = "claim_expired"
    message = "This claim token is older than seven days. Please take the assessment again."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/claim_token", "The token has expired."))


class ClaimUsed(Conflict):
    code = "claim_used"
    message = "This claim token was already used for another result."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/claim_token", "A token can be used once."))


@dataclass(frozen=True, slots=True)
class Claim:
    id: UUID
    questionnaire: Questionnaire
    answers: Mapping[str, int]
    scored_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.scored_at + CLAIM_TOKEN_LIFETIME

    def use(self, session: Session, *, now: datetime) -> None:
        """Mark the claim token as used. Raise ClaimExpired or ClaimUsed if it can't be used.

        Call this in the transaction that stores the result, so that both are committed together.
        """
        if now >= self.expires_at:
            raise ClaimExpired
        statement = session.dialect_insert(UsedClaim).on_conflict_do_nothing().returning(col(UsedClaim.id))
        if session.execute(statement, {"id": self.id, "expires_at": self.expires_at}).first() is None:
            raise ClaimUsed


class ClaimTokens:
    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def create(
        self, questionnaire: Questionnaire, answers: Mapping[str, int], *, now: datetime
    ) -> tuple[str, datetime]:
        """Return a claim token that contains the encrypted answers, and the time at which it expires."""
        claim = Claim(uuid4(), questionnaire, answers, now)
        payload = {
            "id": str(claim.id),
            "assessment": questionnaire.slug,
            "version": questionnaire.version,
            "digest": questionnaire.digest,
            "scored_at": now.isoformat(timespec="microseconds"),
            "answers": "".join(
                f"{answers[question.id]:+{ANSWER_WIDTH}}" if question.id in answers else " " * ANSWER_WIDTH
                for question in questionnaire.definition.questions
            ),
        }
        key_id = self._ring.current
        encrypted = encrypt(self._ring.key(key_id, KEY_PURPOSE), json.dumps(payload).encode(), associated_data=key_id)
        return f"{key_id}.{_encode(encrypted)}", claim.expires_at

    def read(self, session: Session, questionnaires: QuestionnaireCache, token: str) -> Claim:
        """Decrypt and verify a claim token. Raise InvalidClaimToken."""
        key_id, _, encoded = token.partition(".")
        try:
            encrypted = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            if _encode(encrypted) != encoded:  # Reject characters that Python's base64 decoder ignores.
                raise InvalidClaimToken
            payload = json.loads(decrypt(self._ring.key(key_id, KEY_PURPOSE), encrypted, associated_data=key_id))
        except (ValueError, UnknownKey, DecryptionError):
            raise InvalidClaimToken from None
        questionnaire = questionnaires.version(session, payload["assessment"], payload["version"])
        if questionnaire is None or questionnaire.digest != payload["digest"]:  # The content has changed.
            raise InvalidClaimToken
        fields = [payload["answers"][n : n + ANSWER_WIDTH] for n in range(0, len(payload["answers"]), ANSWER_WIDTH)]
        questions = [question.id for question in questionnaire.definition.questions]
        answers = {id_: int(field) for id_, field in zip(questions, fields, strict=True) if field.strip()}
        return Claim(
            UUID(payload["id"]), questionnaire, answers, datetime.fromisoformat(payload["scored_at"]).astimezone(UTC)
        )


def _encode(encrypted: bytes) -> str:
    return urlsafe_b64encode(encrypted).decode().rstrip("=")
