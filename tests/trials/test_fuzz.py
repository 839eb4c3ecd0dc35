"""Short version of the fuzz test, which sends random requests. `make fuzz` runs the full version."""

import json
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest
from schemathesis import Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode
from sqlalchemy import URL

from bench.servers.processes import Sandbox
from tests.conftest import Backend
from trials.fuzz.__main__ import FuzzEffort, run_fuzz
from trials.fuzz.undocumented_rules import is_defect
from trials.verdict import Verdict

SHORT_EFFORT = FuzzEffort(examples=1, coverage_step=12, max_idle=12)

REJECTED = RejectedPositiveData(operation="", message="", status_code=422, allowed_statuses=[])
ACCEPTED = AcceptedNegativeData(operation="", message="", status_code=200, expected_statuses=[])
UNDEFINED = UndefinedStatusCode(
    operation="", message="", status_code=422, defined_status_codes=[], allowed_status_codes=[]
)
CURSOR_ERROR = {"detail": "Use the `next` of a response to the same list in the same order."}
PATTERN_ERROR = {"detail": "String should match pattern '^[a-z]$'"}


def test_short_fuzz_run_passes_all_checks(backend: Backend, shipped_template: URL, tmp_path: Path) -> None:
    verdict, url = Verdict(), backend.create(shipped_template)

    run_fuzz(verdict, Sandbox(tmp_path), url.render_as_string(hide_password=False), SHORT_EFFORT)

    backend.drop(url)
    assert verdict.failed == []
    assert len(verdict.checks) > 20


@pytest.mark.parametrize(
    ("failure", "body", "expected"),
    [
        (REJECTED, {"errors": [CURSOR_ERROR]}, False),
        (REJECTED, {"errors": [CURSOR_ERROR, PATTERN_ERROR]}, True),
        (REJECTED, {"errors": []}, True),
        (REJECTED, None, True),
        (ACCEPTED, {"results": [{"status": "applied"}, {"status": "refused"}]}, False),
        (ACCEPTED, {"results": [{"status": "applied"}]}, True),
        (ACCEPTED, {"items": []}, True),
        (UNDEFINED, {"errors": [CURSOR_ERROR]}, True),
    ],
)
def test_is_defect_unless_the_rule_is_undocumented(failure: Failure, body: Any, expected: bool) -> None:  # noqa: FBT001
    content = json.dumps(body).encode() if body else b""
    response = Response(422, {}, content, PreparedRequest(), elapsed=0, verify=False)

    assert is_defect(failure, response) is expected


@pytest.mark.parametrize(("size", "expected"), [(64 * 1024, True), (64 * 1024 + 1, False)])
@pytest.mark.parametrize("failure", [REJECTED, ACCEPTED])
def test_is_defect_when_small_body_is_too_large(failure: Failure, size: int, expected: bool) -> None:  # noqa: FBT001
    request = PreparedRequest()
    request.prepare("PATCH", "http://127.0.0.1", data=b" " * size)
    content = json.dumps({"code": "body_too_large", "errors": []}).encode()

    assert is_defect(failure, Response(413, {}, content, request, elapsed=0, verify=False)) is expected
