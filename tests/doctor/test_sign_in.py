"""Tests that `twentyone doctor` reports settings of sign-in that contradict each other or weaken a protection."""

import pytest

from tests.doctor.conftest import RunDoctor
from tests.doctor.test_deployments import PRODUCTION


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"mails_a_day": "2"}, "TWENTYONE_MAILS_AN_HOUR"),
        ({"account_guesses": "4"}, "TWENTYONE_ACCOUNT_GUESSES"),
        ({"account_guesses": "1001"}, "1001 free guesses"),
        ({"refresh_again_seconds": "3600"}, "3600 seconds"),
        ({"step_up_minutes": "90"}, "90 minutes"),
        ({"session_days": "30"}, "TWENTYONE_SESSION_DAYS"),
        ({"min_answer_milliseconds": "0"}, "response times"),
    ],
)
def test_unwise_setting_of_sign_in_is_reported(run_doctor: RunDoctor, settings: dict[str, str], named: str) -> None:
    assert named in run_doctor(**PRODUCTION | settings).warnings["sign-in"]


def test_default_settings_of_sign_in_are_fine(run_doctor: RunDoctor) -> None:
    report = run_doctor(**PRODUCTION)

    assert report.details("ok")["sign-in"] == "password and emailed code"
