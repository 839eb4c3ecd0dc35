"""The plan of a content load: all differences between content files and the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.assessments.rules.definition import definition_digest
from app.content.assessments import KIND, StoredAssessment, changed_parts, stored_assessments
from app.content.content import CONSENT, KINDS, ArticleContent, Content, Kind, RowKey
from app.content.journeys import KIND as JOURNEY
from app.content.journeys import (
    StoredJourney,
    changed_journey_parts,
    journey_digest,
    removed_tasks,
    stored_journeys,
)
from app.content.stored import StoredArticle, article_contents, former_slugs, stored_articles, stored_rows
from app.core.markdown.rendering import RENDERER_VERSION
from app.core.source_files.sources import ContentError, InvalidContent

RENDERING_CHANGED = f"rendering {RENDERER_VERSION}"


class Action(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    RENAMED = "renamed"
    UNPUBLISHED = "unpublished"


@dataclass(frozen=True, slots=True)
class ContentChange:
    """A change to one entry of the content, for display. `fields` contains the names of the changed fields."""

    kind: str
    name: str
    action: Action
    fields: tuple[str, ...] = ()
    previous_slug: str | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    kind: Kind
    key: RowKey
    values: dict[str, Any]
    is_new: bool
    changed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Plan:
    """All database rows that a content load would write, and the list of changes to display."""

    changes: list[ContentChange] = field(default_factory=list)
    rows: list[RowChange] = field(default_factory=list)
    articles: list[tuple[ArticleContent, StoredArticle | None]] = field(default_factory=list)
    unpublished: list[UUID] = field(default_factory=list)
    assessments: list[tuple[str, dict[str, Any], StoredAssessment | None]] = field(default_factory=list)
    unlisted_assessments: list[str] = field(default_factory=list)
    journeys: list[tuple[str, dict[str, Any], bool]] = field(default_factory=list)
    unlisted_journeys: list[str] = field(default_factory=list)


def plan_load(session: Session, content: Content, *, force: bool = False) -> Plan:
    """Compare content with the database, and return the changes that a load would make.

    Raise InvalidContent if the text of a published consent version was edited. Without `force`, also raises it if a
    task was removed that members may have completed.
    """
    plan = Plan()
    for kind in KINDS:
        _plan_rows(plan, kind, content.rows[kind.name], stored_rows(session, kind))
    _reject_changed_consent_texts(plan, content)
    _plan_articles(plan, session, content.articles)
    _plan_assessments(plan, content.assessments, stored_assessments(session))
    _plan_journeys(plan, session, content.journeys, force=force)
    return plan


def _reject_changed_consent_texts(plan: Plan, content: Content) -> None:
    """Raise InvalidContent if a published version of a consent text was edited.

    Members have agreed to that exact text, so an edit needs a new version.
    """
    rejected = [
        row.key for row in plan.rows if row.kind is CONSENT and not row.is_new and row.changed & {"title", "text"}
    ]
    if rejected:
        raise InvalidContent(
            [
                ContentError(
                    "consents.yaml",
                    content.entry_lines[CONSENT.name][purpose],
                    f"version {version!r} of {purpose} was published with another text: use a new version",
                )
                for purpose, version in rejected
            ]
        )


def _plan_rows(
    plan: Plan, kind: Kind, desired: dict[RowKey, dict[str, Any]], stored: dict[RowKey, dict[str, Any]]
) -> None:
    listed = {kind.listed_column: True} if kind.listed_column else {}
    for key, row in desired.items():
        values = row | listed
        current = stored.get(key)
        changed = [name for name in values if current is not None and current[name] != values[name]]
        if current is None or changed:
            plan.rows.append(RowChange(kind, key, values, is_new=current is None, changed=frozenset(changed)))
            action = Action.CREATED if current is None else Action.CHANGED
            plan.changes.append(ContentChange(kind.name, _display_name(key), action, tuple(changed)))
    for key, row in stored.items():
        if key not in desired and kind.listed_column and row[kind.listed_column]:
            plan.rows.append(RowChange(kind, key, {kind.listed_column: False}, is_new=False))
            plan.changes.append(ContentChange(kind.name, _display_name(key), Action.UNPUBLISHED))


def _plan_articles(plan: Plan, session: Session, desired: dict[str, ArticleContent]) -> None:
    stored = {article.slug: article for article in stored_articles(session)}
    renamed = _find_renames(desired, stored, former_slugs(session))
    desired_ids: set[UUID] = set()
    for slug, article in desired.items():
        current = stored.get(renamed.get(slug, slug))
        if current:
            desired_ids.add(current.id)
        change = _article_change(session, article, current)
        if change:
            plan.articles.append((article, current))
            plan.changes.append(change)
    for current in stored.values():
        if current.id not in desired_ids and current.status != "unpublished":
            plan.unpublished.append(current.id)
            plan.changes.append(ContentChange("article", current.slug, Action.UNPUBLISHED))


def _find_renames(
    desired: dict[str, ArticleContent], stored: dict[str, StoredArticle], former_slug_owners: Mapping[str, UUID]
) -> dict[str, str]:
    """Return a mapping from the new slug of each renamed article to its stored slug.

    An article counts as renamed if `former_slugs` newly contains the slug of a stored article. It doesn't count if
    another article still has the former slug, or already has the new one. In one load, articles can also exchange their
    slugs.
    """
    renamed: dict[str, str] = {}
    for slug, article in desired.items():
        owner = stored[slug].id if slug in stored else None
        candidates = [
            former
            for former in article.former_slugs
            if former in stored and (former not in former_slug_owners or former_slug_owners[former] != owner)
        ]
        if candidates:
            renamed[slug] = min(candidates, key=lambda former: former in former_slug_owners)
    while True:
        freed_slugs = set(renamed.values())
        valid = {
            slug: old_slug
            for slug, old_slug in renamed.items()
            if (old_slug in renamed or old_slug not in desired) and (slug in freed_slugs or slug not in stored)
        }
        if len(valid) == len(renamed):
            return renamed
        renamed = valid


def _article_change(session: Session, article: ArticleContent, current: StoredArticle | None) -> ContentChange | None:
    if current is None:
        return ContentChange("article", article.slug, Action.CREATED)
    is_renamed = current.slug != article.slug
    is_redated = article.updated_at is not None and article.updated_at != current.updated_at
    if not is_renamed and not is_redated and article.digest() == current.digest:
        return None
    [stored] = article_contents(session, [current.id])
    fields = tuple(article.changed_fields(stored)) or (() if is_renamed else (RENDERING_CHANGED,))
    if is_renamed:
        return ContentChange("article", article.slug, Action.RENAMED, fields, previous_slug=current.slug)
    return ContentChange("article", article.slug, Action.CHANGED, fields)


def _plan_assessments(
    plan: Plan, desired: Mapping[str, dict[str, Any]], stored: Mapping[str, StoredAssessment]
) -> None:
    """Plan new versions of changed questionnaires, and which questionnaires to list or unlist."""
    for slug, definition in desired.items():
        current = stored.get(slug)
        if current is None:
            change = ContentChange(KIND, slug, Action.CREATED)
        elif current.digest != definition_digest(definition):
            change = ContentChange(KIND, slug, Action.CHANGED, tuple(changed_parts(definition, current.definition)))
        elif not current.is_listed:
            change = ContentChange(KIND, slug, Action.CHANGED, ("is_listed",))
        else:
            continue
        plan.assessments.append((slug, definition, current))
        plan.changes.append(change)
    for slug, current in stored.items():
        if slug not in desired and current.is_listed:
            plan.unlisted_assessments.append(slug)
            plan.changes.append(ContentChange(KIND, slug, Action.UNPUBLISHED))


def _plan_journeys(plan: Plan, session: Session, desired: Mapping[str, dict[str, Any]], *, force: bool) -> None:
    stored: Mapping[str, StoredJourney] = stored_journeys(session)
    errors: list[ContentError] = []
    for slug, definition in desired.items():
        current = stored.get(slug)
        if current is None:
            change = ContentChange(JOURNEY, slug, Action.CREATED)
        elif current.digest != journey_digest(definition):
            parts = tuple(changed_journey_parts(definition, current.definition))
            change = ContentChange(JOURNEY, slug, Action.CHANGED, parts or (RENDERING_CHANGED,))
            errors += [] if force else removed_tasks(session, slug, definition, current.definition)
        elif not current.is_listed:
            change = ContentChange(JOURNEY, slug, Action.CHANGED, ("is_listed",))
        else:
            continue
        plan.journeys.append((slug, definition, current is None))
        plan.changes.append(change)
    if errors:
        raise InvalidContent(errors)
    for slug, current in stored.items():
        if slug not in desired and current.is_listed:
            plan.unlisted_journeys.append(slug)
            plan.changes.append(ContentChange(JOURNEY, slug, Action.UNPUBLISHED))


def _display_name(key: RowKey) -> str:
    return " ".join(part for part in key if isinstance(part, str))
