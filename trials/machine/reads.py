"""Read a user's data from the API: from the export, and from all lists and details."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.factories.results import HEALTH_CONSENT_PATH, RESULTS_PATH, draft_path
from tests.factories.runs import RUNS_PATH
from trials.machine.invariants import Invariant, Invariants
from trials.machine.requests import DRAFT, SESSIONS_PATH, SHARED_IDS, Json, Response, day_values, freeze, run_values
from trials.machine.users import CONSENT, NAME, Key, now

Facts = dict[Key, Any]  # facts whose kind is "about" are not in the ledger
Get = Callable[[str], Response]
UNDERWAY = {"scheduled", "active", "paused"}


def facts_in_export(export: Json) -> Facts:
    facts = known(NAME, export["account"]["display_name"], export["account"])
    for consent in export["consents"]:  # the last decision is in effect
        facts |= known(CONSENT, consent["granted"] or None, consent["decided_at"])
    for session in export["sessions"]:
        if datetime.fromisoformat(session["expires_at"]) > now():
            facts |= known(("session", session["id"]), True, session)
    for result in export["results"]:
        facts |= result_facts(result, result["answers"])
    for draft in export["drafts"]:
        facts |= known(DRAFT, freeze(draft["answers"]), draft["answered_at"])
    for bookmark in export["bookmarks"]:
        facts |= known(("bookmark", bookmark["article"]), True, bookmark["saved_at"])
    for run in export["runs"]:
        facts |= run_facts(run | run["stretches"][-1])
        for day in run["days"]:
            facts |= day_facts(run["id"], day["day"], day)
    return facts


def facts_in_lists(get: Get, checks: Invariants) -> Facts:
    """Return the same data from all lists and details."""
    account, consent, draft = get("/v1/me").body, get(HEALTH_CONSENT_PATH).body, get(draft_path())
    facts = known(NAME, account["display_name"], account)
    if consent["decided_at"]:
        facts |= known(CONSENT, consent["granted"] or None, consent["decided_at"])
    for session in read_pages(get, checks, SESSIONS_PATH):
        del session["is_current"]
        facts |= known(("session", session["id"]), True, session)
    for bookmark in read_pages(get, checks, "/v1/me/bookmarks"):
        facts |= known(("bookmark", bookmark["article"]["slug"]), True, bookmark["saved_at"])
    if draft.status == 200:
        facts |= known(DRAFT, freeze(draft.body["answers"]), draft.body["answered_at"])
    for result in read_details(get, checks, RESULTS_PATH):
        facts |= result_facts(result, {item["question"]: item["raw"] for item in result["explanation"]})
    runs = list(read_details(get, checks, RUNS_PATH))
    checks.expect(Invariant.CONSISTENT, sum(run["status"] in UNDERWAY for run in runs) <= 1, runs)
    for run in runs:
        facts |= run_facts(run)
        for day in [day["number"] for day in run["days"] if day["status"] != "locked"]:
            facts |= day_facts(run["id"], day, get(f"{RUNS_PATH}/{run['id']}/days/{day}").body["progress"])
    return facts


def known(key: Key, value: Any, about: Any) -> Facts:
    return {key: value, ("about", *key): about}


def result_facts(result: Json, answers: Json) -> Facts:
    return known(("result", result["id"]), freeze(answers), (result["taken_at"], result["scores"]))


def run_facts(run: Json) -> Facts:
    details = [run[name] for name in ("status", "pace", "starts_on", "started_at", "abandoned_at")]
    values = run_values(run["id"], {name: run[name] for name in ("status", "time_zone", "reminder_time")})
    return known(("run", run["id"]), True, details) | values


def day_facts(run_id: str, day: int, progress: Json) -> Facts:
    fields = {name: progress[name] for name in ("tasks", "mood_before", "mood_after", "reflection")}
    values = day_values(run_id, day, fields | {"completed": progress["completed_at"] is not None})
    return values | {("about", "day", run_id, day): progress["completed_on"]}


def read_pages(get: Get, checks: Invariants, path: str) -> list[Any]:
    pages = [get(f"{path}?limit=2").body]
    while pages[-1]["next"]:
        pages.append(get(f"{path}?limit=2&cursor={pages[-1]['next']}").body)
    items = [item for page in pages for item in page["items"]]
    checks.expect(Invariant.CONSISTENT, {page["total"] for page in pages} == {len(items)}, pages)
    return items


def read_details(get: Get, checks: Invariants, path: str) -> Iterator[Json]:
    """Yield the details of the items in a list, and check that no other shared ids are found."""
    items = {item["id"]: item for item in read_pages(get, checks, path)}
    for item_id in SHARED_IDS:
        response, item = get(f"{path}/{item_id}"), items.get(item_id, {})
        differing = {name for name, value in item.items() if response.body.get(name) != value} - {"style"}
        is_found = response.status == 200
        checks.expect(Invariant.EXPORTED, is_found == bool(item) and not differing, path, item, response)
        if is_found:
            yield response.body
