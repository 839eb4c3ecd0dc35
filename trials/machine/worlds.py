"""The worlds that there may be. After a race there are as many as there are orders in which those who took part might
have been served, as far as their answers tell; what is asked next tells more. When there is none left, the service has
answered what it never should.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from time_machine import Traveller

from tests.factories.rows import all_rows
from trials.machine.accounts import Register, SignIn, Verify, refreshing
from trials.machine.journey import ZONES, StartRun
from trials.machine.lists import look_around, who_am_i
from trials.machine.model import IDS, Device, Differs, Model, Person, Reply, TookBack
from trials.machine.privacy import Export
from trials.machine.questions import PEOPLE, Act, Mine, Question
from trials.machine.site import Site

A_SECOND = timedelta(seconds=1)
SAID = 30  # exchanges that are told when something differs
RENEWED = 3  # devices of each person

Exchange = tuple[Question, Reply]
Step = tuple[Model, list[Exchange]]  # and who is still to be served


NOTHING = Reply(200, None, None)


class Worlds:
    def __init__(self, site: Site, clock: Traveller, now: datetime) -> None:
        self._site = site
        self._clock = clock
        site.counts["examples"] += 1
        self._number = site.counts["examples"]
        people = [Person(f"canary-{site.counts['examples']}-{who}@example.org") for who in range(PEOPLE)]
        self._models = [Model(people, now=now)]
        self._said: list[str] = []

    @property
    def model(self) -> Model:
        return self._models[0]

    def wait(self, a_while: timedelta = A_SECOND) -> None:
        self._clock.shift(a_while)
        for model in self._models:
            model.now += a_while

    def do(self, *acts: Act) -> None:
        """One after another."""
        for act in acts:
            self.do_at_once([act])

    def be_ready(self, who: int) -> None:
        """Renew a session; or sign in, sign up and confirm one's address, as far as that has to be done."""
        if self._good_device(who):
            return
        person = self.model.people[who]
        on = [each for each in person.devices.values() if person.goes_on(each, self.model.now)]
        if on:
            self._ask(["renew"], [refreshing(who, on[-1])])
            return
        if person.account is None:
            self._do(Register(who, agrees=True))
        self._do(SignIn(who))
        account = self.model.people[who].account
        if account and not account.verified:
            self._do(Verify(who, 0, self._site.link(person.address)))
        if account and not account.runs:
            self._do(StartRun(who, 0, IDS[who], "daily", 0, ZONES[0]))

    def do_at_once(self, acts: Sequence[Act]) -> None:
        """All of them, and look at what became of those who did it. Who uses their first device has seen to it that
        they can.
        """
        for who in {act.who for act in acts if isinstance(act, Mine) and act.device == 0}:
            self.be_ready(who)
        self.wait()
        before = self.model
        questions = [act.question(before) for act in acts]
        self._ask(acts, questions)
        whose = {act.who for act in acts if isinstance(act, Mine)}
        self._see_the_ends(before)
        for who in whose:
            self._see_export(who)

    def _do(self, act: Act) -> None:
        self.wait()
        self._ask([act], [act.question(self.model)])

    def renew(self) -> None:
        """As every app does when its access token is over."""
        for who, person in enumerate(self.model.people):
            devices = [each for each in person.devices.values() if person.goes_on(each, self.model.now)]
            for device in devices[-RENEWED:]:
                self._ask(["renew"], [refreshing(who, device)])

    def behind(self, who: int) -> int:
        """How many days somebody's next day is behind the newest one."""
        account = self.model.people[who].account
        picture = account.current.picture(self.model.now) if account and account.current else None
        return (picture.current_day or 1) - picture.next_day if picture and picture.next_day else 0

    def look(self) -> None:
        """At everybody's lists."""
        for who in range(PEOPLE):
            self._see_export(who)
            device = self._good_device(who)
            if device:
                self._judge([(look_around(self._looked, self.model, who, device), NOTHING)])

    def clean_up(self) -> None:
        self._site.clean_up(self.model.now)
        for model in self._models:
            model.clean_up()

    def erase_everybody(self) -> None:
        """As an operator does."""
        members = [account.id for account in self.model.accounts() if account.id]
        self._site.erase(members, self.model.now)
        self._is_gone(members)

    def _good_device(self, who: int) -> Device | None:
        person = self.model.people[who]
        device = person.device(0, self.model.now)
        return device if device and person.is_good(device, self.model.now) else None

    def _looked(self, question: Question) -> Reply:
        [reply] = self._ask(["look"], [question])
        return reply

    def _ask(self, acts: Sequence[object], questions: Sequence[Question]) -> list[Reply]:
        replies = self._site.ask(*questions)
        told = [f"{act} -> {reply.told}" for act, reply in zip(acts, replies, strict=True)]
        self._said.append(f"{self.model.now:%m-%d %H:%M:%S}  {'  AT ONCE  '.join(told)}")
        for act, reply in zip(acts, replies, strict=True):
            self._site.answers[f"{act if isinstance(act, str) else type(act).__name__} {reply.status}"] += 1
        self._judge(list(zip(questions, replies, strict=True)))
        return replies

    def _judge(self, exchanges: list[Exchange]) -> None:
        counts = self._site.counts
        try:
            self._models = worlds_after(self._models, exchanges)
        except Differs as difference:
            counts["first difference"] = counts["first difference"] or self._number
            told = "\n  ".join(self._said[-SAID:])
            raise AssertionError(f"{difference}\n  {told}") from None
        counts["worlds at most"] = max(counts["worlds at most"], len(self._models))

    def _see_the_ends(self, before: Model) -> None:
        """A device whose session has ended is told so at once, and of who was erased nothing is left."""
        for who, person in enumerate(self.model.people):
            for device in person.devices.values():
                if before.people[who].goes_on(device, self.model.now) and not person.goes_on(device, self.model.now):
                    self._ask(["who am I"], [who_am_i(device)])
        if gone := self.model.erased - before.erased:
            self._is_gone(gone)

    def _is_gone(self, members: Iterable[str]) -> None:
        rows = str(all_rows(self._site.database))
        left = [each for each in members if each and (each in rows or each.replace("-", "") in rows)]
        assert not left, f"rows of who was erased: {left}"

    def _see_export(self, who: int) -> None:
        account = self.model.people[who].account
        if self._good_device(who) and account and account.verified:
            self._ask(["export"], [Export(who, 0).question(self.model)])


def worlds_after(models: Iterable[Model], exchanges: list[Exchange]) -> list[Model]:
    """What may be so once these were answered, in whatever order they were served. Raises Differs."""
    why: Counter[str] = Counter()
    left = [(model, exchanges) for model in models]
    for _ in exchanges:
        left = _distinct(step for model, rest in left for step in _steps(model, rest, why))
    if not left:
        raise Differs(" / ".join(why))
    return [model for model, _ in left]


def _steps(model: Model, exchanges: list[Exchange], why: Counter[str]) -> Iterator[Step]:
    """Each of them may have been served next, unless its answer differs from the model's."""
    for number, (question, reply) in enumerate(exchanges):
        after = model.copy()
        try:
            question.judge(after, reply)
        except TookBack:
            after = model
        except Differs as difference:
            why[str(difference)] += 1
            continue
        yield after, [*exchanges[:number], *exchanges[number + 1 :]]


def _distinct(steps: Iterable[Step]) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        if step not in found:
            found.append(step)
    return found
