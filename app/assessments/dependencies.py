"""The `Annotated` names by which the routers of this folder say what they need."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from app.assessments.schemas import SLUG
from app.assessments.services import AssessmentServices
from app.core.text_fields import LARGEST, LONGEST_SLUG, whole_number
from app.core.text_fields import SLUG as SLUG_PATTERN
from app.web.routes import PartOfState

AN_ID = "3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"


Services = Annotated[AssessmentServices, PartOfState("assessments")]
AssessmentSlug = Annotated[
    str, Path(pattern=SLUG_PATTERN, max_length=LONGEST_SLUG, description="As the list names it.", examples=[SLUG])
]
OfAssessment = Annotated[
    str | None,
    Query(pattern=SLUG_PATTERN, max_length=LONGEST_SLUG, description="Only of this assessment.", examples=[SLUG]),
]
OfVersion = Annotated[
    int | None,
    Query(ge=1, le=LARGEST, description="An older one; the current one unless given.", examples=[1]),
    whole_number,
]
ResultId = Annotated[UUID, Path(description="A UUID of the client's choice.", examples=[AN_ID])]
Since = Annotated[UUID, Query(description="The id of another result, as a rule an earlier one.", examples=[AN_ID])]
