"""What a result shows around its figures: names, words, where to go on, and that it is no diagnosis."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, literal, null, select, union_all
from sqlmodel import Session, col

from app.articles.models import Article, Topic
from app.articles.queries import is_public
from app.assessments import scoring
from app.assessments.questionnaires import Questionnaire
from app.core.pagination import Statement

SUPPORT = {
    "text": "If something feels too heavy to carry alone, there are people to talk to, today as well.",
    "href": "/v1/support",
}

Shown = dict[str, Any]
Outcome = Mapping[str, Any]


def result_of(
    reading: Session | Connection,
    questionnaire: Questionnaire,
    outcome: Outcome,
    answers: Mapping[str, int],
    *,
    now: datetime,
) -> Shown:
    """Everything about a result that doesn't depend on whose it is."""
    return {
        **figures_of(questionnaire, outcome),
        "interpretation": list(_interpretation(questionnaire, outcome)),
        "recommendations": _recommendations(reading, questionnaire, now=now),
        "explanation": list(scoring.explained(questionnaire.definition, answers)),
        "disclaimer": questionnaire.stored["disclaimer"],
        "support": SUPPORT,
    }


def figures_of(questionnaire: Questionnaire, outcome: Outcome) -> Shown:
    """The scores and the style with their names."""
    scales = {scale["id"]: scale for scale in questionnaire.stored["scales"]}
    return {
        "assessment": questionnaire.slug,
        "version": questionnaire.version,
        "title": questionnaire.stored["title"],
        "scores": [_score(score, scales[score["scale"]]) for score in outcome["scores"]],
        "style": _style(outcome["style"], questionnaire.stored) if outcome["style"] else None,
    }


def _score(score: Outcome, scale: Mapping[str, Any]) -> Shown:
    band = next((each for each in _bands(scale) if each["id"] == score["band"]), None)
    interval = score["interval"]
    return {
        **score,
        "name": scale["name"],
        "interval": {"low": interval[0], "high": interval[1]} if interval else None,
        "band": band,
    }


def _bands(scale: Mapping[str, Any]) -> list[Shown]:
    bands: list[Shown] = scale.get("bands", {}).get("values", [])
    return bands


def _style(style: Outcome, stored: Mapping[str, Any]) -> Shown:
    names = {each["id"]: each["name"] for each in stored["style"]["styles"]}
    others = [{**each, "name": names[each["style"]]} for each in style["distances"]]
    return {
        **style,
        "name": names[style["id"]],
        "margin": stored["style"].get("borderline_margin") if style["basis"] == "margin" else None,
        "note": stored["style"].get("note"),
        "distances": others,
    }


def _interpretation(questionnaire: Questionnaire, outcome: Outcome) -> Iterator[Shown]:
    """What is said of the style, or of being in the middle; and of each scale's band."""
    stored, style = questionnaire.stored, outcome["style"]
    if style:
        said = next(each for each in stored["style"]["styles"] if each["id"] == style["id"])
        if style["borderline"]:
            said = stored["style"].get("middle", said)
        yield {**said, "scale": None}
    scales = {scale["id"]: scale for scale in stored["scales"]}
    for score in outcome["scores"]:
        for band in _bands(scales[score["scale"]]):
            if band["id"] == score["band"]:
                yield {**band, "title": band["name"], "scale": score["scale"]}


def _recommendations(reading: Session | Connection, questionnaire: Questionnaire, *, now: datetime) -> Shown:
    """The public ones of the recommended articles, and topics, in the order of the file."""
    wanted = questionnaire.stored.get("recommendations", {})
    articles, topics = wanted.get("articles", []), wanted.get("topics", [])
    of_articles: Statement = select(
        literal("articles").label("kind"),
        col(Article.slug).label("slug"),
        col(Article.title).label("title"),
        col(Article.excerpt).label("excerpt"),
        col(Article.reading_minutes).label("reading_minutes"),
    )
    of_topics: Statement = select(literal("topics"), col(Topic.slug), col(Topic.name), null(), null())
    statement = union_all(
        of_articles.where(is_public(now), col(Article.slug).in_(articles)),
        of_topics.where(col(Topic.is_listed), col(Topic.slug).in_(topics)),
    )
    found = {(row.kind, row.slug): row for row in reading.execute(statement)} if articles or topics else {}
    return {
        "articles": [found["articles", slug] for slug in articles if ("articles", slug) in found],
        "topics": [{"slug": slug, "name": found["topics", slug].title} for slug in topics if ("topics", slug) in found],
        "journey": {"slug": wanted["journey"]} if "journey" in wanted else None,
    }
