"""What every request is checked for before its endpoint is called: in one dependency, for each costs."""

from fastapi import Request

from app.web.dependencies import read_network
from app.web.duplicate_keys import check_body
from app.web.query_params import check_query
from app.web.rate_limits import Limits


async def check_request(request: Request) -> None:
    """Raises TooMany, BadQuery and NamedTwice."""
    limits: Limits = request.app.state.limits
    limits.count("requests", await read_network(request))
    await check_query(request)
    await check_body(request)
