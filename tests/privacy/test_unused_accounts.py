"""Tests for erasing health data that has been unused for years, and unused detached accounts."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from app.core.timestamps import utc_now
from app.privacy.unused_accounts import DAYS_PER_YEAR
from tests.factories.accounts import request_code, sign_in_with_code
from tests.factories.services import MemberClient, Service, post, token_from_email
from tests.security import member_requests

THREE_YEARS = timedelta(days=3 * DAYS_PER_YEAR)
SUBJECTS = [
    "Your account hasn't been used for a long time",
    "Last reminder: your account hasn't been used for a long time",
]


def clean_up_after(service: Service, clock: Traveller, **days: float) -> None:
    clock.shift(timedelta(**days))
    service.clean_up(now=utc_now())


def reminders(service: Service, member: MemberClient) -> list[str]:
    subjects = [str(message["Subject"]) for message in service.sent_emails(to=member.email)]
    return [subject for subject in subjects if "long time" in subject]


def result_count(member: MemberClient) -> int:
    assert member.sign_in().status_code == 200
    return int(member.request("GET", "/v1/me/results").json()["total"])


def test_unused_health_data_is_erased_after_two_emails(service: Service, clock: Traveller) -> None:
    member = service.register_verified()
    member_requests.create_result(service, member)
    member_requests.create_bookmark(service, member)

    steps = []
    for days in (THREE_YEARS.days - 1, 2, 29, 2, 28):
        clean_up_after(service, clock, days=days)
        steps.append(len(reminders(service, member)))
    assert steps == [0, 1, 1, 2, 2]
    assert reminders(service, member) == SUBJECTS
    erased_on = (utc_now() + timedelta(days=2)).date().isoformat()
    assert erased_on in str(service.sent_emails(to=member.email)[-1].get_content())
    clean_up_after(service, clock, days=2)
    clean_up_after(service, clock, days=365)

    assert result_count(member) == 0
    assert member.request("GET", "/v1/me/bookmarks").json()["total"] == 1
    assert len(reminders(service, member)) == 2


@pytest.mark.parametrize("days_before_return", [1, 31, 59])
def test_returning_member_keeps_health_data(service: Service, clock: Traveller, days_before_return: int) -> None:
    member = service.register_verified()
    member_requests.create_result(service, member)
    clean_up_after(service, clock, days=THREE_YEARS.days + 1)
    clean_up_after(service, clock, days=days_before_return)

    assert member.sign_in().status_code == 200
    for _ in range(4):
        clean_up_after(service, clock, days=40)

    assert result_count(member) == 1


@pytest.mark.parametrize("uses_code", [True, False])
def test_returning_member_is_reminded_twice_again(service: Service, clock: Traveller, *, uses_code: bool) -> None:
    member = service.register_verified()
    member_requests.create_result(service, member)
    clean_up_after(service, clock, days=THREE_YEARS.days + 1)
    erased_on = (utc_now() + timedelta(days=60)).date().isoformat()
    assert erased_on in str(service.sent_emails(to=member.email)[-1].get_content())
    other = service.register_verified()
    member_requests.create_result(service, other)
    clean_up_after(service, clock, days=31)
    assert reminders(service, member) == SUBJECTS
    code = request_code(service, member.email)
    member.store_tokens(sign_in_with_code(service.client, member.email, code) if uses_code else member.sign_in())
    assert member.request("POST", "/v1/auth/logout").status_code == 204

    for days, count, other_count in ((31, 2, 0), (THREE_YEARS.days - 45, 2, 1), (31, 3, 2)):
        clean_up_after(service, clock, days=days)
        assert (len(reminders(service, member)), len(reminders(service, other))) == (count, other_count)

    assert reminders(service, member)[2:] + reminders(service, other)[1:] == SUBJECTS
    assert result_count(member) == 1


def test_member_who_only_refreshes_is_not_away(service: Service, clock: Traveller) -> None:
    member = service.register_verified()
    member_requests.create_result(service, member)
    for _ in range(22):  # three years
        clean_up_after(service, clock, days=50)
        if member.refresh_session().status_code == 401:  # the session's absolute lifetime
            assert member.sign_in().status_code == 200

    clean_up_after(service, clock, days=70)

    assert reminders(service, member) == []
    assert result_count(member) == 1


def test_member_without_health_data_gets_no_reminder(service: Service, clock: Traveller) -> None:
    member = service.register_verified()

    clean_up_after(service, clock, days=THREE_YEARS.days + 1)

    assert reminders(service, member) == []


def test_detached_account_is_erased_after_60_days_without_refresh(service: Service, clock: Traveller) -> None:
    used, unused = (service.register(f"{name}@example.org") for name in ("ana", "ben"))
    for member in (used, unused):
        post(service.client, "/v1/auth/password/forgot", {"email": member.email})
        token = token_from_email(service.sent_emails(to=member.email)[-1])
        body = {"token": token, "password": "nine quiet herons at dusk"}
        assert post(service.client, "/v1/auth/password/reset", body).status_code == 204

    clean_up_after(service, clock, days=59)
    assert used.refresh_session().status_code == 200
    assert len(service.erasure_log_lines()) == 0
    clean_up_after(service, clock, days=2)

    assert used.refresh_session().status_code == 200
    assert unused.refresh_session().status_code == 401
    assert len(service.erasure_log_lines()) == 1

    service.clean_up(now=utc_now())  # records the latest refresh
    assert used.request("POST", "/v1/auth/logout", {"confirm": True}).status_code == 204
    clean_up_after(service, clock, days=59)
    assert len(service.erasure_log_lines()) == 1
    clean_up_after(service, clock, days=2)
    assert len(service.erasure_log_lines()) == 2
