from typing import Annotated
from uuid import UUID

from fastapi import Header, Path

from app.core.text_fields import MAX_SLUG_LENGTH, SLUG, WholeNumber
from app.journey.responses import EXAMPLE_RUN_ID
from app.journey.rules.schedule import LENGTH
from app.journey.runs import CURRENT
from app.journey.services import JourneyServices
from app.web.routes import FromState

RUN_ID_PATTERN = rf"^({CURRENT}|[0-9a-fA-F]{{8}}(-?[0-9a-fA-F]{{4}}){{3}}-?[0-9a-fA-F]{{12}})$"


Services = Annotated[JourneyServices, FromState("journey")]
JourneySlug = Annotated[
    str,
    Path(
        pattern=SLUG, max_length=MAX_SLUG_LENGTH, description="A journey's slug, as in the list.", examples=["21-days"]
    ),
]
NewRunId = Annotated[UUID, Path(description="A UUID that the client generates.", examples=[EXAMPLE_RUN_ID])]
RunId = Annotated[
    str,
    Path(
        pattern=RUN_ID_PATTERN,
        description="A run's id, or `current` for the latest run that isn't abandoned.",
        examples=[CURRENT],
    ),
]
DayNumber = Annotated[int, Path(ge=1, le=LENGTH, description="The number of a day.", examples=[1]), WholeNumber]
IfMatch = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=1000,
        description="The `ETag` of the day as you last read it. If the day has changed since, the response is 412.",
        examples=['"402c1a024b8bcdf6c24fc2d9c7c50cbb"'],
    ),
]
