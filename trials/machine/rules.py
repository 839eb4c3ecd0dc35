"""Rules of a Hypothesis state machine: random steps that compare the API with its model.

Generated values never depend on the outcome of concurrent requests, so that Hypothesis can repeat and simplify
examples.
"""

import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.factories.runs import MORNING
from trials.machine import results
from trials.machine.accounts import ACCOUNTS, SESSIONS, SendRefreshToken, SignIn
from trials.machine.actions import USER_COUNT, USER_INDEX, UserAction
from trials.machine.days import COMPLETING, DAY_ACTIONS, SYNCING, UNDOING, ChangeDay, CompleteAllDays
from trials.machine.journey import RUN_ACTIONS, STARTING_RUN, ZONES, ChangeRun
from trials.machine.possible_states import PossibleStates
from trials.machine.privacy import ERASING_ACCOUNT, ERASING_HEALTH, EXPORTING, PRIVACY
from trials.machine.results import ASSESSMENTS, BOOKMARKS
from trials.machine.servers import ServerPair

ONE_DAY = timedelta(days=1)
DURATIONS = st.sampled_from(
    (
        timedelta(minutes=5),
        timedelta(minutes=11),
        timedelta(minutes=61),
        timedelta(hours=9),
        ONE_DAY,
        3 * ONE_DAY,
        8 * ONE_DAY,
        31 * ONE_DAY,
    )
)
CHANGES: st.SearchStrategy[Any] = st.one_of(
    results.SAVING_RESULT,
    ASSESSMENTS,
    BOOKMARKS,
    COMPLETING,
    UNDOING,
    SYNCING,
    DAY_ACTIONS,
    STARTING_RUN,
    RUN_ACTIONS,
    SESSIONS,
    ACCOUNTS,
)


def short_lists(actions: st.SearchStrategy[UserAction]) -> st.SearchStrategy[list[UserAction]]:
    return st.lists(actions, min_size=1, max_size=4)


class MemberMachine(RuleBasedStateMachine):
    """State machine of users who send requests from several devices, in sequence and concurrently."""

    servers: ClassVar[ServerPair]

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()

    @initialize(zone=st.sampled_from(ZONES))
    def set_up_users(self, zone: str) -> None:
        """Give two of the three users a verified account, two devices and a run (enrolment in a journey)."""
        clock = self._open.enter_context(time_machine.travel(MORNING, tick=False))
        self.states = PossibleStates(self.servers, clock, MORNING)
        for user_index in range(USER_COUNT - 1):
            self.states.ensure_signed_in(user_index)
            self.states.perform(SignIn(user_index), ChangeRun(user_index, 0, "current", "time_zone", zone))

    @rule(actions=short_lists(SESSIONS | ACCOUNTS))
    def use_account(self, actions: list[UserAction]) -> None:
        self.states.perform(*actions)

    @rule(actions=short_lists(ASSESSMENTS | BOOKMARKS))
    def take_the_assessment(self, actions: list[UserAction]) -> None:
        self.states.perform(*actions)

    @rule(actions=short_lists(RUN_ACTIONS | DAY_ACTIONS))
    def update_days(self, actions: list[UserAction]) -> None:
        self.states.perform(*actions)

    @rule(actions=short_lists(SYNCING | COMPLETING | UNDOING))
    def sync_and_complete(self, actions: list[UserAction]) -> None:
        self.states.perform(*actions)

    @rule(actions=short_lists(CHANGES))
    def change_anything(self, actions: list[UserAction]) -> None:
        self.states.perform(*actions)

    @rule(action=PRIVACY)
    def export_or_erase(self, action: UserAction) -> None:
        self.states.perform(action)

    @rule(action=CHANGES, devices=st.integers(2, 4))
    def repeat_concurrently(self, action: Any, devices: int) -> None:
        """Repeat an action concurrently on several devices."""
        shared_fields = {"device"} if hasattr(action, "device") else set()
        self.perform_concurrently([replace(action, **dict.fromkeys(shared_fields, index)) for index in range(devices)])

    @rule(user_index=USER_INDEX, actions=st.lists(CHANGES, min_size=2, max_size=4))
    def change_concurrently_as_one_user(self, user_index: int, actions: list[Any]) -> None:
        self.perform_concurrently(
            [replace(action, user_index=user_index) if hasattr(action, "user_index") else action for action in actions]
        )

    @rule(actions=st.lists(CHANGES, min_size=2, max_size=4))
    def change_concurrently(self, actions: list[Any]) -> None:
        self.perform_concurrently(actions)

    @rule(erasing=ERASING_HEALTH | ERASING_ACCOUNT | EXPORTING, actions=st.lists(CHANGES, min_size=1, max_size=3))
    def erase_or_export_concurrently(self, erasing: Any, actions: list[Any]) -> None:
        self.perform_concurrently(
            [
                erasing,
                *(
                    replace(action, user_index=erasing.user_index) if hasattr(action, "user_index") else action
                    for action in actions
                ),
            ]
        )

    def perform_concurrently(self, actions: list[UserAction]) -> None:
        deterministic = [action for action in actions if not (isinstance(action, ChangeRun) and action.starts_period)]
        if deterministic:
            self.states.perform_concurrently(deterministic)

    @rule(duration=DURATIONS)
    def let_time_pass(self, duration: timedelta) -> None:
        self.states.advance_clock(duration)
        self.states.refresh_sessions()

    @rule(duration=DURATIONS, user_index=USER_INDEX, tokens_behind=st.integers(0, 2))
    def refresh_after_absence(self, duration: timedelta, user_index: int, tokens_behind: int) -> None:
        """Refresh a session after some time, with its current refresh token or an earlier token."""
        self.states.advance_clock(duration)
        self.states.perform(SendRefreshToken(user_index, 0, tokens_behind))

    @rule(user_index=USER_INDEX, count=st.integers(1, 6))
    def complete_daily(self, user_index: int, count: int) -> None:
        for _ in range(count):
            self.states.advance_clock(ONE_DAY)
            self.states.perform(
                ChangeDay(user_index, 0, "current", self.states.days_behind(user_index), {"completed": True})
            )

    @rule(user_index=USER_INDEX)
    def complete_journey(self, user_index: int) -> None:
        self.states.advance_clock(21 * ONE_DAY)
        self.states.perform(CompleteAllDays(user_index, 0))

    @rule(index=st.sampled_from((None, None, 0, 1)))
    def restart_or_clean_up(self, index: int | None) -> None:
        """Restart a server, or run the hourly cleanup if `index` is None.

        A restart must not lose any state.
        """
        if index is None:
            self.states.clean_up()
        else:
            self.servers.restart(index)

    def teardown(self) -> None:
        with self._open:
            if sys.exc_info()[0] is None:
                self.states.check_lists()
                self.states.erase_all_users()
