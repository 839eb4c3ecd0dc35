"""What members may do next, drawn by Hypothesis. Nothing that is drawn depends on how a race ended: it would tell
Hypothesis nothing then that it could repeat.
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
from trials.machine.accounts import ACCOUNTS, SESSIONS, Refresh, SignIn
from trials.machine.days import COMPLETING, DAYS, SYNCING, UNDOING, ChangeDay, Finish
from trials.machine.journey import RUNNING, STARTING, ZONES, ChangeRun
from trials.machine.privacy import ERASING_HEALTH, ERASING_ME, EXPORTING, PRIVACY
from trials.machine.questions import PEOPLE, WHO, Act
from trials.machine.results import ASSESSMENTS, BOOKMARKS
from trials.machine.site import Site
from trials.machine.worlds import Worlds

A_DAY = timedelta(days=1)
WHILES = st.sampled_from(
    (
        timedelta(minutes=5),
        timedelta(minutes=11),
        timedelta(minutes=61),
        timedelta(hours=9),
        A_DAY,
        3 * A_DAY,
        8 * A_DAY,
        31 * A_DAY,
    )
)
CHANGING: st.SearchStrategy[Any] = st.one_of(
    results.KEEPING,
    ASSESSMENTS,
    BOOKMARKS,
    COMPLETING,
    UNDOING,
    SYNCING,
    DAYS,
    STARTING,
    RUNNING,
    SESSIONS,
    ACCOUNTS,
)


def some(acts: st.SearchStrategy[Act]) -> st.SearchStrategy[list[Act]]:
    """One after another."""
    return st.lists(acts, min_size=1, max_size=4)


class Members(RuleBasedStateMachine):
    site: ClassVar[Site]

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()

    @initialize(zone=st.sampled_from(ZONES))
    def arrive(self, zone: str) -> None:
        """Two of three have an account, a confirmed address, two devices and a run."""
        clock = self._open.enter_context(time_machine.travel(MORNING, tick=False))
        self.worlds = Worlds(self.site, clock, MORNING)
        for who in range(PEOPLE - 1):
            self.worlds.be_ready(who)
            self.worlds.do(SignIn(who), ChangeRun(who, 0, "current", "time_zone", zone))

    @rule(acts=some(SESSIONS | ACCOUNTS))
    def use_the_account(self, acts: list[Act]) -> None:
        self.worlds.do(*acts)

    @rule(acts=some(ASSESSMENTS | BOOKMARKS))
    def take_the_assessment(self, acts: list[Act]) -> None:
        self.worlds.do(*acts)

    @rule(acts=some(RUNNING | DAYS))
    def walk(self, acts: list[Act]) -> None:
        self.worlds.do(*acts)

    @rule(acts=some(SYNCING | COMPLETING | UNDOING))
    def walk_on_two_devices(self, acts: list[Act]) -> None:
        self.worlds.do(*acts)

    @rule(acts=some(CHANGING))
    def do_anything(self, acts: list[Act]) -> None:
        self.worlds.do(*acts)

    @rule(act=PRIVACY)
    def export_or_erase(self, act: Act) -> None:
        self.worlds.do(act)

    @rule(act=CHANGING, devices=st.integers(2, 4))
    def do_the_same_at_once(self, act: Any, devices: int) -> None:
        """From several devices, or in several tabs."""
        named = {"device"} if hasattr(act, "device") else set()
        self.at_once([replace(act, **dict.fromkeys(named, number)) for number in range(devices)])

    @rule(who=WHO, acts=st.lists(CHANGING, min_size=2, max_size=4))
    def do_different_things_at_once(self, who: int, acts: list[Any]) -> None:
        """All by one member."""
        self.at_once([replace(act, who=who) if hasattr(act, "who") else act for act in acts])

    @rule(acts=st.lists(CHANGING, min_size=2, max_size=4))
    def meet(self, acts: list[Any]) -> None:
        self.at_once(acts)

    @rule(erasing=ERASING_HEALTH | ERASING_ME | EXPORTING, acts=st.lists(CHANGING, min_size=1, max_size=3))
    def erase_or_export_meanwhile(self, erasing: Any, acts: list[Any]) -> None:
        self.at_once([erasing, *(replace(act, who=erasing.who) if hasattr(act, "who") else act for act in acts)])

    def at_once(self, acts: list[Act]) -> None:
        steady = [act for act in acts if not (isinstance(act, ChangeRun) and act.turns)]
        if steady:
            self.worlds.do_at_once(steady)

    @rule(a_while=WHILES)
    def let_time_pass(self, a_while: timedelta) -> None:
        self.worlds.wait(a_while)
        self.worlds.renew()

    @rule(a_while=WHILES, who=WHO, behind=st.integers(0, 2))
    def come_back(self, a_while: timedelta, who: int, behind: int) -> None:
        """With the token in use, or with an older one."""
        self.worlds.wait(a_while)
        self.worlds.do(Refresh(who, 0, behind))

    @rule(who=WHO, many=st.integers(1, 6))
    def practise_for_some_days(self, who: int, many: int) -> None:
        for _ in range(many):
            self.worlds.wait(A_DAY)
            self.worlds.do(ChangeDay(who, 0, "current", self.worlds.behind(who), {"completed": True}))

    @rule(who=WHO)
    def finish(self, who: int) -> None:
        self.worlds.wait(21 * A_DAY)
        self.worlds.do(Finish(who, 0))

    @rule(number=st.sampled_from((None, None, 0, 1)))
    def operate(self, number: int | None) -> None:
        """Start a server anew, for nothing that matters is kept in memory; or clean up."""
        if number is None:
            self.worlds.clean_up()
        else:
            self.site.restart(number)

    def teardown(self) -> None:
        with self._open:
            if sys.exc_info()[0] is None:
                self.worlds.look()
                self.worlds.erase_everybody()
