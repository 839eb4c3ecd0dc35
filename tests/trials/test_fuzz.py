"""Short version of the fuzz test, which sends random requests, and the rule that decides what is a defect."""

import json
from typing import Any

import pytest
from requests import PreparedRequest
from schemathesis import Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode

from trials.environment import Environment
from trials.fuzz.__main__ import run_fuzz
from trials.fuzz.undocumented_rules import is_defect
from trials.verdict import Verdict

pytestmark = pytest.mark.trial

REJECTED = RejectedPositiveData(operation="", message="", status_code=422, allowed_statuses=[])
ACCEPTED = AcceptedNegativeData(operation="", message="", status_code=200, expected_statuses=[])
UNDEFINED = UndefinedStatusCode(
    operation="", message="", status_code=422, defined_status_codes=[], allowed_status_codes=[]
)
CURSOR_ERROR = {"detail": "Use the `next` of a response to the same list in the same order."}
PATTERN_ERROR = {"detail": "String should match pattern '^[a-z]$'"}


def test_short_fuzz_run_passes_all_checks(environment: Environment) -> None:
    run_fuzz(environment, examples=1, all_phases=False, max_idle=20)

    assert environment.verdict.failed == []
    assert len(environment.verdict.checks) > 15


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
def test_is_defect_when_small_body_is_too_large(size: int, expected: bool) -> None:  # noqa: FBT001
    request = PreparedRequest()
    request.prepare("PATCH", "http://127.0.0.1", data=b" " * size)
    content = json.dumps({"code": "body_too_large", "errors": []}).encode()

    assert is_defect(REJECTED, Response(413, {}, content, request, elapsed=0, verify=False)) is expected


@pytest.mark.parametrize(("results", "code"), [([], 1), ([True], 0), ([True, False], 1)])
def test_verdict_finish_returns_0_only_if_all_checks_passed(results: list[bool], code: int) -> None:
    verdict = Verdict()
    for passed in results:
        verdict.expect("a check", passed)

    assert verdict.finish() == code
