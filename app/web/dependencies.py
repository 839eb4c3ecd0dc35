"""FastAPI dependencies of endpoints, as `Annotated` types."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from app.core.db.pagination import MAX_LIMIT, Page, PageRequest
from app.core.db.request_runner import Mode, RequestSession
from app.core.db.transactions import Transactions
from app.core.networks import network_of
from app.core.settings import Settings
from app.core.text_fields import WholeNumber
from app.web.services import WebServices

# Caches may store the response, but must revalidate it before each use (docs/decisions/caching.md).
PUBLIC_HEADERS = {"Cache-Control": "public, no-cache"}

AnyPage = TypeVar("AnyPage", bound=Page[Any])


def get_web_services(request: Request) -> WebServices:
    services: WebServices = request.app.state.services.web
    return services


async def open_content_session(request: Request) -> RequestSession:
    return _session(request, Mode.SNAPSHOT)


async def open_read_session(request: Request) -> RequestSession:
    return _session(request, Mode.READ)


async def open_write_session(request: Request) -> RequestSession:
    return _session(request, Mode.WRITE)


async def open_transactions(request: Request) -> Transactions:
    return get_web_services(request).database.transactions(datetime.now(UTC))


def _session(request: Request, mode: Mode) -> RequestSession:
    return RequestSession(get_web_services(request).database.requests.run, mode, datetime.now(UTC))


async def get_network(request: Request) -> str:
    """Return the network of the client's address, as reported by the connection or a trusted proxy."""
    return network_of(request.client and request.client.host)


async def get_settings(request: Request) -> Settings:
    return get_web_services(request).settings


async def mark_public(response: Response) -> None:
    """Mark a response as identical for all clients, so that caches may store it."""
    response.headers.update(PUBLIC_HEADERS)


async def page_request(
    limit: Annotated[
        int,
        Query(ge=1, le=MAX_LIMIT, description="The maximum number of items on the page.", examples=[20]),
        WholeNumber,
    ] = 20,
    cursor: Annotated[
        str | None, Query(min_length=1, max_length=1000, description="The `next` value of the previous page.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


class NextLinkHeader:
    """Adds a `Link` header with the URL of the next page (RFC 8288)."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def __call__(self, page: AnyPage) -> AnyPage:
        if page.next:
            parameters = [pair for pair in self._request.query_params.multi_items() if pair[0] != "cursor"]
            query = urlencode([*parameters, ("cursor", page.next)])
            self._response.headers["Link"] = f'<{self._request.scope["path"]}?{query}>; rel="next"'
        return page


async def next_link_header(request: Request, response: Response) -> NextLinkHeader:
    return NextLinkHeader(request, response)


ContentSession = Annotated[RequestSession, Depends(open_content_session)]
ReadSession = Annotated[RequestSession, Depends(open_read_session)]
WriteSession = Annotated[RequestSession, Depends(open_write_session)]
SeparateTransactions = Annotated[Transactions, Depends(open_transactions)]
NextPageLink = Annotated[NextLinkHeader, Depends(next_link_header)]
Network = Annotated[str, Depends(get_network)]
AppSettings = Annotated[Settings, Depends(get_settings)]
PageQuery = Annotated[PageRequest, Depends(page_request)]
PublicResponse = Depends(mark_public)
