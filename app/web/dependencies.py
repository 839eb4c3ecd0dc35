"""The `Annotated` names with which routers say what they need."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BeforeValidator
from sqlmodel import Session

from app.core.db.database import Database
from app.core.db.pagination import MAX_LIMIT, Item, Page, PageRequest
from app.core.networks import UNKNOWN, network_of
from app.core.settings import Settings
from app.core.timestamps import utc_now
from app.web.concurrency import ReadTurn, WriteTurn

MOST_DIGITS = 9
LARGEST = 10**MOST_DIGITS - 1
PUBLIC = {"Cache-Control": "public, no-cache"}  # kept by anyone, asked for again each time: docs/decisions/caching.md


async def read_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(read_database)]


def open_session(database: Db, _turn: WriteTurn) -> Iterator[Session]:
    """One request, one transaction: committed before the reply is sent, or not at all."""
    with database.transaction() as session:
        yield session


def open_content_session(database: Db, _turn: ReadTurn) -> Iterator[Session]:
    """One snapshot of the content, read only."""
    with database.content_sessions.begin() as session:
        yield session


# scope="function" ends the transaction before the reply leaves, so a failed
# commit is answered with an error and not with a success that never happened.
DbSession = Annotated[Session, Depends(open_session, scope="function")]
ContentSession = Annotated[Session, Depends(open_content_session, scope="function")]


async def read_network(request: Request) -> str:
    """Where a request comes from: the peer, or what a trusted proxy says of it (`TWENTYONE_TRUSTED_PROXIES`)."""
    return network_of(request.client.host) if request.client else UNKNOWN


async def now_utc() -> datetime:
    return utc_now()


async def read_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def for_everyone(response: Response) -> None:
    """Marks a reply as the same for everyone: such a reply is kept (`web/cache/response_cache.py`)."""
    response.headers.update(PUBLIC)


def _digits(value: object) -> object:
    """Refuse what int() would take kindly: `1_0`, ` 5`, `+5`."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        raise ValueError("must be a whole number, written in digits")
    return value


whole_number = BeforeValidator(_digits)


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

    def __call__(self, page: Page[Item]) -> Page[Item]:
        if page.next:
            given = [pair for pair in self._request.query_params.multi_items() if pair[0] != "cursor"]
            query = urlencode([*given, ("cursor", page.next)])
            self._response.headers["Link"] = f'<{self._request.scope["path"]}?{query}>; rel="next"'
        return page


async def next_link(request: Request, response: Response) -> NextLink:
    return NextLink(request, response)


Linked = Annotated[NextLink, Depends(next_link)]
Network = Annotated[str, Depends(read_network)]
Now = Annotated[datetime, Depends(now_utc)]
AppSettings = Annotated[Settings, Depends(read_settings)]
PageQuery = Annotated[PageRequest, Depends(page_request)]
ForEveryone = Depends(for_everyone)
