"""Reads a folder of content as a whole and finds everything that is wrong with it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.seed.articles import ArticleReader
from app.seed.content import AUTHOR, CATEGORY, CONSENT, SITE, SUPPORT, TOPIC, Content, Kind
from app.seed.files import AuthorsFile, ConsentsFile, Shape, SiteFile, SupportFile, TopicsFile
from app.seed.sources import Fault, Faults, Source, did_you_mean, read_yaml, validated

FILES = ("site.yaml", "consents.yaml", "authors.yaml", "topics.yaml", "support.yaml")
ARTICLES = "articles"

File = TypeVar("File", bound=Shape)
Track = Callable[[Sequence[str]], Iterable[str]]


class ContentFaults(Exception):
    """The folder can't be loaded; `faults` has every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = sorted(faults)


def read_content(root: Path, *, track: Track = iter) -> Content:
    """The content of a folder, checked. `track` is handed the article files, to show how far it got.

    Raises ContentFaults with all faults at once.
    """
    faults = Faults()
    if not root.is_dir():
        faults.at(str(root), 1, "isn't a folder: name the one that holds site.yaml")
        raise ContentFaults(faults.found)
    _refuse_strangers(root, faults)
    content = Content()
    site = _read(root, "site.yaml", SiteFile, faults)
    _add_site(content, site)
    _add_consents(content, _read(root, "consents.yaml", ConsentsFile, faults), faults)
    _add_authors(content, _read(root, "authors.yaml", AuthorsFile, faults), faults)
    _add_topics(content, _read(root, "topics.yaml", TopicsFile, faults), faults)
    _add_support(content, _read(root, "support.yaml", SupportFile, faults), faults)

    reader = ArticleReader(
        root, content, faults, site=site and site[1], zone=ZoneInfo(site[1].time_zone if site else "UTC")
    )
    files = sorted(f"{ARTICLES}/{path.name}" for path in (root / ARTICLES).glob("*.md") if not _is_hidden(path))
    for file in track(files):
        reader.read(file)
    if faults.found:
        raise ContentFaults(faults.found)
    return content


def _read(root: Path, file: str, shape: type[File], faults: Faults) -> tuple[Source, File] | None:
    if not (root / file).is_file():
        faults.at(file, 1, "is missing")
        return None
    source = read_yaml(root, file, faults)
    data = validated(source, shape, faults) if source else None
    return (source, data) if source and data else None


def _refuse_strangers(root: Path, faults: Faults) -> None:
    """A file that nobody reads is likely a file in the wrong place."""
    known = {*FILES, ARTICLES}
    for path in sorted(root.iterdir()):
        if path.name not in known and not _is_hidden(path):
            faults.at(path.name, 1, f"isn't read{did_you_mean(path.name, sorted(known))}")
    if not (root / ARTICLES).is_dir():
        faults.at(ARTICLES, 1, "is missing: the folder of the articles")
        return
    for path in sorted((root / ARTICLES).iterdir()):
        if path.suffix != ".md" and not _is_hidden(path):
            faults.at(f"{ARTICLES}/{path.name}", 1, "isn't read: an article is a file that ends with .md")


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith("~")


def _add_site(content: Content, read: tuple[Source, SiteFile] | None) -> None:
    if read:
        content.rows[SITE.name][(1,)] = read[1].model_dump()


def _add_consents(content: Content, read: tuple[Source, ConsentsFile] | None, faults: Faults) -> None:
    if not read:
        return
    source, file = read
    purposes: set[str] = set()
    for n, consent in enumerate(file.consents):
        if consent.purpose in purposes:
            message = f"{consent.purpose} is asked for twice: keep the version that is asked for now"
            faults.add(source, ("consents", n, "purpose"), message)
        purposes.add(consent.purpose)
        row = consent.model_dump(exclude={"purpose", "version"})
        content.rows[CONSENT.name][consent.purpose, consent.version] = row


def _add_authors(content: Content, read: tuple[Source, AuthorsFile] | None, faults: Faults) -> None:
    if not read:
        return
    source, file = read
    for n, author in enumerate(file.authors):
        row = author.model_dump(exclude={"slug", "avatar"})
        row |= {"initial": author.avatar.initial, "avatar_url": author.avatar.url}
        _add(content, AUTHOR, author.slug, row, faults, source, ("authors", n, "slug"))


def _add_topics(content: Content, read: tuple[Source, TopicsFile] | None, faults: Faults) -> None:
    if not read:
        return
    source, file = read
    for part, kind, filings in (("categories", CATEGORY, file.categories), ("topics", TOPIC, file.topics)):
        for n, filing in enumerate(filings):
            row = filing.model_dump(exclude={"slug"})
            _add(content, kind, filing.slug, row, faults, source, (part, n, "slug"))


def _add_support(content: Content, read: tuple[Source, SupportFile] | None, faults: Faults) -> None:
    """Lines in the order of the file, those for everywhere after all others."""
    if not read:
        return
    source, file = read
    ordered = sorted(enumerate(file.lines), key=lambda item: item[1].country is None)
    for position, (n, line) in enumerate(ordered):
        row = {**line.model_dump(exclude={"id"}), "position": position}
        _add(content, SUPPORT, line.id, row, faults, source, ("lines", n, "id"))


def _add(
    content: Content,
    kind: Kind,
    key: str,
    row: dict[str, Any],
    faults: Faults,
    source: Source,
    path: tuple[str | int, ...],
) -> None:
    rows = content.rows[kind.name]
    if (key,) in rows:
        faults.add(source, path, f"{key!r} stands here twice: give each {kind.name} its own")
    rows[key,] = row
