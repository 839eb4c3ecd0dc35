"""Additional checks of the fuzz test: leaks between members, and internal details in errors."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from requests import PreparedRequest, Session
from schemathesis import Case, Response

from trials.fuzz.members import CONSUMING_OPERATIONS, FuzzMembers, WatchedMember
from trials.verdict import Verdict

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "errors"}
INTERNAL_DETAILS = re.compile(
    r"traceback|\.py\b|sqlalchemy|sqlite|psycopg|postgres|pydantic|\bselect\b.*\bfrom\b|\binsert into\b|0x[0-9a-f]{8}",
    re.IGNORECASE | re.DOTALL,
)
MAX_EXAMPLES = 5


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
        self.accepted_invalid: list[str] = []  # successful requests without a valid token
        self.rejected_valid: list[str] = []  # 401 responses to valid tokens
        self.leaks: list[str] = []  # responses with data of another member
        self.revealing_errors: list[str] = []  # errors with internal details
        self._members = members
        # Pairs of access token and another member's value that was sent with it, and may therefore be returned.
        self._sent_values: set[tuple[str, str]] = set()
        self._successful_requests: dict[str, PreparedRequest] = {}

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def record(self, case: Case[Any], response: Response) -> None:
        label = f"{case.method.upper()} {case.operation.path}"
        token = _text(response.request.headers.get("Authorization")).removeprefix("Bearer ")
        sender = self._members.owner_of(token)
        summary = f"{label}: {response.status_code}"
        is_success = label in self.protected and response.status_code < 300
        self.statuses[label, response.status_code] += 1
        if is_success and token in self._members.valid_tokens:
            self._successful_requests[label] = response.request
        elif is_success:
            self.accepted_invalid.append(summary)
        if is_success and label in CONSUMING_OPERATIONS:
            self._members.mark_consumed(label)
        if sender and response.status_code == 401 and label in self.protected:
            self.rejected_valid.append(summary)
        text = response.content.decode("utf-8", "replace")
        url = unquote(str(response.request.url))
        body = _text(response.request.body)
        request_text = f"{url} {body}"
        if is_success and case.method == "PUT":  # the id may belong to a resource of another member
            self._sent_values.add((token, url.rpartition("/")[2]))
        for owner in self._members.watched:
            if owner is not sender:
                self._sent_values |= {(token, value) for value in owner.private_values if value in body}
                self.leaks += [
                    f"{summary} contains {value}"
                    for value in self._leaked_values(owner, token, text, url, request_text, is_success=is_success)
                ]
        if response.status_code >= 400 and case.method != "HEAD":
            self._check_error(summary, response, text, request_text)

    def _leaked_values(
        self, owner: WatchedMember, token: str, text: str, url: str, request_text: str, *, is_success: bool
    ) -> Iterator[str]:
        """Yield values of another member that the response contains, or whose existence it confirms."""
        for private_value in owner.private_values:
            if (
                private_value in text
                and private_value not in request_text
                and (token, private_value) not in self._sent_values
            ):
                yield private_value
        for resource_id in owner.resource_ids:
            was_found = is_success and resource_id in url
            was_returned = resource_id in text and resource_id not in request_text
            if (was_found or was_returned) and (token, resource_id) not in self._sent_values:
                yield resource_id

    def _check_error(self, summary: str, response: Response, text: str, request_text: str) -> None:
        media_type = response.headers.get("content-type", [""])[0]
        try:
            is_problem = media_type == "application/problem+json" and set(json.loads(text)) >= PROBLEM_FIELDS
        except ValueError:
            is_problem = False
        # An error may repeat values of the request.
        revealed = {detail for detail in INTERNAL_DETAILS.findall(text) if detail not in request_text}
        if not is_problem or revealed:
            self.revealing_errors.append(f"{summary} {revealed} {text[:200]}")

    def retry_without_token(self) -> tuple[int, list[str]]:
        """Repeat successful requests with invalid tokens.

        Return the number of requests, and a description of each request that was not rejected.
        """
        accepted, attempts = [], 0
        with Session() as session:
            for label, request in self._successful_requests.items():
                for name, header in self._members.invalid_headers().items():
                    retry = request.copy()
                    retry.headers.pop("Authorization", None)
                    if header:
                        retry.headers["Authorization"] = header
                    response = session.send(retry)
                    attempts += 1
                    if response.status_code != 401 or response.json()["code"] != "not_signed_in":
                        accepted.append(f"{label} with {name}: {response.status_code}")
        return attempts, accepted

    def report(self, verdict: Verdict, *, max_idle: int) -> None:
        """Add all checks to the verdict, which prints them.

        At most `max_idle` operations may have no successful response.
        """
        attempts, accepted = self.retry_without_token()
        server_errors = sum(count for (_, status), count in self.statuses.items() if status >= 500)
        called = {label for label, _ in self.statuses} & self.operations
        successful = {label for label, status in self.statuses if status < 300} & self.operations
        verdict.expect("no response is a 5xx", not server_errors, f"{server_errors} of {self.requests} responses")
        verdict.expect(
            "protected operations require a valid token",
            not self.accepted_invalid,
            format_examples(self.accepted_invalid),
        )
        verdict.expect(
            "successful requests are rejected when repeated without a valid token",
            bool(attempts and not accepted),
            format_examples(accepted) or f"{attempts} repeated",
        )
        verdict.expect(
            "sessions of watched members stay active", not self.rejected_valid, format_examples(self.rejected_valid)
        )
        verdict.expect("no response contains data of another member", not self.leaks, format_examples(self.leaks))
        verdict.expect(
            "errors are problem documents without internal details",
            not self.revealing_errors,
            format_examples(self.revealing_errors),
        )
        total = len(self.operations)
        missed, unsuccessful = sorted(self.operations - called), sorted(self.operations - successful)
        verdict.expect("all operations were called", not missed, f"{len(called)} of {total}{_except(missed)}")
        verdict.expect(
            "operations had a successful response",
            len(unsuccessful) <= max_idle,
            f"{len(successful)} of {total}{_except(unsuccessful)}",
        )


def _except(names: list[str]) -> str:
    return f", not {', '.join(names)}" if names else ""


def format_examples(examples: list[str]) -> str:
    distinct = list(dict.fromkeys(examples))
    omitted = len(distinct) - MAX_EXAMPLES
    return "; ".join(distinct[:MAX_EXAMPLES]) + (f"; and {omitted} more" if omitted > 0 else "")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
