"""Files read with their line numbers, and what is wrong in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

MOST_BYTES = 1_000_000  # of one file
FENCE = "---"

Step = str | int
Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, where it is, and what would be right."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class Source:
    """A file's data with the line of each of its parts, and the text below a front matter."""

    file: str
    data: Any = None
    body: str = ""
    body_line: int = 1
    lines: dict[tuple[Step, ...], int] = field(default_factory=dict)

    def line(self, *path: Step) -> int:
        """The line of a part, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class Faults:
    """Collects what is wrong, so that all of it can be said at once."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, source: Source, path: Sequence[Step], message: str) -> None:
        self.found.append(Fault(source.file, source.line(*path), message))

    def at(self, file: str, line: int, message: str) -> None:
        self.found.append(Fault(file, line, message))


def read_text(root: Path, file: str, faults: Faults) -> str | None:
    """A file as text; what can't be read is a fault."""
    raw = (root / file).read_bytes()
    if len(raw) > MOST_BYTES:
        faults.at(file, 1, f"has {len(raw):,} bytes: at most {MOST_BYTES:,} are read")
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        faults.at(file, raw.count(b"\n", 0, error.start) + 1, "isn't UTF-8: save the file in that encoding")
        return None
    if "\0" in text:
        faults.at(file, text.count("\n", 0, text.index("\0")) + 1, "holds a NUL character: remove it")
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def read_yaml(root: Path, file: str, faults: Faults) -> Source | None:
    text = read_text(root, file, faults)
    return None if text is None else _parsed(Source(file), text, 1, faults)


def read_front_matter(root: Path, file: str, faults: Faults) -> Source | None:
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
    source = Source(file, body="\n".join(lines[end + 1 :]).strip("\n") + "\n")
    blank = next((n for n, line in enumerate(lines[end + 1 :]) if line.strip()), 0)
    source.body_line = end + 2 + blank
    return _parsed(source, "\n".join(lines[1:end]), 2, faults)


def validated(source: Source, shape: type[Shape], faults: Faults) -> Shape | None:
    """The data in a shape; each of its errors becomes a fault with the line it is on."""
    try:
        return shape.model_validate(source.data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            path = [step for step in each["loc"] if step != "function-after"]
            faults.add(source, path, _message(path, each, shape))
        return None


def _parsed(source: Source, text: str, first_line: int, faults: Faults) -> Source | None:
    before = len(faults.found)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        source.data = _Builder(source, loader, first_line, faults).build(node, ()) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        faults.at(source.file, first_line + (mark.line if mark else 0), f"isn't YAML: {error.problem}")
    except (yaml.YAMLError, RecursionError):
        faults.at(source.file, first_line, "isn't YAML that can be read here")
    finally:
        loader.dispose()
    return source if len(faults.found) == before else None


class _Builder:
    """Turns YAML's nodes into plain values, noting lines; repeated keys and aliases are faults."""

    def __init__(self, source: Source, loader: Any, first_line: int, faults: Faults) -> None:
        self._source = source
        self._loader = loader
        self._first_line = first_line
        self._faults = faults
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: tuple[Step, ...]) -> Any:
        line = node.start_mark.line + self._first_line
        self._source.lines.setdefault(path, line)
        if id(node) in self._seen:
            self._faults.at(self._source.file, line, "anchors and aliases aren't used here: write it out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, n)) for n, child in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._faults.at(self._source.file, line, f"{node.value[:40]!r} isn't a value that can be read: quote it")
            return None

    def _pairs(self, node: yaml.MappingNode, path: tuple[Step, ...]) -> Iterator[tuple[str, Any]]:
        known: set[str] = set()
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + self._first_line
            if key in known:
                self._faults.at(self._source.file, line, f"{key!r} stands here twice: keep one")
            known.add(key)
            self._source.lines[(*path, key)] = line
            yield key, self.build(value_node, (*path, key))


def _message(path: Sequence[Step], error: Any, shape: type[BaseModel]) -> str:
    name = ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
    match error["type"]:
        case "missing":
            return f"{name} is missing"
        case "extra_forbidden":
            return f"{name} isn't known here{did_you_mean(str(path[-1]), _names(shape, path[:-1]))}"
        case "string_type":
            return f"{name} must be a text; put it in quotes"
        case "value_error":
            return f"{name} {error['ctx']['error']}"
        case "enum" | "literal_error":
            return f"{name} must be one of {error['ctx']['expected']}"
        case _:
            message = error["msg"]
            return f"{name}: {message[0].lower()}{message[1:]}" if name else message


def _names(shape: Any, path: Sequence[Step]) -> list[str]:
    """The field names that a shape has at this path."""
    for step in path:
        if isinstance(step, str):
            annotation = shape.model_fields[step].annotation
            models = [
                each for each in (annotation, *getattr(annotation, "__args__", ())) if hasattr(each, "model_fields")
            ]
            if not models:
                return []
            shape = models[0]
    return list(shape.model_fields)


def did_you_mean(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
