"""Response schemas for a member's unfinished questionnaire answers (drafts)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.assessments.requests import ANSWERS_EXAMPLE
from app.assessments.schemas import SLUG


@dataclass(kw_only=True)
class DraftProgress:
    asked: Annotated[int, Field(description="The number of questions to answer, given these answers.", examples=[24])]
    answered: Annotated[int, Field(examples=[9])]
    next_question: Annotated[
        str | None, Field(description="The first unanswered question; null if all are answered.", examples=["q10"])
    ]


@dataclass(kw_only=True)
class DraftRead:
    assessment: Annotated[str, Field(examples=[SLUG])]
    version: int
    answers: Annotated[dict[str, int], Field(examples=[ANSWERS_EXAMPLE])]
    answered_at: datetime
    progress: DraftProgress
