"""Possible states of the service, according to the model.

The order in which concurrent requests are processed is unknown. Every order that explains the responses leads to a
possible state, and later responses exclude states. If no state remains, a response of the service was wrong.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from time_machine import Traveller

from tests.factories.rows import all_rows
from trials.machine.accounts import Register, SignIn, VerifyEmail, refresh_request
from trials.machine.actions import USER_COUNT, ApiRequest, MemberAction, UserAction
from trials.machine.journey import ZONES, StartRun
from trials.machine.lists import check_session, read_lists
from trials.machine.model import SHARED_IDS, ApiResponse, Mismatch, Model, ModelDevice, ModelUser, RevertChange
from trials.machine.privacy import ExportData
from trials.machine.servers import ServerPair

ONE_SECOND = timedelta(seconds=1)
LOGGED_EXCHANGES = 30  # requests with responses that are printed after a mismatch
DEVICES_TO_REFRESH = 3  # the newest devices of each user

Exchange = tuple[ApiRequest, ApiResponse]
Step = tuple[Model, list[Exchange]]  # a model, and the exchanges that are not yet applied to it

EMPTY_RESPONSE = ApiResponse(200, None, None)


class PossibleStates:
    """The models (expected states of the service) that explain all responses of an example."""

    def __init__(self, servers: ServerPair, clock: Traveller, now: datetime) -> None:
        self._servers = servers
        self._clock = clock
        servers.counts["examples"] += 1
        self._number = servers.counts["examples"]
        users = [ModelUser(f"canary-{servers.counts['examples']}-{index}@example.org") for index in range(USER_COUNT)]
        self._models = [Model(users, now=now)]
        self._log: list[str] = []

    @property
    def model(self) -> Model:
        return self._models[0]

    def advance_clock(self, duration: timedelta = ONE_SECOND) -> None:
        self._clock.shift(duration)
        for model in self._models:
            model.now += duration

    def perform(self, *actions: UserAction) -> None:
        """Perform actions of users one after another."""
        for action in actions:
            self.perform_concurrently([action])

    def ensure_signed_in(self, user_index: int) -> None:
        """Sign the user in, unless they are signed in.

        An existing session is refreshed. Otherwise the user signs in, and gets an account, a verified email address and
        a run if they have none.
        """
        if self._signed_in_device(user_index):
            return
        user = self.model.users[user_index]
        active = [device for device in user.devices.values() if user.is_signed_in(device, self.model.now)]
        if active:
            self._send(["refresh"], [refresh_request(user_index, active[-1])])
            return
        if user.account is None:
            self._perform(Register(user_index, gives_consent=True))
        self._perform(SignIn(user_index))
        account = self.model.users[user_index].account
        if account and not account.verified:
            self._perform(VerifyEmail(user_index, 0, self._servers.verification_token(user.address)))
        if account and not account.runs:
            self._perform(StartRun(user_index, 0, SHARED_IDS[user_index], "daily", 0, ZONES[0]))

    def perform_concurrently(self, actions: Sequence[UserAction]) -> None:
        """Perform actions concurrently, then check ended sessions and data exports.

        A user whose first device is used is signed in beforehand.
        """
        for user_index in {
            action.user_index for action in actions if isinstance(action, MemberAction) and action.device == 0
        }:
            self.ensure_signed_in(user_index)
        self.advance_clock()
        before = self.model
        api_requests = [action.build_request(before) for action in actions]
        self._send(actions, api_requests)
        users = {action.user_index for action in actions if isinstance(action, MemberAction)}
        self._check_ended_sessions(before)
        for user_index in users:
            self._check_export(user_index)

    def _perform(self, action: UserAction) -> None:
        self.advance_clock()
        self._send([action], [action.build_request(self.model)])

    def refresh_sessions(self) -> None:
        """Refresh the sessions of all users, as an app does when its access token expires."""
        for user_index, user in enumerate(self.model.users):
            devices = [device for device in user.devices.values() if user.is_signed_in(device, self.model.now)]
            for device in devices[-DEVICES_TO_REFRESH:]:
                self._send(["refresh"], [refresh_request(user_index, device)])

    def days_behind(self, user_index: int) -> int:
        """Return the number of days from the user's next day to the newest unlocked day."""
        account = self.model.users[user_index].account
        state = account.current.expected_state(self.model.now) if account and account.current else None
        return (state.current_day or 1) - state.next_day if state and state.next_day else 0

    def check_lists(self) -> None:
        """Check the data export and all lists of every user who is signed in."""
        for user_index in range(USER_COUNT):
            self._check_export(user_index)
            device = self._signed_in_device(user_index)
            if device:
                self._apply([(read_lists(self._send_and_log, self.model, user_index, device), EMPTY_RESPONSE)])

    def clean_up(self) -> None:
        self._servers.clean_up(self.model.now)
        for model in self._models:
            model.clean_up()

    def erase_all_users(self) -> None:
        """Erase all accounts, as an operator does."""
        member_ids = [account.id for account in self.model.accounts() if account.id]
        self._servers.erase(member_ids, self.model.now)
        self._assert_erased(member_ids)

    def _signed_in_device(self, user_index: int) -> ModelDevice | None:
        user = self.model.users[user_index]
        device = user.device(0, self.model.now)
        return device if device and user.can_authenticate(device, self.model.now) else None

    def _send_and_log(self, api_request: ApiRequest) -> ApiResponse:
        [response] = self._send(["read"], [api_request])
        return response

    def _send(self, actions: Sequence[object], api_requests: Sequence[ApiRequest]) -> list[ApiResponse]:
        responses = self._servers.send(*api_requests)
        outcomes = [
            f"{action} -> {response.status_and_code}" for action, response in zip(actions, responses, strict=True)
        ]
        self._log.append(f"{self.model.now:%m-%d %H:%M:%S}  {'  CONCURRENTLY  '.join(outcomes)}")
        for action, response in zip(actions, responses, strict=True):
            action_name = action if isinstance(action, str) else type(action).__name__
            self._servers.response_counts[f"{action_name} {response.status}"] += 1
        self._apply(list(zip(api_requests, responses, strict=True)))
        return responses

    def _apply(self, exchanges: list[Exchange]) -> None:
        counts = self._servers.counts
        try:
            self._models = states_after(self._models, exchanges)
        except Mismatch as mismatch:
            counts["first mismatch"] = counts["first mismatch"] or self._number
            exchanges_log = "\n  ".join(self._log[-LOGGED_EXCHANGES:])
            raise AssertionError(f"{mismatch}\n  {exchanges_log}") from None
        counts["most possible states"] = max(counts["most possible states"], len(self._models))

    def _check_ended_sessions(self, before: Model) -> None:
        """Check that ended sessions are rejected at once, and that no rows of erased accounts remain."""
        now = self.model.now
        for user_before, user in zip(before.users, self.model.users, strict=True):
            for device in user.devices.values():
                if user_before.is_signed_in(device, now) and not user.is_signed_in(device, now):
                    self._send(["check session"], [check_session(device)])
        if erased := self.model.erased - before.erased:
            self._assert_erased(erased)

    def _assert_erased(self, member_ids: Iterable[str]) -> None:
        rows = str(all_rows(self._servers.database))
        remaining = [
            member_id
            for member_id in member_ids
            if member_id and (member_id in rows or member_id.replace("-", "") in rows)
        ]
        assert not remaining, f"rows of erased members: {remaining}"

    def _check_export(self, user_index: int) -> None:
        account = self.model.users[user_index].account
        if self._signed_in_device(user_index) and account and account.verified:
            self._send(["export"], [ExportData(user_index, 0).build_request(self.model)])


def states_after(models: Iterable[Model], exchanges: list[Exchange]) -> list[Model]:
    """Return the models after concurrent exchanges, one for each order that explains them.

    An exchange is a request with its response. Raise Mismatch if no order explains the responses.
    """
    mismatches: Counter[str] = Counter()
    pending = [(model, exchanges) for model in models]
    for _ in exchanges:
        pending = _distinct(step for model, rest in pending for step in _steps(model, rest, mismatches))
    if not pending:
        raise Mismatch(" / ".join(mismatches))
    return [model for model, _ in pending]


def _steps(model: Model, exchanges: list[Exchange], mismatches: Counter[str]) -> Iterator[Step]:
    """Yield a state for each exchange that can be next: a copy of the model after the exchange.

    Exchanges that don't match the model are skipped.
    """
    for index, (api_request, response) in enumerate(exchanges):
        after = model.copy()
        try:
            api_request.check(after, response)
        except RevertChange:
            after = model
        except Mismatch as mismatch:
            mismatches[str(mismatch)] += 1
            continue
        yield after, [*exchanges[:index], *exchanges[index + 1 :]]


def _distinct(steps: Iterable[Step]) -> list[Step]:
    distinct: list[Step] = []
    for step in steps:
        if step not in distinct:
            distinct.append(step)
    return distinct
