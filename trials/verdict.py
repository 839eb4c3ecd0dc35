"""What was promised, and whether it was kept."""

from typing import NamedTuple


class Promise(NamedTuple):
    text: str
    kept: bool
    found: str  # the figures behind it


class Verdict:
    """Promises as they are tried, each told at once."""

    def __init__(self) -> None:
        self.promises: list[Promise] = []

    def expect(self, text: str, kept: bool, found: str = "") -> None:  # noqa: FBT001 - it reads as it is said
        self.promises.append(Promise(text, kept, found))
        print(f"{'kept  ' if kept else 'BROKEN'}  {text}{': ' * bool(found)}{found}", flush=True)

    @property
    def broken(self) -> list[Promise]:
        return [each for each in self.promises if not each.kept]

    def told(self) -> int:
        """The exit code, once the last line says how it went. Nothing tried is nothing shown."""
        kept = len(self.promises) - len(self.broken)
        print(f"{kept} of {len(self.promises)} promises kept.")
        return 0 if self.promises and not self.broken else 1
