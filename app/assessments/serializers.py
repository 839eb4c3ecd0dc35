"""What a result shows around its figures: names, words, where to go on, and that it is no diagnosis."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal, null, select, union_all
from sqlmodel import Session, col

from app.articles.models import Article, Topic
from app.articles.queries import PUBLIC_NOW
from app.assessments.questionnaires import Questionnaire
from app.assessments.rules import scoring
from app.core.db.pagination import Statement

SUPPORT = {
    "text": "If something feels too heavy to carry alone, there are people to talk to, today as well.",
    "href": "/v1/support",
}

NEIGHBOURS = 2  # styles that scores may lie between; with more it is the middle

OF_ARTICLES: Statement = select(
    literal("articles").label("kind"),
    col(Article.slug).label("slug"),
    col(Article.title).label("title"),
    col(Article.excerpt).label("excerpt"),
    col(Article.reading_minutes).label("reading_minutes"),
).where(PUBLIC_NOW, col(Article.slug).in_(bindparam("articles", expanding=True)))
OF_TOPICS: Statement = select(literal("topics"), col(Topic.slug), col(Topic.name), null(), null()).where(
    col(Topic.is_listed), col(Topic.slug).in_(bindparam("topics", expanding=True))
)
RECOMMENDED = union_all(OF_ARTICLES, OF_TOPICS)

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
    """By the name of what it may be: of two that are near, both; of more, that it is the middle."""
    names = {each["id"]: each["name"] for each in stored["style"]["styles"]}
    middle, near = stored["style"].get("middle"), _near(style)
    return {
        **style,
        "name": middle["title"] if middle and len(near) > NEIGHBOURS else " / ".join(names[each] for each in near),
        "margin": stored["style"].get("borderline_margin") if style["basis"] == "margin" else None,
        "note": stored["style"].get("note"),
        "distances": [{**each, "name": names[each["style"]]} for each in style["distances"]],
    }


def _near(style: Outcome) -> list[str]:
    """The style, and those that it may as well be."""
    others = (each["style"] for each in style["distances"] if each["is_near"] and each["style"] != style["id"])
    return [style["id"], *others]


def _interpretation(questionnaire: Questionnaire, outcome: Outcome) -> Iterator[Shown]:
    """What is said of the style, or of both that it may be, or of being in the middle; then of each scale's band."""
    stored = questionnaire.stored
    scales = {scale["id"]: scale for scale in stored["scales"]}
    if outcome["style"]:
        near, rule = _near(outcome["style"]), stored["style"]
        if len(near) > NEIGHBOURS and "middle" in rule:
            yield {**rule["middle"], "scale": None}
        else:
            said = {each["id"]: each for each in rule["styles"]}
            yield from ({**said[each], "scale": None} for each in near)
    elif "style" in stored:
        yield from _of_single_scores(stored["style"], outcome, scales)
    for score in outcome["scores"]:
        for band in _bands(scales[score["scale"]]):
            if band["id"] == score["band"]:
                yield {**band, "title": band["name"], "scale": score["scale"]}


def _of_single_scores(rule: Mapping[str, Any], outcome: Outcome, scales: Mapping[str, Any]) -> Iterator[Shown]:
    """Where there is no style, what a score on one side of its midpoint tends to mean."""
    margin = rule.get("borderline_margin", 0)
    for score in outcome["scores"]:
        midpoint = rule.get("midpoints", {}).get(score["scale"])
        if midpoint is None or score["value"] is None or abs(score["value"] - midpoint) <= margin:
            continue
        scale = scales[score["scale"]]
        text = scale.get("high" if score["value"] > midpoint else "low")
        if text:
            yield {"scale": scale["id"], "title": scale["name"], "text": text}


def _recommendations(reading: Session | Connection, questionnaire: Questionnaire, *, now: datetime) -> Shown:
    """The public ones of the recommended articles, and topics, in the order of the file."""
    wanted = questionnaire.stored.get("recommendations", {})
    articles, topics = wanted.get("articles", []), wanted.get("topics", [])
    values = {"now": now, "articles": articles, "topics": topics}
    rows = reading.execute(RECOMMENDED, values) if articles or topics else ()
    found = {(row.kind, row.slug): row for row in rows}
    return {
        "articles": [found["articles", slug] for slug in articles if ("articles", slug) in found],
        "topics": [{"slug": slug, "name": found["topics", slug].title} for slug in topics if ("topics", slug) in found],
        "journey": {"slug": wanted["journey"]} if "journey" in wanted else None,
    }
