"""Answers so far, as replies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.assessments.requests import EXAMPLE
from app.assessments.schemas import SLUG


@dataclass(kw_only=True)
class DraftProgress:
    asked: Annotated[int, Field(description="How many questions there are, with these answers.", examples=[24])]
    answered: Annotated[int, Field(examples=[9])]
    next_question: Annotated[
        str | None, Field(description="The first without an answer; null: none.", examples=["q10"])
    ]


@dataclass(kw_only=True)
class DraftRead:
    assessment: Annotated[str, Field(examples=[SLUG])]
    version: int
    answers: Annotated[dict[str, int], Field(examples=[EXAMPLE])]
    answered_at: datetime
    progress: DraftProgress
