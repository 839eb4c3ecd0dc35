"""Read content files, record the line number of each value, and collect errors."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from app.core.source_files.messages import Step, error_message

MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 20  # maximum depth of lists and mappings; PyYAML has no limit and would overflow the stack
# YAML and news feeds can't contain these characters.
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
FENCE = "---"

Location = tuple[Step, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class ContentError:
    """An error in a content file, with its line number and advice on how to correct it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.message}"
        return text.encode(errors="backslashreplace").decode()  # a file name may not be valid UTF-8


class InvalidContent(Exception):
    """The content files have errors and can't be loaded."""

    def __init__(self, errors: Sequence[ContentError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = sorted(errors)


@dataclass(slots=True)
class Source:
    """A parsed content file: its YAML data, the line number of each value, and its text.

    The text is the part after the YAML header.
    """

    file: str
    data: Any = None
    body: str = ""
    body_line: int = 1
    lines: dict[Location, int] = field(default_factory=dict)

    def line_of(self, *path: Step) -> int:
        """Return the line number of the value at `path`, or of the closest enclosing value."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class ErrorCollector:
    """Collects the errors of all content files, so that they can be reported together."""

    def __init__(self) -> None:
        self.collected: list[ContentError] = []

    def add(self, source: Source, path: Sequence[Step], message: str) -> None:
        self.collected.append(ContentError(source.file, source.line_of(*path), message))

    def add_at(self, file: str, line: int, message: str) -> None:
        self.collected.append(ContentError(file, line, message))


def read_text(root: Path, file: str, errors: ErrorCollector) -> str | None:
    """Return the text of a file. If it can't be read, record an error and return None."""
    try:
        raw = (root / file).read_bytes()
    except OSError as error:
        errors.add_at(file, 1, f"can't be read: {error.strerror}")
        return None
    if len(raw) > MAX_FILE_BYTES:
        errors.add_at(file, 1, f"has {len(raw):,} bytes: the maximum is {MAX_FILE_BYTES:,}")
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        errors.add_at(file, raw.count(b"\n", 0, error.start) + 1, "isn't UTF-8: save the file in that encoding")
        return None
    if control := CONTROL_CHARACTER.search(text):
        message = f"contains a control character, U+{ord(control[0]):04X}: remove it"
        errors.add_at(file, text.count("\n", 0, control.start()) + 1, message)
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def read_yaml(root: Path, file: str, errors: ErrorCollector) -> Source | None:
    text = read_text(root, file, errors)
    return None if text is None else _parse(Source(file), text, 1, errors)


def read_front_matter(root: Path, file: str, errors: ErrorCollector) -> Source | None:
    """Read a file that begins with YAML between two lines of `---`. The text after them is its body."""
    text = read_text(root, file, errors)
    if text is None:
        return None
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        errors.add_at(file, 1, "must begin with a line --- and its front matter")
        return None
    end = next((index for index, line in enumerate(lines[1:], start=1) if line.rstrip() == FENCE), None)
    if end is None:
        errors.add_at(file, 1, "the front matter must end with a line ---")
        return None
    body_start = next((index for index, line in enumerate(lines[end + 1 :], start=end + 1) if line.strip()), end + 1)
    source = Source(file, body="\n".join(lines[body_start:]).rstrip("\n") + "\n", body_line=body_start + 1)
    return _parse(source, "\n".join(lines[1:end]), 2, errors)


def texts_at(source: Source, key: str, inner_key: str | None = None) -> list[tuple[Location, str]]:
    """Return the text or the list of texts under `key`, each with its location.

    With `inner_key`, return the texts under that key of each list item. Values of other types are skipped, because
    `validate` reports them.
    """
    value = source.data.get(key) if isinstance(source.data, dict) else None
    entries: list[tuple[Location, Any]] = [((key,), value)]
    if isinstance(value, list):
        entries = [((key, index), item) for index, item in enumerate(value)]
    if inner_key:
        entries = [((*path, inner_key), item.get(inner_key)) for path, item in entries if isinstance(item, dict)]
    return [(path, item) for path, item in entries if isinstance(item, str)]


def validate(source: Source, model: type[Model], errors: ErrorCollector) -> Model | None:
    """Validate the data of a file. Record each error with its line number, and return None if the data is invalid."""
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            errors.add(source, detail["loc"], error_message(detail["loc"], detail, model))
        return None


def _parse(source: Source, text: str, first_line: int, errors: ErrorCollector) -> Source | None:
    loader = yaml.CSafeLoader(text)
    try:
        if not _is_supported(source, text, first_line, errors):
            return None
        node = loader.get_single_node()
        source.data = _ValueBuilder(source, loader, first_line, errors).build(node, ()) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        errors.add_at(source.file, first_line + (mark.line if mark else 0), f"isn't YAML: {error.problem}")
        return None
    finally:
        loader.dispose()
    return source


def _is_supported(source: Source, text: str, first_line: int, errors: ErrorCollector) -> bool:
    """Return whether the YAML is free of anchors, aliases and deep nesting. Record an error for each."""
    count_before, depth = len(errors.collected), 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        mark = event.start_mark
        line = first_line + (mark.line if mark else 0)
        if getattr(event, "anchor", None):
            errors.add_at(source.file, line, "anchors and aliases are not supported: write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            errors.add_at(source.file, line, f"has more than {MAX_DEPTH} nested lists and mappings")
            break
    return len(errors.collected) == count_before


class _ValueBuilder:
    """Converts YAML nodes to plain values, records their line numbers, and reports duplicate keys."""

    def __init__(self, source: Source, loader: Any, first_line: int, errors: ErrorCollector) -> None:
        self._source = source
        self._loader = loader
        self._first_line = first_line
        self._errors = errors

    def build(self, node: yaml.Node, path: Location) -> Any:
        line = node.start_mark.line + self._first_line
        self._source.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError:  # an impossible date, such as 2026-02-30
            return node.value
        except (yaml.YAMLError, IndexError, KeyError, AttributeError):  # values such as !!int "" raise the last three
            self._errors.add_at(self._source.file, line, f"{node.value[:40]!r} is not a readable value: quote it")
            return node.value

    def _pairs(self, node: yaml.MappingNode, path: Location) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + self._first_line
            if not isinstance(key_node, yaml.ScalarNode):
                self._errors.add_at(self._source.file, line, "a key must be a text; a value with braces needs quotes")
                continue
            key = key_node.value
            if key in seen:
                self._errors.add_at(self._source.file, line, f"{key!r} is a duplicate key: remove one")
            seen.add(key)
            self._source.lines[(*path, key)] = line
            yield key, self.build(value_node, (*path, key))
