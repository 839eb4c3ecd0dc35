"""Additional checks of the fuzz test: leaks between members, and internal details in errors."""

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import unquote

from schemathesis import Case, Response

from trials.environment import Environment
from trials.fuzz.members import CONSUMING_OPERATIONS, FuzzMembers

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "errors"}
INTERNAL_DETAILS = re.compile(
    r"traceback|\.py\b|sqlalchemy|sqlite|psycopg|postgres|pydantic|\bselect\b.*\bfrom\b|\binsert into\b|0x[0-9a-f]{8}",
    re.IGNORECASE | re.DOTALL,
)


class ResponseWatch:
    """Records and checks the response to every request of the fuzz test."""

    def __init__(self, members: FuzzMembers, document: dict[str, Any]) -> None:
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }
        self.operations = frozenset(operations)
        self.protected = frozenset(name for name, operation in operations.items() if "security" in operation)
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._rejected_valid: list[str] = []  # 401 responses to valid tokens
        self._leaks: list[str] = []  # responses with data of another member
        self._revealing_errors: list[str] = []  # errors with internal details
        self._members = members
        # Pairs of access token and another member's value that was stored with it, and may therefore be returned.
        self._stored_values: set[tuple[str, str]] = set()

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def record(self, case: Case[Any], response: Response) -> None:
        label = f"{case.method.upper()} {case.operation.path}"
        token = _text(response.request.headers.get("Authorization")).removeprefix("Bearer ")
        is_success = label in self.protected and response.status_code < 300
        self.statuses[label, response.status_code] += 1
        if is_success and label in CONSUMING_OPERATIONS:
            self._members.mark_consumed(label)
        text, url = response.content.decode("utf-8", "replace"), unquote(str(response.request.url))
        is_rejected = response.status_code == 401 and '"wrong_code"' not in text
        if is_rejected and label in self.protected and self._members.owner_of(token):
            self._rejected_valid.append(label)
        body = _text(response.request.body)
        for owner in self._members.watched:
            if owner is self._members.owner_of(token):
                continue
            for value in owner.private_values:
                if value in body or (is_success and case.method == "PUT" and value in url):
                    self._stored_values.add((token, value))
                is_found = is_success and value in url
                is_returned = value in text and value not in url
                if (is_found or is_returned) and (token, value) not in self._stored_values:
                    self._leaks.append(f"{label}: {response.status_code} reveals {value}")
        if response.status_code >= 400 and case.method != "HEAD":
            self._check_error(label, response, text, f"{url} {body}")

    def _check_error(self, label: str, response: Response, text: str, request_text: str) -> None:
        media_type = response.headers.get("content-type", [""])[0]
        try:
            is_problem = media_type == "application/problem+json" and set(json.loads(text)) >= PROBLEM_FIELDS
        except ValueError:
            is_problem = False
        # An error may repeat values of the request.
        revealed = {detail for detail in INTERNAL_DETAILS.findall(text) if detail not in request_text}
        if not is_problem or revealed:
            self._revealing_errors.append(f"{label}: {response.status_code} {revealed} {text[:200]}")

    def report(self, environment: Environment, *, max_idle: int) -> None:
        """Print the result of each check. At most `max_idle` operations may have no successful response."""
        unsuccessful = self.operations - {label for label, status in self.statuses if status < 300}
        environment.expect_none("sessions of watched members stay active", self._rejected_valid)
        environment.expect_none("no response contains data of another member", self._leaks)
        environment.expect_none("errors are problem documents without internal details", self._revealing_errors)
        details = f"{self.requests} requests, {len(self.operations)} operations, not {sorted(unsuccessful)}"
        environment.expect("operations had a successful response", len(unsuccessful) <= max_idle, details)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
