from typing import Annotated
from uuid import UUID

from fastapi import Header, Path

from app.core.text_fields import LONGEST_SLUG, SLUG, whole_number
from app.journey.responses import AN_ID
from app.journey.rules.schedule import LENGTH
from app.journey.runs import CURRENT
from app.journey.services import JourneyServices
from app.web.routes import PartOfState

RUN = rf"^({CURRENT}|[0-9a-fA-F]{{8}}(-?[0-9a-fA-F]{{4}}){{3}}-?[0-9a-fA-F]{{12}})$"


Services = Annotated[JourneyServices, PartOfState("journey")]
JourneySlug = Annotated[
    str, Path(pattern=SLUG, max_length=LONGEST_SLUG, description="As the list names it.", examples=["21-days"])
]
NewRunId = Annotated[UUID, Path(description="A UUID of the client's choice.", examples=[AN_ID])]
RunId = Annotated[
    str,
    Path(pattern=RUN, description="A run's id, or `current`: the latest that isn't abandoned.", examples=[CURRENT]),
]
DayNumber = Annotated[int, Path(ge=1, le=LENGTH, description="The number of a day.", examples=[1]), whole_number]
IfMatch = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=1000,
        description="The `ETag` of the day as you know it: changed since, it answers 412.",
        examples=['"402c1a024b8bcdf6c24fc2d9c7c50cbb"'],
    ),
]
