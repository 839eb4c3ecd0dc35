"""Claim tokens: answers that were given without an account, sealed by the server and kept by the client until there is
one.

Nothing is stored when a token is made. It holds a fixed number of characters for each question, so that its length
doesn't depend on the answers.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col

from app.assessments.models import UsedClaim
from app.assessments.questionnaires import Questionnaire, Questionnaires
from app.core.crypto.encryption import Broken, seal, unseal
from app.core.crypto.key_ring import KeyRing, UnknownKey
from app.core.db.session import Session
from app.core.errors import BadInput, Conflict, FieldError

PURPOSE = "claim tokens"
GOOD_FOR = timedelta(days=7)
WIDTH = 5  # characters of an answer: +1000 is the longest


class ClaimNotGood(BadInput):
    code = "claim_not_good"
    says = "This claim token can't be used."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/claim_token", "Send it exactly as `score` gave it."))


class ClaimExpired(BadInput):
    code = "claim_expired"
    says = "This claim token is older than seven days. Please take the assessment again."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/claim_token", "It has expired."))


class ClaimUsed(Conflict):
    code = "claim_used"
    says = "This claim token was used for another result."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/claim_token", "It can be used once."))


@dataclass(frozen=True, slots=True)
class Claim:
    id: UUID
    questionnaire: Questionnaire
    answers: Mapping[str, int]
    scored_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.scored_at + GOOD_FOR

    def use(self, session: Session, *, now: datetime) -> None:
        """Mark it as used, by the result that this transaction stores. Raises ClaimExpired and ClaimUsed."""
        if now >= self.expires_at:
            raise ClaimExpired
        once = session.insert_or(UsedClaim).on_conflict_do_nothing().returning(col(UsedClaim.id))
        if session.execute(once, {"id": self.id, "expires_at": self.expires_at}).first() is None:
            raise ClaimUsed


class Claims:
    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def token(self, questionnaire: Questionnaire, answers: Mapping[str, int], *, now: datetime) -> tuple[str, datetime]:
        """A token for these answers, and until when it is good."""
        claim = Claim(uuid4(), questionnaire, answers, now)
        said = {
            "id": str(claim.id),
            "assessment": questionnaire.slug,
            "version": questionnaire.version,
            "digest": questionnaire.digest,
            "scored_at": now.isoformat(timespec="microseconds"),
            "answers": "".join(
                f"{answers[each.id]:+{WIDTH}}" if each.id in answers else " " * WIDTH
                for each in questionnaire.definition.questions
            ),
        }
        key_id = self._ring.current
        sealed = seal(self._ring.key(key_id, PURPOSE), json.dumps(said).encode(), bound_to=key_id)
        return f"{key_id}.{_text(sealed)}", claim.expires_at

    def read(self, reading: Session, questionnaires: Questionnaires, token: str) -> Claim:
        """Raises ClaimNotGood."""
        key_id, _, encoded = token.partition(".")
        try:
            sealed = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            if _text(sealed) != encoded:  # Python reads over what isn't base64
                raise ClaimNotGood
            said = json.loads(unseal(self._ring.key(key_id, PURPOSE), sealed, bound_to=key_id))
        except (ValueError, UnknownKey, Broken):
            raise ClaimNotGood from None
        questionnaire = questionnaires.version(reading, said["assessment"], said["version"])
        if questionnaire is None or questionnaire.digest != said["digest"]:  # it was made with other content
            raise ClaimNotGood
        written = [said["answers"][n : n + WIDTH] for n in range(0, len(said["answers"]), WIDTH)]
        questions = [each.id for each in questionnaire.definition.questions]
        answers = {id_: int(each) for id_, each in zip(questions, written, strict=True) if each.strip()}
        return Claim(
            UUID(said["id"]), questionnaire, answers, datetime.fromisoformat(said["scored_at"]).astimezone(UTC)
        )


def _text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")
