"""Answers as they are sent."""

from typing import Annotated

from pydantic import Field

from app.accounts.schemas import Body
from app.assessments.schemas import SLUG
from app.core.text_fields import LONGEST_SLUG, Storable
from app.core.text_fields import SLUG as SLUG_PATTERN
from app.core.timestamps import Moment

MOST_ANSWERS = 500
LARGEST = 1000  # that an answer may be
TOKEN = "k1.AWF0b2tlbg"  # noqa: S105 - an example
EXAMPLE = {f"q{n:02}": (3, 5, 2, 4)[n % 4] for n in range(1, 25)}

QuestionId = Annotated[str, Field(min_length=1, max_length=40), Storable]
Answers = Annotated[
    dict[QuestionId, Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]],
    Field(max_length=MOST_ANSWERS, description="Questions' ids with the numbers chosen.", examples=[EXAMPLE]),
]
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, examples=[1])]
Slug = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=LONGEST_SLUG, examples=[SLUG]), Storable]
ClaimToken = Annotated[
    str, Field(min_length=1, max_length=5000, examples=[TOKEN], description="As `score` gave it."), Storable
]


class AnswersGiven(Body):
    answers: Answers
    version: Version | None = Field(
        default=None, description="The version that was answered; the current one unless given."
    )


class NewResult(Body):
    """Either `assessment`, `version` and `answers`, or the `claim_token` of an anonymous score."""

    assessment: Slug = Field(default_factory=str)
    version: Version = Field(default_factory=int)
    answers: Answers = Field(default_factory=dict)
    claim_token: ClaimToken = Field(default_factory=str)

    @property
    def claims(self) -> bool:
        return "claim_token" in self.model_fields_set


class NewDraft(Body):
    version: Version
    answers: Answers
    answered_at: Annotated[Moment, Field(description="When the last answer was given, by the device's clock.")]
