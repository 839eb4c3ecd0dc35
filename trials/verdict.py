"""Pass/fail results of a long-running reliability check (trial), printed as a report."""

from collections.abc import Iterable
from typing import NamedTuple

MAX_EXAMPLES = 5  # maximum number of errors that a check prints


class Check(NamedTuple):
    description: str
    passed: bool
    details: str  # the measured values


class Verdict:
    """Collects the checks of a trial (long-running reliability check), and prints each at once."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def expect(self, description: str, passed: bool, details: str = "") -> None:  # noqa: FBT001 - the call reads as a sentence
        self.checks.append(Check(description, passed, details))
        print(f"{'passed' if passed else 'FAILED'}  {description}{': ' * bool(details)}{details}", flush=True)

    def expect_none(self, description: str, errors: Iterable[object], scope: str = "") -> None:
        """Check that there are no errors. `scope` describes what was examined."""
        distinct = list(dict.fromkeys(map(str, errors)))
        omitted = f"and {len(distinct) - MAX_EXAMPLES} more" if len(distinct) > MAX_EXAMPLES else ""
        self.expect(description, not distinct, "; ".join(filter(None, [scope, *distinct[:MAX_EXAMPLES], omitted])))

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]

    def finish(self) -> int:
        """Print a summary. Return the exit code, which is 0 if there is at least one check and all checks passed."""
        passed_count = len(self.checks) - len(self.failed)
        print(f"{passed_count} of {len(self.checks)} checks passed.")
        return 0 if self.checks and not self.failed else 1
