"""Somebody whose every choice holds a word that is easily found again, and a look at all that a service answers."""

import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from httpx2 import Response

from tests.factories.services import Person, Service, post, token_in
from tests.security.belongings import RUNS, run

# Whatever somebody chooses holds this word.
WORD = "canary"
PASSWORD, NEW_PASSWORD = "the canary hums over wet slate", "no canary sleeps under warm tiles"
ADDRESS, NEW_ADDRESS = "canary.perch@example.org", "canary.nest@example.org"
NAME, DEVICE = "Canary Quillfeather", "Canary's looking glass"
REFLECTION = "The canary was quiet today."
RUN = f"{RUNS}/current"
PROOF = 40  # characters at the end of each of our tokens: 30 bytes that nobody can guess


class Sightings:
    """All replies of a service, and the secrets that should be seen in nothing else."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.replies: list[Response] = []
        service.client.event_hooks = {"response": [self.replies.append]}

    def tokens(self) -> set[str]:
        """Those in replies and those in mails."""
        pairs = [reply.json() for reply in self.replies if reply.is_success and "access_token" in reply.text]
        mailed = {token_in(mail) for mail in self._service.mails() if "#token=" in str(mail.get_content())}
        made = [each for each in self.replies if each.is_success and each.request.url.path.endswith("/calendar")]
        calendars = {secret_of(each) for each in made if each.request.method == "PUT"}
        return calendars | mailed | {pair[name] for pair in pairs for name in ("access_token", "refresh_token")}

    def in_texts(self, *texts: str) -> set[str]:
        """What of it all is in some text."""
        whole = "\n".join(texts)
        return {token for token in self.tokens() if token[-PROOF:] in whole} | set(re.findall(WORD, whole.lower()))

    def in_bytes(self, seen: bytes) -> set[str]:
        """What of it all is in stored bytes, as text or as what a token's text stands for."""
        raw = {token for token in self.tokens() if urlsafe_b64decode(token[-PROOF:]) in seen}
        return raw | self.in_texts(seen.decode("latin-1"))

    def in_refusals(self) -> set[str]:
        refusals = [reply for reply in self.replies if reply.status_code >= 400]
        assert refusals
        batches = [
            each.json()["results"]
            for each in self.replies
            if each.is_success and each.request.url.path.endswith("/sync")
        ]
        problems = [json.dumps(result["problem"]) for results in batches for result in results]
        return self.in_texts(*problems, *(f"{reply.headers} {reply.text}" for reply in refusals))


def live(service: Service) -> Person:
    """A member does all that members do; what they chose and were given last is still in use at the end."""
    consent = {"purpose": "health_data", "granted": True, "version": "1"}
    sent = {"email": ADDRESS, "password": PASSWORD, "display_name": NAME, "consents": [consent]}
    assert post(service.client, "/v1/auth/register", sent).status_code == 202
    me = Person(service.client, ADDRESS, PASSWORD)
    assert me.sign_in(device_name=DEVICE).status_code == 200
    good(me, "POST", "/v1/auth/verify-email", {"token": newest_token(service, ADDRESS)})
    assert me.renew().status_code == 200
    good(me, "PATCH", "/v1/me", {"display_name": f"{NAME} II"})
    good(me, "PUT", "/v1/me/email", {"email": NEW_ADDRESS, "current_password": PASSWORD})
    good(me, "POST", "/v1/auth/verify-email", {"token": newest_token(service, NEW_ADDRESS)})
    assert post(service.client, "/v1/auth/password/forgot", {"email": NEW_ADDRESS}).status_code == 202
    reset = {"token": newest_token(service, NEW_ADDRESS), "password": NEW_PASSWORD}
    assert post(service.client, "/v1/auth/password/reset", reset).status_code == 204
    me.address, me.password = NEW_ADDRESS, NEW_PASSWORD
    assert me.sign_in().status_code == 200
    me.keep(good(me, "PUT", "/v1/me/password", {"current_password": NEW_PASSWORD, "new_password": PASSWORD}))
    me.password = PASSWORD
    me.on_another_device(device_name=f"{DEVICE} too")
    for path in ("/v1/me", "/v1/me/sessions", "/v1/me/consents/health_data", "/v1/me/export"):
        good(me, "GET", path)
    good(me, "DELETE", "/v1/me/health-data", {"password": PASSWORD})
    walk(service, me)
    good(me, "PUT", "/v1/me/email", {"email": ADDRESS, "current_password": PASSWORD})
    assert post(service.client, "/v1/auth/password/forgot", {"email": NEW_ADDRESS}).status_code == 202
    return me


def walk(service: Service, me: Person) -> None:
    """Begin a journey, and write about it on two devices."""
    run(service, me)
    good(me, "PATCH", f"{RUN}/days/1", {"completed": True, "tasks": {"first-1": True}, "reflection": REFLECTION})
    fields = {"mood_after": 4, "reflection": f"{REFLECTION} Again."}
    change = {"change_id": str(uuid4()), "day": 1, "happened_at": datetime.now(UTC).isoformat(), "fields": fields}
    [result] = good(me, "POST", f"{RUN}/sync", {"changes": [change]}).json()["results"]
    assert result["reflections"]["superseded"] == REFLECTION
    secret = secret_of(good(me, "PUT", f"{RUN}/calendar"))
    for path in (f"{RUN}/days/1", f"{RUN}/insights", f"/v1/calendars/{secret}.ics", "/v1/me/export", RUN):
        good(me, "GET", path)


def secret_of(reply: Response) -> str:
    """Of the address of a calendar."""
    return str(reply.json()["path"]).removeprefix("/v1/calendars/").removesuffix(".ics")


def good(me: Person, method: str, path: str, body: Any = None) -> Response:
    reply = me.ask(method, path, body, headers={"User-Agent": f"Mozilla/5.0 (Linux) {WORD}/1.0"})
    assert reply.is_success, (path, reply.text)
    return reply


def newest_token(service: Service, address: str) -> str:
    return token_in(service.mails(to=address)[-1])
