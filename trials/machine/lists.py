"""Read all lists of a member: they must match the model and contain no data of other members."""

from collections.abc import Callable
from typing import Any

from trials.machine.accounts import HEALTH_CONSENT_PATH
from trials.machine.actions import ApiRequest
from trials.machine.journey import ReadRun
from trials.machine.model import (
    ACCESS_LIFETIME,
    SHARED_IDS,
    ApiResponse,
    Mismatch,
    Model,
    ModelDevice,
    assert_equal,
    parse_timestamp,
)
from trials.machine.results import ReadResult

Send = Callable[[ApiRequest], ApiResponse]
PAGE_SIZE = 2


def read_lists(send: Send, model: Model, user_index: int, device: ModelDevice) -> ApiRequest:
    """Read all lists of a signed-in member, and try to read data of other members.

    Return a placeholder request that is never sent. Its check compares the lists with the model.
    """
    items = {name: read_pages(send, device, name) for name in ("results", "journeys", "bookmarks", "sessions")}
    granted = get_ok(send, device, HEALTH_CONSENT_PATH).body["granted"]
    for shared_id in SHARED_IDS:  # other users have resources with the same ids
        send(ReadResult(user_index, 0, shared_id).build_request(model))
        send(ReadRun(user_index, 0, shared_id).build_request(model))
    for other_user in (user for user in model.users if user is not model.users[user_index]):
        for other_device in list(other_user.devices.values())[-2:]:
            path = f"/v1/me/sessions/{other_device.session_id}"
            send(ApiRequest("GET", path, _expect_session_not_found, token=device.access_token))

    def check(model: Model, _: ApiResponse) -> None:
        account = model.owner(device.session_id)
        if account is None:
            raise Mismatch("the session is active, but the model expects that it has ended")
        results = sorted(((result.taken_at, name) for name, result in account.results.items()), reverse=True)
        sessions = sorted(name for name, session in account.sessions.items() if session.is_active(model.now))
        saved = sorted(account.bookmarks.values(), reverse=True)
        assert_equal("results", [item["id"] for item in items["results"]], [name for _, name in results])
        assert_equal("runs", [item["id"] for item in items["journeys"]], list(account.runs)[::-1])
        assert_equal("bookmarks", [parse_timestamp(item["saved_at"]) for item in items["bookmarks"]], saved)
        assert_equal("sessions", sorted(item["id"] for item in items["sessions"]), sessions)
        assert_equal("consent", granted, account.has_consent)

    return ApiRequest("GET", "lists", check)


def _expect_session_not_found(_: Model, response: ApiResponse) -> None:
    response.assert_status(404, "session_not_found")


def read_pages(send: Send, device: ModelDevice, name: str) -> list[Any]:
    """Return the items of all pages of a list. Every page must report the same total."""
    first = f"/v1/me/{name}?limit={PAGE_SIZE}"
    page = get_ok(send, device, first).body
    total, items = page["total"], list(page["items"])
    while page["next"] is not None:
        page = get_ok(send, device, f"{first}&cursor={page['next']}").body
        assert page["total"] == total
        items += page["items"]
    assert total == len(items), f"a total of {total} {name}, and {len(items)} on all pages"
    return items


def get_ok(send: Send, device: ModelDevice, path: str) -> ApiResponse:
    return send(ApiRequest("GET", path, lambda _, response: response.assert_status(200), token=device.access_token))


def check_session(device: ModelDevice) -> ApiRequest:
    """Return a request whose check compares with the model whether the device is signed in."""

    def check(model: Model, response: ApiResponse) -> None:
        account = model.owner(device.session_id) if model.now < device.issued_at + ACCESS_LIFETIME else None
        if account is None:
            response.assert_status(401, "not_signed_in")
        else:
            response.assert_status(200)
            assert_equal("member", response.body["id"], account.id)

    return ApiRequest("GET", "/v1/me", check, token=device.access_token)
