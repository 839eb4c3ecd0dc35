"""FastAPI dependencies and parameter types of the questionnaire endpoints."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from app.assessments.schemas import SLUG
from app.assessments.services import AssessmentServices
from app.core.text_fields import MAX_SLUG_LENGTH, MAX_WHOLE_NUMBER, WholeNumber
from app.core.text_fields import SLUG as SLUG_PATTERN
from app.web.routes import FromState

RESULT_ID_EXAMPLE = "3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"


Services = Annotated[AssessmentServices, FromState("assessments")]
AssessmentSlug = Annotated[
    str,
    Path(
        pattern=SLUG_PATTERN,
        max_length=MAX_SLUG_LENGTH,
        description="The slug of an assessment, from the list.",
        examples=[SLUG],
    ),
]
AssessmentFilter = Annotated[
    str | None,
    Query(
        pattern=SLUG_PATTERN,
        max_length=MAX_SLUG_LENGTH,
        description="Return only results of this assessment.",
        examples=[SLUG],
    ),
]
VersionQuery = Annotated[
    int | None,
    Query(ge=1, le=MAX_WHOLE_NUMBER, description="An older version; defaults to the current one.", examples=[1]),
    WholeNumber,
]
ResultId = Annotated[UUID, Path(description="A UUID that the client chooses.", examples=[RESULT_ID_EXAMPLE])]
SinceResultId = Annotated[
    UUID, Query(description="The id of another result, usually an earlier one.", examples=[RESULT_ID_EXAMPLE])
]
