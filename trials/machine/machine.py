"""Hypothesis state machine of users who send requests from several devices, in sequence and concurrently."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.factories.rows import all_rows, rows_of_member
from tests.factories.runs import MORNING
from trials.machine.invariants import Invariant, Invariants
from trials.machine.reads import Facts, facts_in_export, facts_in_lists
from trials.machine.requests import PUBLIC, REFRESH_PATH, Action, ApiRequest, Exchange, Response, acknowledged_changes
from trials.machine.servers import ServerPair
from trials.machine.users import ALL_DATA, ANY_DEVICE, CONSENT, HEALTH_DATA, PASSWORD, Change, Device, Ledger, User, now

USER_COUNT = 3
COMMON = (
    *("refresh", "save bookmark", "delete bookmark", "save draft", "save result", "delete result", "start run"),
    *("change day", "change day", "sync", "read run"),
)
RARE = (
    *("register", "sign in", "sign out", "end session", "end others", "end sessions", "change password", "rename"),
    *("decide", "export", "delete draft", "score", "claim result", "read result", "change run"),
    *("read day", "complete all days", "erase health data", "erase account", "resend link"),
    *("reauthenticate", "sign in with code", "guess code"),
)
USER, PICK, NUMBER = st.integers(0, USER_COUNT - 1), st.integers(0, 5), st.integers(0, 9)
DEVICE = st.sampled_from((0, 0, 0, 1, 1, 2, ANY_DEVICE))
ACTION = st.builds(Action, st.sampled_from((*COMMON, *COMMON, *COMMON, *RARE)), USER, DEVICE, PICK, NUMBER)
EVENTS = ("restart", "clean up", "clean up", "restart", "clean up", "erase")
HEALTH_TABLES = ("results", "drafts", "day_notes")


class MemberMachine(RuleBasedStateMachine):
    servers: ClassVar[ServerPair]
    checks: ClassVar[Invariants]

    @initialize()
    def set_up_users(self) -> None:
        self.open = ExitStack()
        self.clock = self.open.enter_context(time_machine.travel(MORNING, tick=False))
        self.servers.counts["examples"] += 1
        self.servers.delete_emails()
        self.claims: dict[str, Any] = {}  # answers of anonymous scores by claim token
        self.users = [User(index, f"canary{self.servers.counts['examples']}x{index}z") for index in range(USER_COUNT)]
        for index in range(USER_COUNT - 1):
            self.sign_in(self.users[index])
            self.perform([Action("sign in", index), Action("start run", index, pick=index, number=1)])

    @rule(actions=st.lists(ACTION, min_size=1, max_size=4), user=st.none() | USER)
    def send_concurrently(self, actions: list[Action], user: int | None) -> None:
        """Send requests of several users or of one user at the same time."""
        self.perform([action if user is None else replace(action, user=user) for action in actions])

    @rule(action=ACTION, count=st.integers(2, 4), step=st.integers(0, 1))
    def repeat_concurrently(self, action: Action, count: int, step: int) -> None:
        """Send a request from several devices at the same time, with the same value or with different values."""
        numbers = [(action.number + n * step) % 10 for n in range(count)]
        self.perform([replace(action, device=n, number=number) for n, number in enumerate(numbers)])

    @rule(actions=st.lists(ACTION, min_size=2, max_size=6), days=st.sampled_from((0, 0, 1, 1, 3, 31)), minutes=PICK)
    def send_in_sequence(self, actions: list[Action], days: int, minutes: int) -> None:
        for action in actions:
            self.advance(timedelta(days=days, minutes=minutes**3))
            self.perform([action])

    @rule(user=USER, event=st.sampled_from(EVENTS), server=st.integers(0, 1))
    def operate(self, user: int, event: str, server: int) -> None:
        """Restart a server, run the hourly cleanup, or erase a user as an operator does."""
        if event == "restart":
            before = self.read(self.users[user], server)
            self.servers.restart(server)
            self.checks.expect(Invariant.RESTARTED, before == self.read(self.users[user], server))
        elif event == "erase":
            self.erase(self.users[user])
        else:
            self.servers.clean_up()
            for member in self.users:
                for key in [key for key in member.ledger if key[0] in HEALTH_DATA and None in member.ledger[CONSENT]]:
                    member.ledger[key] |= {None}  # health data is erased some time after consent was withdrawn

    def teardown(self) -> None:
        with self.open:
            if sys.exc_info()[0] is None:
                for user in self.users:
                    self.read(user, server=user.index % 2)
                    self.erase(user)

    def perform(self, actions: Sequence[Action]) -> None:
        """Sign in the users who use their first device, send their requests concurrently, and check their data."""
        is_erasing = any(action.name == "erase account" for action in actions)
        actions = [action for action in actions if action.name != "register" or not is_erasing]
        for index in {action.user for action in actions if action.name not in PUBLIC and action.device != ANY_DEVICE}:
            self.sign_in(self.users[index])
        exchanges = self.send(*actions)
        for user in {exchange.user for exchange in exchanges}:
            self.observe(user)
        if len(exchanges) == 1 and exchanges[0].is_repeatable:
            user, request, _, _ = exchanges[0]
            [again] = self.exchange([user], [request])
            self.checks.check_repeated(exchanges[0], again.response)
            self.observe(user)

    def sign_in(self, user: User) -> Device:
        """Let a user refresh their session, sign in or create an account, unless they are signed in."""
        while not user.is_usable(device := user.device(0)):
            newest_first = [user.device(index) for index in range(len(user.devices))]
            active = [user.ledger[device.key] == {True} for device in newest_first]
            if any(active):
                self.send(Action("refresh", user.index, active.index(True)))
            else:
                self.send(Action("register", user.index))
                self.send(Action("sign in", user.index))
        self.observe(user)
        return device

    def verify(self, user: User, device: Device) -> None:
        """Let a user with a new account verify their email address, and consent to the storage of health data."""
        user.verified_id = device.member_id
        self.send(Action("resend link", user.index))
        body = {"token": self.servers.verification_token(user.email)}
        self.exchange([user], [ApiRequest("POST", "/v1/auth/verify-email", body, device=device)])
        self.send(Action("decide", user.index, number=1))

    def advance(self, duration: timedelta) -> None:
        """Advance the clock. Sessions end at the times that the API stated."""
        self.clock.shift(duration)
        for user in self.users:
            ended = [device.key for device in user.devices.values() if device.session_until <= now()]
            user.ledger.apply([Change(dict.fromkeys(ended))])

    def send(self, *actions: Action) -> list[Exchange]:
        self.advance(timedelta(seconds=1))
        for user in {action.user for action in actions if action.name == "sign in with code"}:
            self.send(Action("request code", user))
            self.users[user].code = self.servers.sign_in_code(self.users[user].email)
        requests = [action.build(self.users, self.claims) for action in actions]
        return self.exchange([self.users[action.user] for action in actions], requests)

    def exchange(self, users: list[User], requests: list[ApiRequest], server: int | None = None) -> list[Exchange]:
        """Send requests at the same time, record what their responses acknowledge, and check the responses."""
        before = {user: Ledger(user.ledger) for user in users}
        responses = self.servers.send(*requests, server=server)
        exchanges = [Exchange(*each, before[each[0]]) for each in zip(users, requests, responses, strict=True)]
        for user in before:
            own = [exchange for exchange in exchanges if exchange.user is user]
            user.ledger.apply(change for each in own for change in acknowledged_changes(user, self.claims, each))
        for exchange in exchanges:
            self.checks.check_exchange(exchange, exchanges, self.users)
            _, request, response, _ = exchange
            if response.status == 204 and request.device:
                self.check_erasure(request, request.device, is_alone=len(exchanges) == 1)
        for user, ledger in before.items():
            self.check_ended_sessions(user, ledger)
        return exchanges

    def check_ended_sessions(self, user: User, before: Ledger) -> None:
        """Send the tokens of the sessions that have just ended to both servers."""
        for device in user.devices.values():
            if user.ledger[device.key] == {None} != before[device.key]:
                body = {"refresh_token": device.refresh_tokens[-1]}
                for server in (0, 1):
                    self.exchange([user], [ApiRequest("GET", "/v1/me", device=device)], server)
                    self.exchange([user], [ApiRequest("PATCH", "/v1/me", {}, device=device)], server)
                    self.exchange([user], [ApiRequest("POST", REFRESH_PATH, body, device=device)], server)

    def check_erasure(self, request: ApiRequest, device: Device, *, is_alone: bool) -> None:
        if request.path == "/v1/me/erase" or (request.method, request.path) == ("DELETE", "/v1/me"):
            self.check_erased(device.member_id)
        elif request.path == "/v1/me/health-data" and is_alone:  # otherwise, new data may be stored
            rows = rows_of_member(self.servers.database, device.member_id)
            self.checks.expect(Invariant.ERASED, not any(rows[table] for table in HEALTH_TABLES), rows)

    def check_erased(self, member_id: str) -> None:
        rows = str(all_rows(self.servers.database))
        self.checks.expect(Invariant.ERASED, member_id not in rows and member_id.replace("-", "") not in rows)

    def erase(self, user: User) -> None:
        """Erase a user as an operator does."""
        member_id, before = self.sign_in(user).member_id, Ledger(user.ledger)
        self.servers.erase(member_id)
        user.ledger.apply([Change(removed=ALL_DATA)])
        self.check_ended_sessions(user, before)
        self.check_erased(member_id)

    def observe(self, user: User) -> Facts:
        """Compare the data in a user's export with the acknowledged writes."""
        if not user.is_usable(device := user.device(0)):
            return {}
        if user.verified_id != device.member_id:
            self.verify(user, device)
        [(_, _, response, _)] = self.exchange([user], [ApiRequest("GET", "/v1/me/export", device=device)])
        assert response.status == 200, response
        user.runs = {run["id"]: len(run["opened_at"]) for run in response.body["runs"]}
        for session in response.body["sessions"]:
            user.devices[session["id"]].session_until = datetime.fromisoformat(session["expires_at"])
        facts = facts_in_export(response.body)
        for key in {*facts, *user.ledger} - {PASSWORD}:
            if key[0] != "about":
                details = key, facts.get(key), user.ledger[key]
                self.checks.expect(Invariant.ACKNOWLEDGED, facts.get(key) in user.ledger[key], details)
                user.ledger[key] = frozenset({facts.get(key)})
        return facts

    def read(self, user: User, server: int) -> Facts:
        """Return all data of a user, which must be the same in the export and in the lists of a server."""
        device, facts = self.sign_in(user), self.observe(user)

        def get(path: str) -> Response:
            return self.exchange([user], [ApiRequest("GET", path, device=device)], server)[0].response

        read = facts_in_lists(get, self.checks)
        differing = {key: (facts.get(key), read.get(key)) for key in {*facts, *read} if facts.get(key) != read.get(key)}
        self.checks.expect(Invariant.EXPORTED, not differing, differing)
        return facts
