"""The invariants: statements that are true for all responses, whatever the users do."""

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from trials.machine.requests import Exchange, Json, Response
from trials.machine.users import PASSWORD, User

CANARY_OR_ID = re.compile(r"canary\d+x\d+z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WRONG_PASSWORD_CODES = {"wrong_password", "wrong_credentials"}


class Invariant(StrEnum):
    DOCUMENTED = "every error response is documented, and none is a server error"
    ISOLATED = "no response contains an id or a text of another user"
    SIGNED_IN = "a session works until it ends, and is then rejected at once by both servers"
    PASSWORD = "only the current password is accepted"  # noqa: S105 - no secret
    ACKNOWLEDGED = "acknowledged writes are stored, and nothing else"
    CREATED_ONCE = "of concurrent creations with the same id, one is acknowledged with 201"
    REPEATABLE = "a repeated request changes nothing and has the same response"
    CONSISTENT = "counts are equal to the number of items"
    EXPORTED = "the export equals the lists and details"
    RESTARTED = "a restart changes no data"
    ERASED = "no erased data is stored"


class Invariants:
    """Checks invariants. Each check is counted, and raises AssertionError if it fails."""

    def __init__(self, openapi: Json) -> None:
        self.counts: Counter[str] = Counter()
        self.violated: set[str] = set()
        self._responses = {
            (method.upper(), re.compile(re.sub(r"{\w+}", "[^/?]+", path) + r"(\?.*)?")): operation["responses"]
            for path, operations in openapi["paths"].items()
            for method, operation in operations.items()
        }

    def expect(self, invariant: Invariant, holds: bool, *details: object) -> None:  # noqa: FBT001
        self.counts[invariant] += 1
        if not holds:
            self.violated.add(invariant)
            raise AssertionError(f"violated: {invariant}: {details}")

    def check_documented(self, exchange: Exchange) -> None:
        request, response = exchange.request, exchange.response
        if response.status >= 400:
            [documented] = [
                responses.get(str(response.status))
                for (method, path), responses in self._responses.items()
                if method == request.method and path.fullmatch(request.path)
            ]
            codes = documented["content"]["application/problem+json"]["examples"] if documented else ()
            self.expect(Invariant.DOCUMENTED, response.status < 500 and response.body["code"] in codes, exchange)

    def check_isolated(self, exchange: Exchange, users: Sequence[User]) -> None:
        own, response = exchange.user, exchange.response
        devices = [device for user in users if user is not own for device in user.devices.values()]
        foreign_ids = {text for device in devices for text in (device.session_id, device.member_id)}
        texts = {*CANARY_OR_ID.findall(response.text)} - {own.canary}
        found = {text for text in texts if text in foreign_ids or text.startswith("canary")}
        self.expect(Invariant.ISOLATED, not found, exchange, found)

    def check_session(self, exchange: Exchange) -> None:
        """Compare the status with the ledger, which may have changed during the request."""
        if device := exchange.request.device:
            before, after = exchange.before[device.key], exchange.user.ledger[device.key]
            is_expired = exchange.request.is_expired
            is_rejected = exchange.response.status == 401 and exchange.response.body["code"] != "wrong_code"
            is_valid = is_expired or None in after if is_rejected else not is_expired and True in before
            self.expect(Invariant.SIGNED_IN, is_valid, exchange)

    def check_password(self, exchange: Exchange) -> None:
        body, response = exchange.request.body or {}, exchange.response
        password = body.get("current_password") or body.get("password")
        possible = exchange.before[PASSWORD] | exchange.user.ledger[PASSWORD]
        if response.status >= 400 and response.body["code"] in WRONG_PASSWORD_CODES:
            self.expect(Invariant.PASSWORD, possible != {password}, exchange)
        elif response.status < 400 and password and exchange.request.path != "/v1/auth/register":
            self.expect(Invariant.PASSWORD, password in possible, exchange)

    def check_creation(self, exchange: Exchange, concurrent: Sequence[Exchange]) -> None:
        user, request, _, before = exchange
        key = request.created
        same = [other for other in concurrent if other.user is user and other.request.created == key]
        if key and None not in user.ledger[key]:  # otherwise it may have been deleted at the same time
            count = sum(other.response.status == 201 for other in same)
            self.expect(Invariant.CREATED_ONCE, count in {value is None for value in before[key]}, same)

    def check_repeated(self, exchange: Exchange, again: Response) -> None:
        first, second = dict(exchange.response.body), dict(again.body)
        outcomes = [result["status"] for result in second.get("results", ())]
        if outcomes:
            first["results"] = second["results"]  # the changes were applied by the first request
        is_same = (again.status, second) == (200, first) and "applied" not in outcomes
        self.expect(Invariant.REPEATABLE, is_same, exchange, again)

    def check_dashboard(self, run: Json) -> None:
        """Compare the counts of a run with the days in the same response."""
        completed = sum(day["completed_at"] is not None for day in run["days"])
        next_day = next((day["number"] for day in run["days"] if day["status"] == "open"), None)
        expected = (completed, 100 * completed // len(run["days"]), next_day)
        self.expect(Invariant.CONSISTENT, (run["days_completed"], run["percent"], run["next_day"]) == expected, run)

    def check_exchange(self, exchange: Exchange, concurrent: Sequence[Exchange], users: Sequence[User]) -> None:
        self.check_documented(exchange)
        self.check_isolated(exchange, users)
        self.check_session(exchange)
        self.check_password(exchange)
        self.check_creation(exchange, concurrent)
        body = exchange.response.body or {}
        run = body.get("dashboard", body)
        if "next_day" in run:
            self.check_dashboard(run)
