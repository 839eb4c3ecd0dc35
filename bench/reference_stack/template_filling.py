"""Fill the database of the reference stack, a comparison server, with content and users."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

from app.content.content import AUTHOR, CATEGORY, TOPIC, ArticleContent, Content, Kind
from app.content.reader import read_content
from app.core.markdown.reader import read_markdown
from app.journey.rules.schedule import LENGTH
from bench.client.members import PASSWORD
from bench.reference_stack.template_accounts import password_hash
from bench.reference_stack.template_models import (
    Course,
    CourseDay,
    Post,
    PostText,
    RefreshSession,
    Shelf,
    Survey,
    Tag,
    User,
    Walk,
    WalkDay,
    Writer,
)
from bench.servers.processes import ROOT

UserSessions = list[tuple[str, str]]  # user ids with their session ids


def create_content(engine: Engine) -> UUID:
    """Create the tables, fill them with the shipped content, and return the id of the journey."""
    SQLModel.metadata.create_all(engine)
    content = read_content(ROOT / "seed_content")
    course = Course(slug="21-days", title="One Small Thing a Day")
    titles: dict[str, Any] = {"title": "Where you stand today", "summary": "The people around you, without grades."}
    now = datetime.now(UTC)
    with Session(engine) as session:
        session.add(course)
        session.add_all([CourseDay(course_id=course.id, number=n, minutes=20, **titles) for n in range(1, LENGTH + 1)])
        for slug, definition in content.assessments.items():
            session.add(Survey(slug=slug, version=1, published_at=now, definition=definition))
        session.add_all(_articles(content, now))
        session.commit()
        return course.id


def add_users(engine: Engine, course_id: UUID, count: int, *, completed: int) -> UserSessions:
    """Add users with a session and a run (enrolment in a journey), and return their ids.

    All days of the run are unlocked, and `completed` days are completed. The password is PASSWORD of
    `bench/client/members.py`.
    """
    started = datetime.now(UTC) - timedelta(days=LENGTH)
    zone: dict[str, Any] = {"time_zone": "Europe/Dublin", "pace": "daily", "starts_on": started.date()}
    completion: dict[str, Any] = {"completed_at": started, "completed_on": started.date()}
    hashed_password = password_hash.hash(PASSWORD)
    users = [User(email="", hashed_password=hashed_password) for _ in range(count)]
    for user in users:
        user.email = address_of(user.id)
    walks = [Walk(user_id=user.id, course_id=course_id, started_at=started, **zone) for user in users]
    sessions = [RefreshSession(user_id=user.id) for user in users]
    user_sessions = [(str(refresh_session.user_id), str(refresh_session.id)) for refresh_session in sessions]
    days = [WalkDay(walk_id=walk.id, number=n + 1, **completion) for walk in walks for n in range(completed)]
    with Session(engine) as session:
        session.add_all([*users, *walks, *sessions, *days])
        session.commit()
    return user_sessions


def address_of(user_id: UUID) -> str:
    return f"{user_id}@example.org"


def _articles(content: Content, now: datetime) -> Iterator[SQLModel]:
    """Add all articles with their category, topics and author."""
    shelves = {row["slug"]: Shelf(slug=row["slug"], name=row["name"]) for row in _rows(content, CATEGORY)}
    tags = {row["slug"]: Tag(slug=row["slug"], name=row["name"]) for row in _rows(content, TOPIC)}
    writers = {
        row["slug"]: Writer(**{name: row[name] for name in ("slug", "name", "role", "initial")})
        for row in _rows(content, AUTHOR)
    }
    yield from (*shelves.values(), *tags.values(), *writers.values())
    for article in content.articles.values():
        post = Post(
            slug=article.slug,
            title=article.title,
            excerpt=article.excerpt,
            published_on=article.published_on or now.date(),
            updated_at=article.updated_at or article.publish_at or now,
            reading_minutes=article.reading_minutes,
            word_count=article.word_count,
            category_id=shelves[article.category].id,
            author_id=writers[article.author].id,
            topics=[tags[slug] for slug in article.topics],
        )
        yield from (post, _text(article, post))


def _rows(content: Content, kind: Kind) -> Iterator[dict[str, Any]]:
    for key, values in content.rows[kind.name].items():
        yield {**dict(zip(kind.key, key, strict=True)), **values}


def _text(article: ArticleContent, post: Post) -> PostText:
    document, _ = read_markdown(article.body)
    url = f"https://www.example.org/blog/{article.slug}"
    return PostText(
        post_id=post.id,
        blocks=document.blocks,
        contents=document.contents,
        references=[dict(reference) for reference in article.references],
        call_to_action=dict(article.call_to_action),
        seo={**article.seo, "canonical_url": url, "json_ld": {"@type": "Article", "headline": article.title}},
    )
