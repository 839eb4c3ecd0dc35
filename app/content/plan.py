"""What a load would do: the difference between a folder and the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.assessments.rules.definition import digest_of
from app.content.assessments import KIND, StoredAssessment, differing, stored_assessments
from app.content.content import CONSENT, KINDS, ArticleContent, Content, Key, Kind
from app.content.journeys import KIND as JOURNEY
from app.content.journeys import StoredJourney, lost_tasks, stored_journeys
from app.content.journeys import differing as differing_parts
from app.content.journeys import digest_of as journey_digest
from app.content.stored import StoredArticle, article_contents, former_slugs, stored_articles, stored_rows
from app.core.markdown.rendering import RENDERING
from app.core.source_files.sources import ContentFaults, Fault

RENDERED_ANEW = f"rendering {RENDERING}"


class Action(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    RENAMED = "renamed"
    UNPUBLISHED = "unpublished"


@dataclass(frozen=True, slots=True)
class ContentChange:
    """One thing that differs. `fields` are those that changed; `was` is the slug before a renaming."""

    kind: str
    name: str
    action: Action
    fields: tuple[str, ...] = ()
    was: str | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    kind: Kind
    key: Key
    values: dict[str, Any]
    is_new: bool
    changed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Plan:
    """Everything that a load would write, and how to say it."""

    changes: list[ContentChange] = field(default_factory=list)
    rows: list[RowChange] = field(default_factory=list)
    articles: list[tuple[ArticleContent, StoredArticle | None]] = field(default_factory=list)
    unpublished: list[UUID] = field(default_factory=list)
    assessments: list[tuple[str, dict[str, Any], StoredAssessment | None]] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    journeys: list[tuple[str, dict[str, Any], bool]] = field(default_factory=list)
    unlisted_journeys: list[str] = field(default_factory=list)


def plan_load(session: Session, content: Content, *, force: bool = False) -> Plan:
    """Compare a checked folder with what is stored.

    Raises ContentFaults where a text that people agreed to would change, or, unless forced, a task of the journey would
    go that members may have ticked.
    """
    plan = Plan()
    for kind in KINDS:
        _plan_rows(plan, kind, content.rows[kind.name], stored_rows(session, kind))
    _refuse_other_words(plan, content)
    _plan_articles(plan, session, content.articles)
    _plan_assessments(plan, content.assessments, stored_assessments(session))
    _plan_journeys(plan, session, content.journeys, force=force)
    return plan


def _refuse_other_words(plan: Plan, content: Content) -> None:
    """People agreed to the words of a version: they stay as they are."""
    agreed = [
        row.key for row in plan.rows if row.kind is CONSENT and not row.is_new and row.changed & {"title", "text"}
    ]
    if agreed:
        raise ContentFaults(
            [
                Fault(
                    "consents.yaml",
                    content.lines[CONSENT.name][purpose],
                    f"version {version!r} of {purpose} has been published with other words: give these a new version",
                )
                for purpose, version in agreed
            ]
        )


def _plan_rows(plan: Plan, kind: Kind, wanted: dict[Key, dict[str, Any]], stored: dict[Key, dict[str, Any]]) -> None:
    shown = {kind.shown: True} if kind.shown else {}
    for key, row in wanted.items():
        values = row | shown
        before = stored.get(key)
        changed = [name for name in values if before is not None and before[name] != values[name]]
        if before is None or changed:
            plan.rows.append(RowChange(kind, key, values, is_new=before is None, changed=frozenset(changed)))
            action = Action.CREATED if before is None else Action.CHANGED
            plan.changes.append(ContentChange(kind.name, _name(key), action, tuple(changed)))
    for key, row in stored.items():
        if key not in wanted and kind.shown and row[kind.shown]:
            plan.rows.append(RowChange(kind, key, {kind.shown: False}, is_new=False))
            plan.changes.append(ContentChange(kind.name, _name(key), Action.UNPUBLISHED))


def _plan_articles(plan: Plan, session: Session, wanted: dict[str, ArticleContent]) -> None:
    stored = {article.slug: article for article in stored_articles(session)}
    renamed = _renamed(wanted, stored, former_slugs(session))
    kept: set[UUID] = set()
    for slug, article in wanted.items():
        before = stored.get(renamed.get(slug, slug))
        if before:
            kept.add(before.id)
        change = _article_change(session, article, before)
        if change:
            plan.articles.append((article, before))
            plan.changes.append(change)
    for before in stored.values():
        if before.id not in kept and before.status != "unpublished":
            plan.unpublished.append(before.id)
            plan.changes.append(ContentChange("article", before.slug, Action.UNPUBLISHED))


def _renamed(
    wanted: dict[str, ArticleContent], stored: dict[str, StoredArticle], known: Mapping[str, UUID]
) -> dict[str, str]:
    """The slugs that are new names, each with the one that its article is stored under.

    A former slug that is news says so, unless its article keeps that slug or the new one is another article's:
    articles may change slugs with each other or pass them on in a chain, all in one load.
    """
    renamed: dict[str, str] = {}
    for slug, article in wanted.items():
        owner = stored[slug].id if slug in stored else None
        news = [
            former
            for former in article.former_slugs
            if former in stored and (former not in known or known[former] != owner)
        ]
        if news:
            renamed[slug] = min(news, key=lambda former: former in known)
    while True:
        left = set(renamed.values())
        kept = {
            slug: was
            for slug, was in renamed.items()
            if (was in renamed or was not in wanted) and (slug in left or slug not in stored)
        }
        if len(kept) == len(renamed):
            return renamed
        renamed = kept


def _article_change(session: Session, article: ArticleContent, before: StoredArticle | None) -> ContentChange | None:
    if before is None:
        return ContentChange("article", article.slug, Action.CREATED)
    is_renamed = before.slug != article.slug
    is_redated = article.updated_at is not None and article.updated_at != before.updated_at
    if not is_renamed and not is_redated and article.digest() == before.digest:
        return None
    [stored] = article_contents(session, [before.id])
    fields = tuple(article.differences(stored)) or (() if is_renamed else (RENDERED_ANEW,))
    if is_renamed:
        return ContentChange("article", article.slug, Action.RENAMED, fields, was=before.slug)
    return ContentChange("article", article.slug, Action.CHANGED, fields)


def _plan_assessments(plan: Plan, wanted: Mapping[str, dict[str, Any]], stored: Mapping[str, StoredAssessment]) -> None:
    """A definition that says something else is a new version; one that comes back as it was is listed again."""
    for slug, definition in wanted.items():
        before = stored.get(slug)
        if before is None:
            change = ContentChange(KIND, slug, Action.CREATED)
        elif before.digest != digest_of(definition):
            change = ContentChange(KIND, slug, Action.CHANGED, tuple(differing(definition, before.definition)))
        elif not before.is_listed:
            change = ContentChange(KIND, slug, Action.CHANGED, ("is_listed",))
        else:
            continue
        plan.assessments.append((slug, definition, before))
        plan.changes.append(change)
    for slug, before in stored.items():
        if slug not in wanted and before.is_listed:
            plan.unlisted.append(slug)
            plan.changes.append(ContentChange(KIND, slug, Action.UNPUBLISHED))


def _plan_journeys(plan: Plan, session: Session, wanted: Mapping[str, dict[str, Any]], *, force: bool) -> None:
    stored: Mapping[str, StoredJourney] = stored_journeys(session)
    faults: list[Fault] = []
    for slug, definition in wanted.items():
        before = stored.get(slug)
        if before is None:
            change = ContentChange(JOURNEY, slug, Action.CREATED)
        elif before.digest != journey_digest(definition):
            parts = tuple(differing_parts(definition, before.definition))
            change = ContentChange(JOURNEY, slug, Action.CHANGED, parts or (RENDERED_ANEW,))
            faults += [] if force else lost_tasks(session, slug, definition, before.definition)
        elif not before.is_listed:
            change = ContentChange(JOURNEY, slug, Action.CHANGED, ("is_listed",))
        else:
            continue
        plan.journeys.append((slug, definition, before is None))
        plan.changes.append(change)
    if faults:
        raise ContentFaults(faults)
    for slug, before in stored.items():
        if slug not in wanted and before.is_listed:
            plan.unlisted_journeys.append(slug)
            plan.changes.append(ContentChange(JOURNEY, slug, Action.UNPUBLISHED))


def _name(key: Key) -> str:
    return " ".join(part for part in key if isinstance(part, str))
