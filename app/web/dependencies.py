"""The `Annotated` names with which routers say what they need."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from app.core.db.pagination import MAX_LIMIT, Page, PageRequest
from app.core.db.requests import Mode, RequestSession
from app.core.db.transactions import Transactions
from app.core.networks import network_of
from app.core.settings import Settings
from app.core.text_fields import whole_number
from app.web.services import WebServices

PUBLIC = {"Cache-Control": "public, no-cache"}  # kept by anyone, asked for again each time: docs/decisions/caching.md

AnyPage = TypeVar("AnyPage", bound=Page[Any])


def web_services(request: Request) -> WebServices:
    services: WebServices = request.app.state.services.web
    return services


async def open_content_session(request: Request) -> RequestSession:
    return _session(request, Mode.SNAPSHOT)


async def open_read_session(request: Request) -> RequestSession:
    return _session(request, Mode.READ)


async def open_write_session(request: Request) -> RequestSession:
    return _session(request, Mode.WRITE)


async def open_transactions(request: Request) -> Transactions:
    return web_services(request).database.transactions(datetime.now(UTC))


def _session(request: Request, mode: Mode) -> RequestSession:
    return RequestSession(web_services(request).database.requests.run, mode, datetime.now(UTC))


async def read_network(request: Request) -> str:
    """Where a request comes from: the peer, or what a trusted proxy says of it (`TWENTYONE_TRUSTED_PROXIES`)."""
    return network_of(request.client and request.client.host)


async def read_settings(request: Request) -> Settings:
    return web_services(request).settings


async def for_everyone(response: Response) -> None:
    """Marks a reply as the same for everyone: such a reply is cached (`web/cache`)."""
    response.headers.update(PUBLIC)


async def page_request(
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.", examples=[20]), whole_number
    ] = 20,
    cursor: Annotated[
        str | None, Query(min_length=1, max_length=1000, description="The `next` of the page before.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


class NextLink:
    """Says in a `Link` header (RFC 8288) what the body's `next` says."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def __call__(self, page: AnyPage) -> AnyPage:
        if page.next:
            given = [pair for pair in self._request.query_params.multi_items() if pair[0] != "cursor"]
            query = urlencode([*given, ("cursor", page.next)])
            self._response.headers["Link"] = f'<{self._request.scope["path"]}?{query}>; rel="next"'
        return page


async def next_link(request: Request, response: Response) -> NextLink:
    return NextLink(request, response)


ContentSession = Annotated[RequestSession, Depends(open_content_session)]
ReadSession = Annotated[RequestSession, Depends(open_read_session)]
WriteSession = Annotated[RequestSession, Depends(open_write_session)]
SeparateTransactions = Annotated[Transactions, Depends(open_transactions)]
Linked = Annotated[NextLink, Depends(next_link)]
Network = Annotated[str, Depends(read_network)]
AppSettings = Annotated[Settings, Depends(read_settings)]
PageQuery = Annotated[PageRequest, Depends(page_request)]
ForEveryone = Depends(for_everyone)
