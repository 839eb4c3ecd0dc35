from typing import Annotated

from fastapi import Query

from app.support import service
from app.support.schemas import SupportPage
from app.web.dependencies import ContentSession, ForEveryone, Linked, PageQuery
from app.web.routes import api_router

router = api_router("/support", tag="Support", dependencies=[ForEveryone])

Country = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z]{2}$", description="ISO 3166-1 alpha-2, such as `GB`.", examples=["US"]),
]


@router.get("", summary="Crisis and help lines")
def list_support(session: ContentSession, page: PageQuery, link: Linked, country: Country = None) -> SupportPage:
    """Where somebody in distress finds help. With a country: its lines, emergency first, then the international
    ones, which are there for every country. Whoever is in danger should call the local emergency number.
    """
    return link(service.support_lines(session, page, country=country))
