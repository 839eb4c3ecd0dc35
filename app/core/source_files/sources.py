"""Files read with their line numbers, and what is wrong in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from app.core.source_files.messages import Step, message_of

MOST_BYTES = 1_000_000  # of one file
DEEPEST = 20  # lists and mappings inside each other; PyYAML itself has no bound and overflows the stack
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")  # neither in YAML nor in feeds
FENCE = "---"

Place = tuple[Step, ...]
Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, where it is, and what would be right."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.message}"
        return text.encode(errors="backslashreplace").decode()  # a file's name may be no text


class ContentFaults(Exception):
    """The folder can't be loaded; `faults` has every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = sorted(faults)


@dataclass(slots=True)
class Source:
    """A file's data with the line of each of its parts, and the text below a front matter."""

    file: str
    data: Any = None
    body: str = ""
    body_line: int = 1
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, *path: Step) -> int:
        """The line of a part, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class FaultCollector:
    """Collects faults, so that one run reports all of them."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, source: Source, path: Sequence[Step], message: str) -> None:
        self.found.append(Fault(source.file, source.line(*path), message))

    def at(self, file: str, line: int, message: str) -> None:
        self.found.append(Fault(file, line, message))


def read_text(root: Path, file: str, faults: FaultCollector) -> str | None:
    """A file as text; what can't be read is a fault."""
    try:
        raw = (root / file).read_bytes()
    except OSError as error:
        faults.at(file, 1, f"can't be read: {error.strerror}")
        return None
    if len(raw) > MOST_BYTES:
        faults.at(file, 1, f"has {len(raw):,} bytes: at most {MOST_BYTES:,} are read")
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        faults.at(file, raw.count(b"\n", 0, error.start) + 1, "isn't UTF-8: save the file in that encoding")
        return None
    if control := CONTROL.search(text):
        message = f"holds a control character, U+{ord(control[0]):04X}: remove it"
        faults.at(file, text.count("\n", 0, control.start()) + 1, message)
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def read_yaml(root: Path, file: str, faults: FaultCollector) -> Source | None:
    text = read_text(root, file, faults)
    return None if text is None else _parsed(Source(file), text, 1, faults)


def read_front_matter(root: Path, file: str, faults: FaultCollector) -> Source | None:
    """A file that begins with YAML between two lines of `---`; what follows is its body."""
    text = read_text(root, file, faults)
    if text is None:
        return None
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        faults.at(file, 1, "must begin with a line --- and its front matter")
        return None
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.rstrip() == FENCE), None)
    if end is None:
        faults.at(file, 1, "the front matter must end with a line ---")
        return None
    begin = next((n for n, line in enumerate(lines[end + 1 :], start=end + 1) if line.strip()), end + 1)
    source = Source(file, body="\n".join(lines[begin:]).rstrip("\n") + "\n", body_line=begin + 1)
    return _parsed(source, "\n".join(lines[1:end]), 2, faults)


def texts(source: Source, name: str, inner: str | None = None) -> list[tuple[Place, str]]:
    """The texts under a key, or in each entry of the list there, with their places.

    What isn't a text is left out: it is a fault of its own, and hides none of the others here.
    """
    value = source.data.get(name) if isinstance(source.data, dict) else None
    entries: list[tuple[Place, Any]] = [((name,), value)]
    if isinstance(value, list):
        entries = [((name, n), each) for n, each in enumerate(value)]
    if inner:
        entries = [((*path, inner), each.get(inner)) for path, each in entries if isinstance(each, dict)]
    return [(path, each) for path, each in entries if isinstance(each, str)]


def validated(source: Source, shape: type[Shape], faults: FaultCollector) -> Shape | None:
    """The data in a shape; each of its errors becomes a fault with the line it is on."""
    try:
        return shape.model_validate(source.data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            faults.add(source, each["loc"], message_of(each["loc"], each, shape))
        return None


def _parsed(source: Source, text: str, first_line: int, faults: FaultCollector) -> Source | None:
    loader = yaml.CSafeLoader(text)
    try:
        if not _is_plain(source, text, first_line, faults):
            return None
        node = loader.get_single_node()
        source.data = _Builder(source, loader, first_line, faults).build(node, ()) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        faults.at(source.file, first_line + (mark.line if mark else 0), f"isn't YAML: {error.problem}")
        return None
    finally:
        loader.dispose()
    return source


def _is_plain(source: Source, text: str, first_line: int, faults: FaultCollector) -> bool:
    """Whether YAML has neither anchors nor aliases nor a depth that no content has."""
    before, depth = len(faults.found), 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        mark = event.start_mark
        line = first_line + (mark.line if mark else 0)
        if getattr(event, "anchor", None):
            faults.at(source.file, line, "anchors and aliases aren't used here: write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            faults.at(source.file, line, f"has more than {DEEPEST} lists and mappings inside each other")
            break
    return len(faults.found) == before


class _Builder:
    """Turns YAML's nodes into plain values, noting lines; repeated keys are faults."""

    def __init__(self, source: Source, loader: Any, first_line: int, faults: FaultCollector) -> None:
        self._source = source
        self._loader = loader
        self._first_line = first_line
        self._faults = faults

    def build(self, node: yaml.Node, path: Place) -> Any:
        line = node.start_mark.line + self._first_line
        self._source.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, n)) for n, child in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError:  # it looks like a date and is none, as 2026-02-30
            return node.value
        except (yaml.YAMLError, IndexError, KeyError, AttributeError):  # the last three of tags such as !!int ""
            self._faults.at(self._source.file, line, f"{node.value[:40]!r} isn't a value that can be read: quote it")
            return node.value

    def _pairs(self, node: yaml.MappingNode, path: Place) -> Iterator[tuple[str, Any]]:
        known: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + self._first_line
            if not isinstance(key_node, yaml.ScalarNode):
                self._faults.at(self._source.file, line, "a key must be a text; a value with braces needs quotes")
                continue
            key = key_node.value
            if key in known:
                self._faults.at(self._source.file, line, f"{key!r} stands here twice: keep one")
            known.add(key)
            self._source.lines[(*path, key)] = line
            yield key, self.build(value_node, (*path, key))
