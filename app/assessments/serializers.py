"""Build the response for questionnaire scores: display names, interpretation texts and recommendations."""

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
    Interpretation,
    InterpretedScores,
    Interval,
    KeyedAnswerRead,
    Recommendations,
    RecommendedArticle,
    RecommendedJourney,
    RecommendedTopic,
    ScaleScoreRead,
    ScoreSummary,
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

MAX_NAMED_STYLES = 2  # for borderline scores; if more styles are near, one common text is shown instead

JsonObject = Mapping[str, Any]  # scores, a questionnaire definition, or a part of either


@cache
def _public_articles_and_topics() -> Executable:
    """Return a SELECT statement for the public articles and publicly listed topics with the given slugs."""
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


def interpret_scores(
    session: Session,
    questionnaire: Questionnaire,
    outcome: JsonObject,
    answers: Mapping[str, int],
    *,
    now: datetime,
) -> InterpretedScores:
    """Return the scores with interpretation texts, recommendations, and an explanation of each answer's score."""
    return InterpretedScores(
        **vars(summarize_scores(questionnaire, outcome)),
        interpretation=list(_interpretations(questionnaire, outcome)),
        recommendations=_recommendations(session, questionnaire, now=now),
        explanation=[_keyed_answer(answer) for answer in scoring.explain_answers(questionnaire.definition, answers)],
        disclaimer=questionnaire.content["disclaimer"],
        support=SUPPORT,
    )


def summarize_scores(questionnaire: Questionnaire, outcome: JsonObject) -> ScoreSummary:
    """Return the scores and the style with their display names."""
    scales = {scale["id"]: scale for scale in questionnaire.content["scales"]}
    return ScoreSummary(
        assessment=questionnaire.slug,
        version=questionnaire.version,
        title=questionnaire.content["title"],
        scores=[_score(score, scales[score["scale"]]) for score in outcome["scores"]],
        style=_style(outcome["style"], questionnaire.content["style"]) if outcome["style"] else None,
    )


def _score(score: JsonObject, scale: JsonObject) -> ScaleScoreRead:
    band = next((candidate for candidate in _bands(scale) if candidate["id"] == score["band"]), None)
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


def _bands(scale: JsonObject) -> list[JsonObject]:
    bands: list[JsonObject] = scale.get("bands", {}).get("values", [])
    return bands


def _keyed_answer(answer: scoring.KeyedAnswer) -> KeyedAnswerRead:
    return KeyedAnswerRead(
        question=answer.question,
        raw=answer.raw,
        keyed=answer.keyed,
        scale=answer.scale,
        is_reversed=answer.is_reversed,
    )


def _style(style: JsonObject, rule: JsonObject) -> StyleRead:
    """Build the response for a style, such as an attachment style.

    Borderline scores get the names of both styles, or one common title if more than two styles are near.
    """
    names = {entry["id"]: entry["name"] for entry in rule["styles"]}
    middle, near_styles = rule.get("middle"), _near_styles(style)
    return StyleRead(
        id=style["id"],
        name=middle["title"]
        if middle and len(near_styles) > MAX_NAMED_STYLES
        else " / ".join(names[style_id] for style_id in near_styles),
        method=style["method"],
        borderline=style["borderline"],
        basis=style["basis"],
        margin=rule.get("borderline_margin") if style["basis"] == "margin" else None,
        note=rule.get("note"),
        distances=[
            StyleDistance(
                style=distance["style"],
                name=names[distance["style"]],
                points=distance["points"],
                is_near=distance["is_near"],
                function=distance["function"],
            )
            for distance in style["distances"]
        ],
    )


def _near_styles(style: JsonObject) -> list[str]:
    """Return the id of the best-fitting style, followed by the ids of the other styles that are near the scores."""
    other_styles = (
        distance["style"] for distance in style["distances"] if distance["is_near"] and distance["style"] != style["id"]
    )
    return [style["id"], *other_styles]


def _interpretations(questionnaire: Questionnaire, outcome: JsonObject) -> Iterator[Interpretation]:
    """Yield the interpretation texts for the scores.

    First the text of each style near the scores, or one common text if more than two styles are near. Then the text of
    the score range (band) that contains each score.
    """
    content = questionnaire.content
    scales = {scale["id"]: scale for scale in content["scales"]}
    if outcome["style"]:
        near_styles, rule = _near_styles(outcome["style"]), content["style"]
        if len(near_styles) > MAX_NAMED_STYLES and "middle" in rule:
            yield _interpretation(rule["middle"])
        else:
            styles = {entry["id"]: entry for entry in rule["styles"]}
            yield from (_interpretation(styles[style_id]) for style_id in near_styles)
    elif "style" in content:
        yield from _single_score_interpretations(content["style"], outcome, scales)
    for score in outcome["scores"]:
        for band in _bands(scales[score["scale"]]):
            if band["id"] == score["band"]:
                yield _interpretation({**band, "title": band["name"]}, scale=score["scale"])


def _single_score_interpretations(
    rule: JsonObject, outcome: JsonObject, scales: Mapping[str, JsonObject]
) -> Iterator[Interpretation]:
    """Yield a text for each score that is clearly above or below the midpoint of its scale.

    Used for results without a style, for example because a score is missing.
    """
    margin = rule.get("borderline_margin", 0)
    for score in outcome["scores"]:
        midpoint = rule.get("midpoints", {}).get(score["scale"])
        if midpoint is None or score["value"] is None or abs(score["value"] - midpoint) <= margin:
            continue
        scale = scales[score["scale"]]
        text = scale.get("high" if score["value"] > midpoint else "low")
        if text:
            yield _interpretation({"title": scale["name"], "text": text}, scale=scale["id"])


def _interpretation(stored: JsonObject, *, scale: str | None = None) -> Interpretation:
    return Interpretation.model_validate({**stored, "scale": scale})


def _recommendations(session: Session, questionnaire: Questionnaire, *, now: datetime) -> Recommendations:
    """Return the public articles, public topics and journey that a questionnaire recommends."""
    recommended = questionnaire.content.get("recommendations", {})
    articles, topics = recommended.get("articles", []), recommended.get("topics", [])
    values = {"now": now, "articles": articles, "topics": topics}
    rows = session.execute(_public_articles_and_topics(), values) if articles or topics else ()
    rows_by_key = {(row.kind, row.slug): row for row in rows}
    return Recommendations(
        articles=[
            RecommendedArticle(slug=row.slug, title=row.title, excerpt=row.excerpt, reading_minutes=row.reading_minutes)
            for row in (rows_by_key.get(("articles", slug)) for slug in articles)
            if row
        ],
        topics=[
            RecommendedTopic(slug=slug, name=rows_by_key["topics", slug].title)
            for slug in topics
            if ("topics", slug) in rows_by_key
        ],
        journey=RecommendedJourney(slug=recommended["journey"]) if "journey" in recommended else None,
    )
