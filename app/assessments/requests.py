"""Request schemas of the questionnaire endpoints."""

from typing import Annotated

from pydantic import Field

from app.accounts.schemas import RequestBody
from app.assessments.schemas import SLUG
from app.core.text_fields import MAX_SLUG_LENGTH, Storable, Trimmed
from app.core.text_fields import SLUG as SLUG_PATTERN
from app.core.timestamps import Timestamp

MAX_ANSWERS = 500
MAX_ANSWER_VALUE = 1000
CLAIM_TOKEN_EXAMPLE = "k1.AWF0b2tlbg"  # noqa: S105 - an example
ANSWERS_EXAMPLE = {f"q{n:02}": (3, 5, 2, 4)[n % 4] for n in range(1, 25)}

QuestionId = Annotated[str, Field(min_length=1, max_length=40), Storable]
Answers = Annotated[
    dict[QuestionId, Annotated[int, Field(strict=True, ge=-MAX_ANSWER_VALUE, le=MAX_ANSWER_VALUE)]],
    Field(max_length=MAX_ANSWERS, description="The chosen number for each question id.", examples=[ANSWERS_EXAMPLE]),
]
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, examples=[1])]
Slug = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=MAX_SLUG_LENGTH, examples=[SLUG]), Storable]
ClaimToken = Annotated[
    str,
    Field(
        min_length=1, max_length=5000, examples=[CLAIM_TOKEN_EXAMPLE], description="The token that `score` returned."
    ),
    Storable,
    Trimmed,
]


class ScoreRequest(RequestBody):
    answers: Answers
    version: Version | None = Field(default=None, description="The answered version; defaults to the current one.")


class NewResult(RequestBody):
    """A result to store: either `assessment`, `version` and `answers`, or the `claim_token` of an anonymous score."""

    assessment: Slug = Field(default_factory=str)
    version: Version = Field(default_factory=int)
    answers: Answers = Field(default_factory=dict)
    claim_token: ClaimToken = Field(default_factory=str)

    @property
    def has_claim_token(self) -> bool:
        return "claim_token" in self.model_fields_set


class NewDraft(RequestBody):
    version: Version
    answers: Answers
    answered_at: Annotated[Timestamp, Field(description="Time of the last answer, by the device's clock.")]
