"""What a result shows around its figures: names, words, where to go on, and that it is no diagnosis."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, literal, null, select, union_all
from sqlmodel import col

from app.articles.models import Article, Topic
from app.articles.queries import PUBLIC_NOW
from app.assessments.questionnaires import Questionnaire
from app.assessments.results.schemas import (
    BandName,
    Figures,
    Interpretation,
    InterpretedScores,
    Interval,
    KeyedAnswerRead,
    Recommendations,
    RecommendedArticle,
    RecommendedJourney,
    RecommendedTopic,
    ScaleScoreRead,
    StyleDistance,
    StyleRead,
)
from app.assessments.rules import scoring
from app.assessments.schemas import SupportLink
from app.core.db.pagination import Statement
from app.core.db.session import Session

SUPPORT = SupportLink(
    text="If something feels too heavy to carry alone, there are people to talk to, today as well.",
    href="/v1/support",
)

NEIGHBOURS = 2  # styles that scores may lie between; with more it is the middle

Stored = Mapping[str, Any]  # an outcome, a definition, or a part of one of them, as JSON


@cache
def _recommended() -> Executable:
    """The public articles and the listed topics among those that are asked for."""
    articles: Statement = select(
        literal("articles").label("kind"),
        col(Article.slug).label("slug"),
        col(Article.title).label("title"),
        col(Article.excerpt).label("excerpt"),
        col(Article.reading_minutes).label("reading_minutes"),
    ).where(PUBLIC_NOW, col(Article.slug).in_(bindparam("articles", expanding=True)))
    topics: Statement = select(literal("topics"), col(Topic.slug), col(Topic.name), null(), null()).where(
        col(Topic.is_listed), col(Topic.slug).in_(bindparam("topics", expanding=True))
    )
    return union_all(articles, topics)


def result_of(
    reading: Session,
    questionnaire: Questionnaire,
    outcome: Stored,
    answers: Mapping[str, int],
    *,
    now: datetime,
) -> InterpretedScores:
    """Everything about a result that doesn't depend on whose it is."""
    return InterpretedScores(
        **vars(figures_of(questionnaire, outcome)),
        interpretation=list(_interpretation(questionnaire, outcome)),
        recommendations=_recommendations(reading, questionnaire, now=now),
        explanation=[_keyed(each) for each in scoring.explained(questionnaire.definition, answers)],
        disclaimer=questionnaire.stored["disclaimer"],
        support=SUPPORT,
    )


def figures_of(questionnaire: Questionnaire, outcome: Stored) -> Figures:
    """The scores and the style with their names."""
    scales = {scale["id"]: scale for scale in questionnaire.stored["scales"]}
    return Figures(
        assessment=questionnaire.slug,
        version=questionnaire.version,
        title=questionnaire.stored["title"],
        scores=[_score(score, scales[score["scale"]]) for score in outcome["scores"]],
        style=_style(outcome["style"], questionnaire.stored["style"]) if outcome["style"] else None,
    )


def _score(score: Stored, scale: Stored) -> ScaleScoreRead:
    band = next((each for each in _bands(scale) if each["id"] == score["band"]), None)
    interval = score["interval"]
    return ScaleScoreRead(
        scale=score["scale"],
        name=scale["name"],
        value=score["value"],
        min=score["min"],
        max=score["max"],
        answered=score["answered"],
        items=score["items"],
        standard_error=score["standard_error"],
        interval=Interval(low=interval[0], high=interval[1]) if interval else None,
        percentile=score["percentile"],
        t_score=score["t_score"],
        band=BandName(id=band["id"], name=band["name"]) if band else None,
    )


def _bands(scale: Stored) -> list[Stored]:
    bands: list[Stored] = scale.get("bands", {}).get("values", [])
    return bands


def _keyed(answer: scoring.KeyedAnswer) -> KeyedAnswerRead:
    return KeyedAnswerRead(
        question=answer.question,
        raw=answer.raw,
        keyed=answer.keyed,
        scale=answer.scale,
        is_reversed=answer.is_reversed,
    )


def _style(style: Stored, rule: Stored) -> StyleRead:
    """By the name of what it may be: of two that are near, both; of more, that it is the middle."""
    names = {each["id"]: each["name"] for each in rule["styles"]}
    middle, near = rule.get("middle"), _near(style)
    return StyleRead(
        id=style["id"],
        name=middle["title"] if middle and len(near) > NEIGHBOURS else " / ".join(names[each] for each in near),
        method=style["method"],
        borderline=style["borderline"],
        basis=style["basis"],
        margin=rule.get("borderline_margin") if style["basis"] == "margin" else None,
        note=rule.get("note"),
        distances=[
            StyleDistance(
                style=each["style"],
                name=names[each["style"]],
                points=each["points"],
                is_near=each["is_near"],
                function=each["function"],
            )
            for each in style["distances"]
        ],
    )


def _near(style: Stored) -> list[str]:
    """The style, and those that it may as well be."""
    others = (each["style"] for each in style["distances"] if each["is_near"] and each["style"] != style["id"])
    return [style["id"], *others]


def _interpretation(questionnaire: Questionnaire, outcome: Stored) -> Iterator[Interpretation]:
    """What is said of the style, or of both that it may be, or of being in the middle; then of each scale's band."""
    stored = questionnaire.stored
    scales = {scale["id"]: scale for scale in stored["scales"]}
    if outcome["style"]:
        near, rule = _near(outcome["style"]), stored["style"]
        if len(near) > NEIGHBOURS and "middle" in rule:
            yield _text(rule["middle"])
        else:
            styles = {each["id"]: each for each in rule["styles"]}
            yield from (_text(styles[each]) for each in near)
    elif "style" in stored:
        yield from _of_single_scores(stored["style"], outcome, scales)
    for score in outcome["scores"]:
        for band in _bands(scales[score["scale"]]):
            if band["id"] == score["band"]:
                yield _text({**band, "title": band["name"]}, scale=score["scale"])


def _of_single_scores(rule: Stored, outcome: Stored, scales: Mapping[str, Stored]) -> Iterator[Interpretation]:
    """Where there is no style, what a score on one side of its midpoint tends to mean."""
    margin = rule.get("borderline_margin", 0)
    for score in outcome["scores"]:
        midpoint = rule.get("midpoints", {}).get(score["scale"])
        if midpoint is None or score["value"] is None or abs(score["value"] - midpoint) <= margin:
            continue
        scale = scales[score["scale"]]
        text = scale.get("high" if score["value"] > midpoint else "low")
        if text:
            yield _text({"title": scale["name"], "text": text}, scale=scale["id"])


def _text(stored: Stored, *, scale: str | None = None) -> Interpretation:
    return Interpretation.model_validate({**stored, "scale": scale})


def _recommendations(reading: Session, questionnaire: Questionnaire, *, now: datetime) -> Recommendations:
    """In the order of the file."""
    wanted = questionnaire.stored.get("recommendations", {})
    articles, topics = wanted.get("articles", []), wanted.get("topics", [])
    values = {"now": now, "articles": articles, "topics": topics}
    rows = reading.execute(_recommended(), values) if articles or topics else ()
    found = {(row.kind, row.slug): row for row in rows}
    return Recommendations(
        articles=[
            RecommendedArticle(slug=row.slug, title=row.title, excerpt=row.excerpt, reading_minutes=row.reading_minutes)
            for row in (found.get(("articles", slug)) for slug in articles)
            if row
        ],
        topics=[
            RecommendedTopic(slug=slug, name=found["topics", slug].title)
            for slug in topics
            if ("topics", slug) in found
        ],
        journey=RecommendedJourney(slug=wanted["journey"]) if "journey" in wanted else None,
    )
