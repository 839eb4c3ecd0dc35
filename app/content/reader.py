"""Reads a folder of content as a whole and finds everything that is wrong with it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from app.content.articles import ArticleReader
from app.content.assessments import ASSESSMENTS, read_questionnaires
from app.content.content import AUTHOR, CATEGORY, CONSENT, SITE, SUPPORT, TOPIC, Content
from app.content.files import AuthorsFile, ConsentsFile, SiteFile, SupportFile, TopicsFile
from app.content.journeys import DAYS, FILE, JOURNEY, read_journey
from app.core.source_files.fields import Shape
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import ContentFaults, FaultCollector, read_yaml, texts, validated

FILES = ("site.yaml", "consents.yaml", "authors.yaml", "topics.yaml", "support.yaml")
ARTICLES = "articles"
LISTS = {  # what entries are told apart by
    "consents.yaml": (("consents", "purpose", CONSENT, "keep the version that is asked for now"),),
    "authors.yaml": (("authors", "slug", AUTHOR, "give each author their own"),),
    "topics.yaml": (
        ("categories", "slug", CATEGORY, "give each category its own"),
        ("topics", "slug", TOPIC, "give each topic its own"),
    ),
    "support.yaml": (("lines", "id", SUPPORT, "give each line its own"),),
}

File = TypeVar("File", bound=Shape)
Track = Callable[[Sequence[str]], Iterable[str]]


def read_content(root: Path, *, track: Track = iter) -> Content:
    """The content of a folder, checked. `track` is handed the article files, to show how far it got.

    Raises ContentFaults with all faults at once.
    """
    faults = FaultCollector()
    if not root.is_dir():
        faults.at(str(root), 1, "isn't a folder: name the one that holds site.yaml")
        raise ContentFaults(faults.found)
    _refuse_strangers(root, faults)
    content = Content()
    site = _read(root, "site.yaml", SiteFile, content, faults)
    _add_site(content, site)
    _add_consents(content, _read(root, "consents.yaml", ConsentsFile, content, faults))
    _add_authors(content, _read(root, "authors.yaml", AuthorsFile, content, faults))
    _add_topics(content, _read(root, "topics.yaml", TopicsFile, content, faults))
    _add_support(content, _read(root, "support.yaml", SupportFile, content, faults))

    reader = ArticleReader(root, content, faults, site=site)
    for file in track(_named(root, ARTICLES, ".md")):
        reader.read(file)
    read_journey(root, content, faults)
    read_questionnaires(root, _named(root, ASSESSMENTS, ".yaml"), content, faults)
    if faults.found:
        raise ContentFaults(faults.found)
    return content


def _read(root: Path, file: str, shape: type[File], content: Content, faults: FaultCollector) -> File | None:
    """A file's data, if nothing is wrong with it; where its entries' names stand is noted in any case."""
    if not (root / file).is_file():
        faults.at(file, 1, "is missing")
        return None
    source = read_yaml(root, file, faults)
    if source is None:
        return None
    for part, key, kind, advice in LISTS.get(file, ()):
        known = content.lines.setdefault(kind.name, {})
        for path, name in texts(source, part, key):
            if name in known:
                faults.add(source, path, f"{name!r} stands here twice: {advice}")
            known.setdefault(name, source.line(*path))
    return validated(source, shape, faults)


def _refuse_strangers(root: Path, faults: FaultCollector) -> None:
    """A file that nobody reads is likely a file in the wrong place."""
    known = {*FILES, ARTICLES, ASSESSMENTS, JOURNEY}
    for path in sorted(root.iterdir()):
        if path.name not in known and not _is_hidden(path):
            faults.at(path.name, 1, f"isn't read{did_you_mean(path.name, sorted(known))}")
    if not (root / ARTICLES).is_dir():
        faults.at(ARTICLES, 1, "is missing: the folder of the articles")
    for name in _strangers(root, ARTICLES, ".md"):
        faults.at(name, 1, "isn't read: an article is a file that ends with .md")
    if (root / ASSESSMENTS).is_file():
        faults.at(ASSESSMENTS, 1, "must be a folder, with one file for each questionnaire")
    for name in _strangers(root, ASSESSMENTS, ".yaml"):
        faults.at(name, 1, "isn't read: a questionnaire is a file that ends with .yaml")
    if (root / JOURNEY).is_file():
        faults.at(JOURNEY, 1, "must be a folder, with journey.yaml and one file for each day")
    read = {FILE, *DAYS.values()}
    for path in _visible(root / JOURNEY):
        if (name := f"{JOURNEY}/{path.name}") not in read:
            faults.at(name, 1, f"isn't read{did_you_mean(name, sorted(read))}")


def _named(root: Path, folder: str, ending: str) -> list[str]:
    """The files of a folder that are read."""
    return [f"{folder}/{path.name}" for path in _visible(root / folder) if path.suffix == ending and path.is_file()]


def _strangers(root: Path, folder: str, ending: str) -> list[str]:
    read = _named(root, folder, ending)
    return [name for path in _visible(root / folder) if (name := f"{folder}/{path.name}") not in read]


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if not _is_hidden(path))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith("~")


def _add_site(content: Content, site: SiteFile | None) -> None:
    if site:
        content.rows[SITE.name][(1,)] = site.model_dump()


def _add_consents(content: Content, file: ConsentsFile | None) -> None:
    for consent in file.consents if file else ():
        row = consent.model_dump(exclude={"purpose", "version"})
        content.rows[CONSENT.name][consent.purpose, consent.version] = row


def _add_authors(content: Content, file: AuthorsFile | None) -> None:
    for author in file.authors if file else ():
        row = author.model_dump(exclude={"slug", "avatar"})
        row |= {"initial": author.avatar.initial, "avatar_url": author.avatar.url}
        content.rows[AUTHOR.name][author.slug,] = row


def _add_topics(content: Content, file: TopicsFile | None) -> None:
    for kind, filings in ((CATEGORY, file.categories), (TOPIC, file.topics)) if file else ():
        for filing in filings:
            content.rows[kind.name][filing.slug,] = filing.model_dump(exclude={"slug"})


def _add_support(content: Content, file: SupportFile | None) -> None:
    """Lines in the order of the file, those for everywhere after all others."""
    lines = sorted(file.lines if file else (), key=lambda line: line.country is None)
    for position, line in enumerate(lines):
        content.rows[SUPPORT.name][line.id,] = {**line.model_dump(exclude={"id"}), "position": position}
