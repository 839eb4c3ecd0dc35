"""What is looked at in every reply besides what schemathesis looks at: who is told what, and what errors give away."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from requests import PreparedRequest, Session
from schemathesis import Case, Response

from trials.fuzz.people import USING_UP, People, Person
from trials.verdict import Verdict

PROBLEM = {"type", "title", "status", "detail", "code", "errors"}
INSIDE = re.compile(
    r"traceback|\.py\b|sqlalchemy|sqlite|psycopg|postgres|pydantic|\bselect\b.*\bfrom\b|\binsert into\b|0x[0-9a-f]{8}",
    re.IGNORECASE | re.DOTALL,
)
MOST_TOLD = 5


class Watch:
    """Notes every reply to a case."""

    def __init__(self, people: People, document: dict[str, Any]) -> None:
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }
        self.operations = frozenset(operations)
        self.protected = frozenset(name for name, each in operations.items() if "security" in each)
        self.replies: Counter[tuple[str, int]] = Counter()
        self.let_in: list[str] = []  # without a token
        self.shut_out: list[str] = []  # with a good one
        self.told: list[str] = []  # what is another's
        self.showing: list[str] = []  # errors that show the inside
        self._people = people
        self._own: set[tuple[str, str]] = (
            set()
        )  # texts and ids that members took over in what they sent, by their token
        self._good: dict[str, PreparedRequest] = {}

    @property
    def requests(self) -> int:
        return self.replies.total()

    def note(self, case: Case[Any], response: Response) -> None:
        label = f"{case.method.upper()} {case.operation.path}"
        token = _text(response.request.headers.get("Authorization")).removeprefix("Bearer ")
        person = self._people.whose(token)
        told = f"{label}: {response.status_code}"
        good = label in self.protected and response.status_code < 300
        self.replies[label, response.status_code] += 1
        if good and token in self._people.given:
            self._good[label] = response.request
        elif good:
            self.let_in.append(told)
        if good and label in USING_UP:
            self._people.done(label)
        if person and response.status_code == 401 and label in self.protected:
            self.shut_out.append(told)
        text = response.content.decode("utf-8", "replace")
        url = unquote(str(response.request.url))
        body = _text(response.request.body)
        asked = f"{url} {body}"
        if good and case.method == "PUT":  # by the same id as another member's, perhaps
            self._own.add((token, url.rpartition("/")[2]))
        for other in self._people.two:
            if other is not person:
                self._own |= {(token, each) for each in other.secrets if each in body}
                self.told += [f"{told} tells {each}" for each in self._known(other, token, text, url, asked, good=good)]
        if response.status_code >= 400 and case.method != "HEAD":
            self._look_at_error(told, response, text, asked)

    def _known(self, other: Person, token: str, text: str, url: str, asked: str, *, good: bool) -> Iterator[str]:
        """What is another's, in what is told, or as the id of what was asked for and found."""
        for secret in other.secrets:
            if secret in text and secret not in asked and (token, secret) not in self._own:
                yield secret
        for row in other.rows:
            found, told = good and row in url, row in text and row not in asked
            if (found or told) and (token, row) not in self._own:
                yield row

    def _look_at_error(self, told: str, response: Response, text: str, asked: str) -> None:
        media_type = response.headers.get("content-type", [""])[0]
        try:
            known = media_type == "application/problem+json" and set(json.loads(text)) >= PROBLEM
        except ValueError:
            known = False
        shown = {each for each in INSIDE.findall(text) if each not in asked}  # a name that was sent may be repeated
        if not known or shown:
            self.showing.append(f"{told} {shown} {text[:200]}")

    def try_without(self) -> tuple[int, list[str]]:
        """Whoever has no good token is refused what a member was given: how often that was tried, and where not."""
        refused, tried = [], 0
        with Session() as session:
            for label, request in self._good.items():
                for name, header in self._people.bad_headers().items():
                    again = request.copy()
                    again.headers.pop("Authorization", None)
                    if header:
                        again.headers["Authorization"] = header
                    reply = session.send(again)
                    tried += 1
                    if reply.status_code != 401 or reply.json()["code"] != "not_signed_in":
                        refused.append(f"{label} with {name}: {reply.status_code}")
        return tried, refused

    def judge(self, verdict: Verdict, *, idle: int) -> None:
        """`idle` operations may never have done what they are for."""
        tried, refused = self.try_without()
        faults = sum(count for (_, status), count in self.replies.items() if status >= 500)
        called = {label for label, _ in self.replies} & self.operations
        good = {label for label, status in self.replies if status < 300} & self.operations
        verdict.expect("there was no 5xx", not faults, f"{faults} of {self.requests} replies")
        verdict.expect("nobody came in without a good token", not self.let_in, some(self.let_in))
        verdict.expect(
            "what did good with a token is refused without one",
            bool(tried and not refused),
            some(refused) or f"{tried} tried",
        )
        verdict.expect("nobody's session was ended by others", not self.shut_out, some(self.shut_out))
        verdict.expect("nobody was told what is another's", not self.told, some(self.told))
        verdict.expect("errors are problems, and show nothing of the inside", not self.showing, some(self.showing))
        every = len(self.operations)
        missed, rest = sorted(self.operations - called), sorted(self.operations - good)
        verdict.expect("every operation was called", not missed, f"{len(called)} of {every}{_but(missed)}")
        verdict.expect("operations did what they are for", len(rest) <= idle, f"{len(good)} of {every}{_but(rest)}")


def _but(names: list[str]) -> str:
    return f", not {', '.join(names)}" if names else ""


def some(found: list[str]) -> str:
    distinct = list(dict.fromkeys(found))
    more = len(distinct) - MOST_TOLD
    return "; ".join(distinct[:MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
