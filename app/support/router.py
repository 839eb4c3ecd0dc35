from typing import Annotated

from fastapi import Query

from app.support import service
from app.support.schemas import SupportPage
from app.web.dependencies import ContentSession, NextPageLink, PageQuery, PublicResponse
from app.web.routes import api_router

router = api_router("/support", tag="Support", dependencies=[PublicResponse])

CountryQuery = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z]{2}$", description="ISO 3166-1 alpha-2 code, such as `GB`.", examples=["US"]),
]


@router.get("", summary="List crisis lines and help lines")
def list_support_lines(
    session: ContentSession, page: PageQuery, link: NextPageLink, country: CountryQuery = None
) -> SupportPage:
    """List crisis lines and help lines for people in distress. With `country`, only lines for this country and
    international lines are listed: emergency lines of the country first, international lines last. In immediate danger,
    people should call their local emergency number.
    """
    return link(service.list_support_lines(session, page, country=country))
