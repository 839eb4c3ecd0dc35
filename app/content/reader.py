"""Reading and validation of a content directory, such as seed_content/."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from app.content.articles import ArticleReader
from app.content.assessments import ASSESSMENTS, read_questionnaires
from app.content.content import AUTHOR, CATEGORY, CONSENT, SITE, SUPPORT, TOPIC, Content
from app.content.files import AuthorsFile, ConsentsFile, SiteFile, SupportFile, TopicsFile
from app.content.journeys import DAY_FILES, JOURNEY_DIRECTORY, JOURNEY_FILE, read_journey
from app.core.source_files.fields import ContentModel
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import ErrorCollector, InvalidContent, read_yaml, texts_at, validate

YAML_FILES = ("site.yaml", "consents.yaml", "authors.yaml", "topics.yaml", "support.yaml")
ARTICLES = "articles"
UNIQUE_KEYS = {  # for each file: list, key field, kind of content, and advice on duplicates
    "consents.yaml": (("consents", "purpose", CONSENT, "keep only the current version"),),
    "authors.yaml": (("authors", "slug", AUTHOR, "give each author a unique slug"),),
    "topics.yaml": (
        ("categories", "slug", CATEGORY, "give each category a unique slug"),
        ("topics", "slug", TOPIC, "give each topic a unique slug"),
    ),
    "support.yaml": (("lines", "id", SUPPORT, "give each line a unique id"),),
}

File = TypeVar("File", bound=ContentModel)
Track = Callable[[Sequence[str]], Iterable[str]]


def read_content(root: Path, *, track: Track = iter) -> Content:
    """Read and check a content directory.

    `track` wraps the list of article files, for example to show progress. Raise InvalidContent with the errors of all
    files.
    """
    errors = ErrorCollector()
    if not root.is_dir():
        errors.add_at(str(root), 1, "isn't a directory: pass the directory that contains site.yaml")
        raise InvalidContent(errors.collected)
    _reject_unknown_files(root, errors)
    content = Content()
    site = _read_file(root, "site.yaml", SiteFile, content, errors)
    _add_site(content, site)
    _add_consents(content, _read_file(root, "consents.yaml", ConsentsFile, content, errors))
    _add_authors(content, _read_file(root, "authors.yaml", AuthorsFile, content, errors))
    _add_topics(content, _read_file(root, "topics.yaml", TopicsFile, content, errors))
    _add_support(content, _read_file(root, "support.yaml", SupportFile, content, errors))

    reader = ArticleReader(root, content, errors, site=site)
    for file in track(_content_files(root, ARTICLES, ".md")):
        reader.read(file)
    read_journey(root, content, errors)
    read_questionnaires(root, _content_files(root, ASSESSMENTS, ".yaml"), content, errors)
    if errors.collected:
        raise InvalidContent(errors.collected)
    return content


def _read_file(root: Path, file: str, shape: type[File], content: Content, errors: ErrorCollector) -> File | None:
    """Read and validate a YAML file. Return its data, or None if it has errors.

    If the file can be parsed, the line numbers of its entries are recorded in `content`, even if it has errors.
    """
    if not (root / file).is_file():
        errors.add_at(file, 1, "is missing")
        return None
    source = read_yaml(root, file, errors)
    if source is None:
        return None
    for part, key, kind, remedy in UNIQUE_KEYS.get(file, ()):
        known = content.entry_lines.setdefault(kind.name, {})
        for path, name in texts_at(source, part, key):
            if name in known:
                errors.add(source, path, f"{name!r} appears twice: {remedy}")
            known.setdefault(name, source.line_of(*path))
    return validate(source, shape, errors)


def _reject_unknown_files(root: Path, errors: ErrorCollector) -> None:
    """Report files with unknown names, which are probably misplaced or misspelled."""
    known = {*YAML_FILES, ARTICLES, ASSESSMENTS, JOURNEY_DIRECTORY}
    for path in sorted(root.iterdir()):
        if path.name not in known and not _is_hidden(path):
            errors.add_at(path.name, 1, f"is unknown{did_you_mean(path.name, sorted(known))}")
    if not (root / ARTICLES).is_dir():
        errors.add_at(ARTICLES, 1, "is missing: create this directory for the articles")
    for name in _unexpected_files(root, ARTICLES, ".md"):
        errors.add_at(name, 1, "is unknown: articles are files that end with .md")
    if (root / ASSESSMENTS).is_file():
        errors.add_at(ASSESSMENTS, 1, "must be a directory with one file per questionnaire")
    for name in _unexpected_files(root, ASSESSMENTS, ".yaml"):
        errors.add_at(name, 1, "is unknown: questionnaires are files that end with .yaml")
    if (root / JOURNEY_DIRECTORY).is_file():
        errors.add_at(JOURNEY_DIRECTORY, 1, "must be a directory with journey.yaml and one file per day")
    journey_files = {JOURNEY_FILE, *DAY_FILES.values()}
    for path in _visible_files(root / JOURNEY_DIRECTORY):
        if (name := f"{JOURNEY_DIRECTORY}/{path.name}") not in journey_files:
            errors.add_at(name, 1, f"is unknown{did_you_mean(name, sorted(journey_files))}")


def _content_files(root: Path, directory: str, suffix: str) -> list[str]:
    """Return the files with this suffix in a directory, as paths relative to the content directory."""
    return [
        f"{directory}/{path.name}"
        for path in _visible_files(root / directory)
        if path.suffix == suffix and path.is_file()
    ]


def _unexpected_files(root: Path, directory: str, suffix: str) -> list[str]:
    expected = _content_files(root, directory, suffix)
    return [name for path in _visible_files(root / directory) if (name := f"{directory}/{path.name}") not in expected]


def _visible_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*") if not _is_hidden(path))


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
    for kind, entries in ((CATEGORY, file.categories), (TOPIC, file.topics)) if file else ():
        for entry in entries:
            content.rows[kind.name][entry.slug,] = entry.model_dump(exclude={"slug"})


def _add_support(content: Content, file: SupportFile | None) -> None:
    """Add the help lines to the content in the order of the file, with international lines last."""
    lines = sorted(file.lines if file else (), key=lambda line: line.country is None)
    for position, line in enumerate(lines):
        content.rows[SUPPORT.name][line.id,] = {**line.model_dump(exclude={"id"}), "position": position}
