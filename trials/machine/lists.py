"""What a member finds in their lists, page by page, and what they don't find: anything of anybody else's."""

from collections.abc import Callable
from typing import Any

from trials.machine.accounts import HEALTH
from trials.machine.journey import ReadRun
from trials.machine.model import ACCESS, IDS, Device, Differs, Model, Reply, moment, same
from trials.machine.questions import Question
from trials.machine.results import ReadResult

Ask = Callable[[Question], Reply]
PAGE = 2


def look_around(ask: Ask, model: Model, who: int, device: Device) -> Question:
    """Ask for all that a member can find on a device that is signed in. What they found is what the question that comes
    back, and was answered, is judged by.
    """
    found = {name: pages(ask, device, name) for name in ("results", "journeys", "bookmarks", "sessions")}
    granted = get(ask, device, HEALTH).body["granted"]
    for each in IDS:  # which others have, too
        ask(ReadResult(who, 0, each).question(model))
        ask(ReadRun(who, 0, each).question(model))
    for other in (person for person in model.people if person is not model.people[who]):
        for theirs in list(other.devices.values())[-2:]:
            path = f"/v1/me/sessions/{theirs.session}"
            ask(Question("GET", path, lambda _, reply: reply.is_told(404, "session_not_found"), token=device.access))

    def judge(model: Model, _: Reply) -> None:
        account = model.owner(device.session)
        if account is None:
            raise Differs("somebody signed in, where the model says that the session is over")
        results = sorted(((each.taken_at, name) for name, each in account.results.items()), reverse=True)
        sessions = sorted(name for name, each in account.sessions.items() if each.goes_on(model.now))
        saved = sorted(account.bookmarks.values(), reverse=True)
        same("results", [each["id"] for each in found["results"]], [name for _, name in results])
        same("runs", [each["id"] for each in found["journeys"]], list(account.runs)[::-1])
        same("bookmarks", [moment(each["saved_at"]) for each in found["bookmarks"]], saved)
        same("sessions", sorted(each["id"] for each in found["sessions"]), sessions)
        same("consent", granted, account.agreed)

    return Question("GET", "lists", judge)


def pages(ask: Ask, device: Device, name: str) -> list[Any]:
    """The items of a list, which tells on each page how many there are."""
    first = f"/v1/me/{name}?limit={PAGE}"
    page = get(ask, device, first).body
    total, found = page["total"], list(page["items"])
    while page["next"] is not None:
        page = get(ask, device, f"{first}&cursor={page['next']}").body
        assert page["total"] == total
        found += page["items"]
    assert total == len(found), f"a total of {total} {name}, and {len(found)} on all pages"
    return found


def get(ask: Ask, device: Device, path: str) -> Reply:
    return ask(Question("GET", path, lambda _, reply: reply.is_told(200), token=device.access))


def who_am_i(device: Device) -> Question:
    """What a device is told, whether it is signed in or not."""

    def judge(model: Model, reply: Reply) -> None:
        account = model.owner(device.session) if model.now < device.issued_at + ACCESS else None
        if account is None:
            reply.is_told(401, "not_signed_in")
        else:
            reply.is_told(200)
            same("member", reply.body["id"], account.id)

    return Question("GET", "/v1/me", judge, token=device.access)
