from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request

from app.accounts.request_context import Acting
from app.assessments.schemas import SLUG
from app.assessments.services import Tools
from app.core.text_fields import LONGEST_SLUG
from app.core.text_fields import SLUG as SLUG_PATTERN
from app.web.dependencies import LARGEST, whole_number

AN_ID = "3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"


async def read_tools(request: Request) -> Tools:
    tools: Tools = request.app.state.assessments
    return tools


def tools_of(me: Acting) -> Tools:
    """What `AssessmentTools` gives, where a dependency less is worth it (docs/decisions/threads.md)."""
    tools: Tools = me.state.assessments
    return tools


AssessmentTools = Annotated[Tools, Depends(read_tools)]
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
