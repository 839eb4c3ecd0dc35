"""Requests made from the OpenAPI document find nothing; the full form is `make fuzz`."""

import json
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest
from schemathesis import Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode
from sqlalchemy import URL

from bench.servers.processes import Place
from tests.conftest import Backend
from trials.fuzz.__main__ import Effort, fuzz
from trials.fuzz.unsaid import is_said
from trials.verdict import Verdict

SHORT = Effort(examples=1, covered=12, idle=12)

REJECTED = RejectedPositiveData(operation="", message="", status_code=422, allowed_statuses=[])
ACCEPTED = AcceptedNegativeData(operation="", message="", status_code=200, expected_statuses=[])
UNDEFINED = UndefinedStatusCode(
    operation="", message="", status_code=422, defined_status_codes=[], allowed_status_codes=[]
)
A_CURSOR = {"detail": "Use the `next` of a reply to the same list in the same order."}
A_PATTERN = {"detail": "String should match pattern '^[a-z]$'"}


def test_a_few_hundred_requests_from_the_document_break_no_promise(
    backend: Backend, shipped: URL, tmp_path: Path
) -> None:
    verdict, url = Verdict(), backend.create(shipped)

    fuzz(verdict, Place(tmp_path), url.render_as_string(hide_password=False), SHORT)

    backend.drop(url)
    assert verdict.broken == []
    assert len(verdict.promises) > 20


@pytest.mark.parametrize(
    ("failure", "reply", "said"),
    [
        (REJECTED, {"errors": [A_CURSOR]}, False),
        (REJECTED, {"errors": [A_CURSOR, A_PATTERN]}, True),
        (REJECTED, {"errors": []}, True),
        (REJECTED, None, True),
        (ACCEPTED, {"results": [{"status": "applied"}, {"status": "refused"}]}, False),
        (ACCEPTED, {"results": [{"status": "applied"}]}, True),
        (ACCEPTED, {"items": []}, True),
        (UNDEFINED, {"errors": [A_CURSOR]}, True),
    ],
)
def test_only_what_the_document_cannot_say_is_excused(failure: Failure, reply: Any, said: bool) -> None:  # noqa: FBT001
    content = json.dumps(reply).encode() if reply else b""
    response = Response(422, {}, content, PreparedRequest(), elapsed=0, verify=False)

    assert is_said(failure, response) is said


@pytest.mark.parametrize(("size", "said"), [(64 * 1024, True), (64 * 1024 + 1, False)])
@pytest.mark.parametrize("failure", [REJECTED, ACCEPTED])
def test_only_what_is_large_may_be_refused_as_such(failure: Failure, size: int, said: bool) -> None:  # noqa: FBT001
    request = PreparedRequest()
    request.prepare("PATCH", "http://127.0.0.1", data=b" " * size)
    content = json.dumps({"code": "body_too_large", "errors": []}).encode()

    assert is_said(failure, Response(413, {}, content, request, elapsed=0, verify=False)) is said
