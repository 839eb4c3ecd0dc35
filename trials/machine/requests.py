"""The random requests of users, and the changes that their responses acknowledge.

An action refers to users, devices, ids and values by small numbers, so that generated actions don't depend on the
outcome of concurrent requests. Its request is built immediately before it is sent.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from tests.factories.results import HEALTH_CONSENT_PATH, REFLECTION, RESULTS_PATH, draft_body, draft_path, result_body
from tests.factories.runs import RUNS_PATH, offline_change, run_body
from trials.machine.users import ALL_DATA, CONSENT, HEALTH_DATA, NAME, PASSWORD, Change, Device, Key, Ledger, User, now

Json = dict[str, Any]

SHARED_IDS = [str(UUID(int=number)) for number in range(1, 7)]  # few ids for all users, so that they often collide
ARTICLES = ("here-now", "there-then", "now-and-then")
ZONES = ("Europe/Dublin", "America/New_York", "Pacific/Kiritimati")
STATUSES = ("paused", "active", "paused", "active", "abandoned")
RUN_CHANGES: tuple[Json, ...] = (
    *({"status": status} for status in STATUSES),
    *({"time_zone": zone} for zone in ZONES),
    *({"reminder_time": time} for time in ("07:30", None)),
)
DAYS_BACK = (0, 0, 0, 1, 2, -1)  # from the newest unlocked day; -1 is the next day, which is locked
DAYS = range(1, 22)
WRONG, WRONG_PASSWORD = 9, "nobody's password at all"
DRAFT, SESSIONS_PATH, REFRESH_PATH = ("draft", REFLECTION), "/v1/me/sessions", "/v1/auth/refresh"
NO_CHANGE = Change()
PUBLIC = {"register", "sign in", "score", "request code", "guess code"}


class Response(NamedTuple):
    status: int
    body: Any
    text: str


@dataclass(frozen=True)
class ApiRequest:
    method: str
    path: str
    body: Any = None
    change: Change = NO_CHANGE  # acknowledged by a successful response
    device: Device | None = None  # whose access token or refresh token is sent
    is_expired: bool = False  # the access token

    @property
    def headers(self) -> dict[str, str]:
        token = self.device.access_token if self.device and self.path != REFRESH_PATH else None
        return {"Authorization": f"Bearer {token}"} if token else {}

    @property
    def created(self) -> Key | None:
        """Return the key of the data that a PUT creates under an id from the client, or None."""
        keys = (key for key in self.change.values if key[0] in {"result", "run", "bookmark"})
        return next(keys, None) if self.method == "PUT" else None


class Exchange(NamedTuple):
    """A request with its response, and the ledger of the user before the request."""

    user: User
    request: ApiRequest
    response: Response
    before: Ledger

    @property
    def is_repeatable(self) -> bool:
        user, request, response, _ = self
        is_usable = request.device is not None and user.is_usable(request.device)
        return is_usable and response.status < 400 and (request.created is not None or request.path.endswith("/sync"))


@dataclass(frozen=True)
class Action:
    """A random request of a user. `pick` selects an id, a day or a token, and `number` selects a value."""

    name: str
    user: int
    device: int = 0
    pick: int = 0
    number: int = 0

    def build(self, users: list[User], claims: Json) -> ApiRequest:
        """Build the request. `claims` are the answers of anonymous scores by claim token."""
        user, other = users[self.user], users[(self.user + self.number // 5) % len(users)]
        device = user.device(self.device)
        requests = all_requests(user, device, other.device(self.pick), claims, self.pick, self.number)
        method, path, body, change = requests[self.name]
        change = change if isinstance(change, Change) else Change(change)
        if self.name in PUBLIC:
            return ApiRequest(method, path, body, change)
        return ApiRequest(method, path, body, change, device, path != REFRESH_PATH and now() >= device.access_until)


def all_requests(
    user: User, device: Device, other: Device, claims: Json, pick: int, number: int
) -> dict[str, tuple[str, str, Any, Any]]:
    """Return each kind of request by name: the method, the path, the body, and the new values or the change."""
    password = user.password if number != WRONG else WRONG_PASSWORD
    new_password = next(candidate for candidate in user.passwords if candidate != user.password)
    passwords = {"current_password": password, "new_password": new_password}
    old_token = device.refresh_tokens[max(-1 - (0, 0, 0, 1, 1, 2)[pick], -len(device.refresh_tokens))]
    registration = {"email": user.email, "password": user.passwords[0]}
    registered = {PASSWORD: user.passwords[0]} if None in user.ledger[PASSWORD] else {}
    sign_in = {"email": user.email, "password": password, "device_name": f"{user.canary} phone"}
    name, is_granted = f"{user.canary} {number}", number % 3 > 0
    consent = {"granted": is_granted, "version": "1"}
    bookmark, bookmark_path = ("bookmark", ARTICLES[pick % 3]), f"/v1/me/bookmarks/{ARTICLES[pick % 3]}"
    draft = draft_body({"q01": 1 + number % 7}, (now() - timedelta(minutes=(0, 1, 60)[pick % 3])).isoformat())
    answers = {f"q{item:02}": 1 + (item * (number % 3 + 1) + user.index) % 7 for item in range(1, 25)}
    result, result_path = ("result", SHARED_IDS[pick]), f"{RESULTS_PATH}/{SHARED_IDS[pick]}"
    claim = [*claims][-1 - number % len(claims)] if claims else "none"
    new_run_id, run_id = SHARED_IDS[pick], [SHARED_IDS[number % 6], *user.runs][-1 if pick < 5 else 0]
    run_path, day = f"{RUNS_PATH}/{run_id}", select_day(user, run_id, pick)
    new_run = run_body(pace="gentle" if number % 4 == 0 else "daily", time_zone=ZONES[number % 3])
    later = {"starts_on": (now() + timedelta(days=2)).date().isoformat()} if number == 9 else {}
    run_change, fields = RUN_CHANGES[number], day_fields(user, day, number)
    erase, code = (("DELETE", ""), ("POST", "/erase"))[number % 2], {"email": user.email, "code": user.code}
    changes = user.last_batch if number == 0 else [*offline_changes(user, run_id, pick, number)]
    completions = [offline_change(day, now(), change_id=str(UUID(int=100 + day)), completed=True) for day in DAYS]
    return {
        "register": ("POST", "/v1/auth/register", registration, registered),
        "sign in": ("POST", "/v1/auth/login", sign_in, {}),
        "refresh": ("POST", REFRESH_PATH, {"refresh_token": old_token}, {}),
        "sign out": ("POST", "/v1/auth/logout", None, {device.key: None}),
        "end session": ("DELETE", f"{SESSIONS_PATH}/{other.session_id}", None, {other.key: None}),
        "end others": ("DELETE", f"{SESSIONS_PATH}?which=others", None, Change({}, {"session"}, device.key)),
        "end sessions": ("DELETE", f"{SESSIONS_PATH}?which=all", None, Change({}, {"session"})),
        "change password": ("PUT", "/v1/me/password", passwords, Change({PASSWORD: new_password}, {"session"})),
        "resend link": ("PUT", "/v1/me/email", {"email": user.email, "current_password": password}, {}),
        "rename": ("PATCH", "/v1/me", {"display_name": name}, {NAME: name}),
        "decide": ("PUT", HEALTH_CONSENT_PATH, consent, {CONSENT: is_granted or None}),
        "export": ("GET", "/v1/me/export", None, {}),
        "erase health data": ("DELETE", "/v1/me/health-data", {"password": password}, Change({}, HEALTH_DATA)),
        "erase account": (erase[0], f"/v1/me{erase[1]}", {"password": password}, Change({}, ALL_DATA)),
        "reauthenticate": ("POST", "/v1/auth/reauthenticate", {"password": password}, {}),
        "request code": ("POST", "/v1/auth/code", {"email": user.email}, {}),
        "sign in with code": ("POST", "/v1/auth/code/verify", code, {}),
        "guess code": ("POST", "/v1/auth/code/verify", code | {"code": "00000000"}, {}),
        "save bookmark": ("PUT", bookmark_path, None, {bookmark: True}),
        "delete bookmark": ("DELETE", bookmark_path, None, {bookmark: None}),
        "save draft": ("PUT", draft_path(), draft, {DRAFT: freeze(draft["answers"])}),
        "delete draft": ("DELETE", draft_path(), None, {DRAFT: None}),
        "score": ("POST", f"/v1/assessments/{REFLECTION}/score", {"answers": answers}, {}),
        "save result": ("PUT", result_path, result_body(answers), {result: freeze(answers)}),
        "claim result": ("PUT", result_path, {"claim_token": claim}, {result: freeze(claims.get(claim))}),
        "read result": ("GET", result_path, None, {}),
        "delete result": ("DELETE", result_path, None, {result: None}),
        "start run": ("PUT", f"{RUNS_PATH}/{new_run_id}", new_run | later, {("run", new_run_id): True}),
        "read run": ("GET", f"{RUNS_PATH}/current" if number % 2 else run_path, None, {}),
        "change run": ("PATCH", run_path, run_change, run_values(run_id, run_change)),
        "read day": ("GET", f"{run_path}/days/{day}", None, {}),
        "change day": ("PATCH", f"{run_path}/days/{day}", fields, day_values(run_id, day, fields)),
        "sync": ("POST", f"{run_path}/sync", {"changes": changes}, {}),
        "complete all days": ("POST", f"{run_path}/sync", {"changes": completions}, {}),
    }


def select_day(user: User, run_id: str, pick: int) -> int:
    return min(DAYS[-1], max(1, user.runs.get(run_id, 1) - DAYS_BACK[pick]))


def day_fields(user: User, day: int, number: int) -> Json:
    choices: tuple[Json, ...] = (
        {"completed": True},
        {"completed": False},
        {"completed": True, "tasks": {f"first-{day}": True}},
        {"tasks": {f"first-{day}": False, f"second-{day}": True}},
        {"mood_before": 3, "mood_after": None},
        {"mood_before": None, "mood_after": 5},
        {"reflection": f"The {user.canary} sang."},
        {"reflection": f"The {user.canary} was quiet.", "completed": True},
        {"completed": False, "reflection": None, "mood_before": 1},
    )
    return choices[number % len(choices)]


def offline_changes(user: User, run_id: str, pick: int, number: int) -> Iterator[Json]:
    for n in range(pick + 1, pick + 2 + number % 4):
        day, at = select_day(user, run_id, n % 6), now() - timedelta(hours=(0, 0, 1, 1, 5, 30)[n * number % 6])
        yield offline_change(day, at, change_id=SHARED_IDS[n * n % 6], **day_fields(user, day, n + number))


def freeze(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def run_values(run_id: str, fields: Json) -> dict[Key, Any]:
    """Return the values of a run. The time changes the statuses "scheduled" and "active", so they are ignored."""
    return {(name, run_id): None if value in {"scheduled", "active"} else value for name, value in fields.items()}


def day_values(run_id: str, day: int, fields: Json) -> dict[Key, Any]:
    values = fields | {f"tasks/{task}": done for task, done in fields.get("tasks", {}).items()}
    kinds = {name: "day" if name == "completed" else "note" for name in values if name != "tasks"}
    return {(kind, run_id, day, name): values[name] or None for name, kind in kinds.items()}


def acknowledged_changes(user: User, claims: Json, exchange: Exchange) -> Iterator[Change]:
    """Yield the changes to a user's data that a response acknowledges. Their order is unknown."""
    _, request, response, _ = exchange
    body, change, device = response.body or {}, request.change, request.device
    if response.status >= 400:
        if response.status == 401 and device and request.body != {"refresh_token": device.refresh_tokens[-1]}:
            yield Change({device.key: None} if request.path == REFRESH_PATH else {})  # reuse ends a session
        return
    if "access_token" in body:
        key = user.store_tokens(body).key
        change = Change({**change.values, **({key: True} if None in user.ledger[key] else {})}, change.removed)
    if "claim_token" in body:
        claims[body["claim_token"]] = request.body["answers"]
    yield change
    run_id = request.path.removeprefix(f"{RUNS_PATH}/").partition("/")[0]
    if response.status == 201 and request.path.startswith(RESULTS_PATH):
        yield Change({DRAFT: None})
    if response.status == 201 and request.path.startswith(RUNS_PATH):
        yield Change({("time_zone", run_id): body["time_zone"]})
    if summary := body.get("run") or body.get("dashboard"):
        yield Change(run_values(run_id, {"status": summary["status"]}))
    user.last_batch = request.body["changes"] if "dashboard" in body else user.last_batch
    for sent, result in zip(user.last_batch, body["results"], strict=True) if "dashboard" in body else ():
        values = day_values(run_id, sent["day"], sent["fields"]) if result["status"] == "applied" else {}
        yield Change({key: value for key, value in values.items() if key[-1] not in result["superseded"]})
