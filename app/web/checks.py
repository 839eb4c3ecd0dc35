"""What every request is checked for before its endpoint is called: in one dependency, for each costs."""

from fastapi import Request

from app.web.bodies import check_body
from app.web.dependencies import read_network
from app.web.limits import Limits
from app.web.query import check_query


async def check_request(request: Request) -> None:
    """Raises TooMany, BadQuery and NamedTwice."""
    limits: Limits = request.app.state.limits
    limits.count("requests", await read_network(request))
    await check_query(request)
    await check_body(request)
