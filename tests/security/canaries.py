"""A member with searchable secrets (canaries), and a detector of leaked secrets."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from httpx2 import Response

from tests.factories.accounts import (
    FORGOT_PATH,
    RESET_PATH,
    VERIFY_PATH,
    change_address,
    change_password,
    newest_code,
    newest_email_token,
    reauthenticate,
    request_code,
    request_reset_code,
    request_reset_token,
    reset_password,
    sign_in_with_code,
    verify_email,
    wrong_code,
)
from tests.factories.services import MemberClient, Service, post, token_from_email
from tests.security.member_requests import RUNS_PATH, create_run

# All values that the member chooses contain this word.
CANARY = "canary"
PASSWORD, NEW_PASSWORD = "the canary hums over wet slate", "no canary sleeps under warm tiles"
EMAIL, NEW_EMAIL = "canary.perch@example.org", "canary.nest@example.org"
NAME, DEVICE = "Canary Quillfeather", "Canary's looking glass"
REFLECTION = "The canary was quiet today."
REQUEST_ID = str(uuid4())
RUN_PATH = f"{RUNS_PATH}/current"
TOKEN_SECRET_LENGTH = 40  # the random part at the end of each token: 30 bytes as base64


class LeakDetector:
    """Records all responses of a service, and finds the secrets of these responses in other data."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.responses: list[Response] = []
        service.client.event_hooks = {"response": [self.responses.append]}

    def tokens(self) -> set[str]:
        """Return all tokens that the service returned in responses or sent by email."""
        successes = [response for response in self.responses if response.is_success]
        pairs = [response.json() for response in successes if "access_token" in response.text]
        mails = [mail for mail in self._service.sent_emails() if "#token=" in str(mail.get_content())]
        calendars = [response for response in successes if is_request(response, "PUT", "/calendar")]
        return (
            {pair[name] for pair in pairs for name in ("access_token", "refresh_token")}
            | {token_from_email(mail) for mail in mails}
            | {calendar_secret(response) for response in calendars}
        )

    def codes(self) -> set[str]:
        """Return all codes that the service sent by email."""
        texts = [str(mail.get_content()) for mail in self._service.sent_emails()]
        return {code for text in texts for code in re.findall(r"^\d{8}\b", text, re.MULTILINE)}

    def find_in_texts(self, *texts: str) -> set[str]:
        """Return the secrets that the texts contain."""
        all_text = "\n".join(texts)
        found = {token for token in self.tokens() if token[-TOKEN_SECRET_LENGTH:] in all_text}
        found |= self.codes() & set(re.findall(r"(?<!\w)\d{8}(?!\w)", all_text))
        return found | set(re.findall(f"{CANARY}|{REQUEST_ID}", all_text.lower()))

    def find_in_bytes(self, data: bytes) -> set[str]:
        """Return the secrets that the bytes contain, as text or as decoded base64.

        Request ids are ignored: the database stores them, because on their own they open nothing.
        """
        binary_tokens = {token for token in self.tokens() if urlsafe_b64decode(token[-TOKEN_SECRET_LENGTH:]) in data}
        codes = {code for code in self.codes() if code.encode() in data}
        return binary_tokens | codes | self.find_in_texts(data.decode("latin-1")) - {REQUEST_ID}

    def find_in_error_responses(self) -> set[str]:
        error_responses = [response for response in self.responses if response.status_code >= 400]
        assert error_responses
        successes = [response for response in self.responses if response.is_success]
        batches = [response.json()["results"] for response in successes if is_request(response, "POST", "/sync")]
        problems = [json.dumps(result["problem"]) for results in batches for result in results]
        return self.find_in_texts(*problems, *(f"{response.headers} {response.text}" for response in error_responses))


def is_request(response: Response, method: str, path_end: str) -> bool:
    return response.request.method == method and response.request.url.path.endswith(path_end)


def use_all_features(service: Service) -> MemberClient:
    """Register a member and use all features. The secrets that the member chose last remain valid."""
    consent = {"purpose": "health_data", "granted": True, "version": "1"}
    registration = {"email": EMAIL, "password": PASSWORD, "display_name": NAME, "consents": [consent]}
    assert post(service.client, "/v1/auth/register", registration).status_code == 202
    member = MemberClient(service.client, EMAIL, PASSWORD)
    assert member.sign_in(device_name=DEVICE).status_code == 200
    assert verify_email(member, newest_email_token(service, EMAIL)).is_success
    assert member.refresh_session().is_success
    request_successfully(member, "PATCH", "/v1/me", {"display_name": f"{NAME} II"})
    assert change_address(member, NEW_EMAIL, PASSWORD).is_success
    assert verify_email(member, newest_email_token(service, NEW_EMAIL)).is_success
    assert reset_password(service.client, request_reset_token(service, NEW_EMAIL), NEW_PASSWORD).is_success
    member.email, member.password = NEW_EMAIL, NEW_PASSWORD
    assert member.sign_in().is_success
    member.store_tokens(change_password(member, NEW_PASSWORD, PASSWORD))
    member.password = PASSWORD
    member.sign_in_on_new_device(device_name=f"{DEVICE} too")
    for path in ("/v1/me", "/v1/me/sessions", "/v1/me/consents/health_data", "/v1/me/export"):
        request_successfully(member, "GET", path)
    request_successfully(member, "DELETE", "/v1/me/health-data", {"password": PASSWORD})
    use_journey(service, member)
    use_codes(service, member)
    assert change_address(member, EMAIL, PASSWORD).is_success
    assert post(service.client, FORGOT_PATH, {"email": NEW_EMAIL, "request_id": REQUEST_ID}).is_success
    return member


def use_codes(service: Service, member: MemberClient) -> None:
    """Use a code from each kind of email. The member's address and password stay the same."""
    with_id = {"request_id": REQUEST_ID}
    reset = {"email": NEW_EMAIL, "password": PASSWORD} | with_id
    code = request_reset_code(service, NEW_EMAIL, **with_id)
    send_wrong_then_right(code, lambda code: post(service.client, RESET_PATH, reset | {"code": code}))
    assert member.sign_in().is_success
    code = request_code(service, NEW_EMAIL, **with_id)
    send_wrong_then_right(code, lambda code: sign_in_with_code(service.client, NEW_EMAIL, code, **with_id))
    send_wrong_then_right(request_code(service, NEW_EMAIL), lambda code: reauthenticate(member, code=code))
    for address in (EMAIL, NEW_EMAIL):
        assert change_address(member, address, PASSWORD).is_success
        code = newest_code(service, address)
        send_wrong_then_right(code, lambda code: member.request("POST", VERIFY_PATH, {"code": code}))


def send_wrong_then_right(code: str, send: Callable[[str], Response]) -> None:
    assert send(wrong_code(code)).status_code in {401, 403}
    assert send(code).is_success


def use_journey(service: Service, member: MemberClient) -> None:
    """Start a journey, and save notes on a day both directly and as an offline change."""
    create_run(service, member)
    request_successfully(
        member, "PATCH", f"{RUN_PATH}/days/1", {"completed": True, "tasks": {"first-1": True}, "reflection": REFLECTION}
    )
    fields = {"mood_after": 4, "reflection": f"{REFLECTION} Again."}
    change = {"change_id": str(uuid4()), "day": 1, "happened_at": datetime.now(UTC).isoformat(), "fields": fields}
    [result] = request_successfully(member, "POST", f"{RUN_PATH}/sync", {"changes": [change]}).json()["results"]
    assert result["reflections"]["superseded"] == REFLECTION
    secret = calendar_secret(request_successfully(member, "PUT", f"{RUN_PATH}/calendar"))
    run_paths = (RUN_PATH, f"{RUN_PATH}/days/1", f"{RUN_PATH}/insights")
    for path in (*run_paths, f"/v1/calendars/{secret}.ics", "/v1/me/export"):
        request_successfully(member, "GET", path)


def calendar_secret(response: Response) -> str:
    """Return the secret part of a calendar's URL path."""
    return str(response.json()["path"]).removeprefix("/v1/calendars/").removesuffix(".ics")


def request_successfully(member: MemberClient, method: str, path: str, body: Any = None) -> Response:
    response = member.request(method, path, body, headers={"User-Agent": f"Mozilla/5.0 (Linux) {CANARY}/1.0"})
    assert response.is_success, (path, response.text)
    return response
