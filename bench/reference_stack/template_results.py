"""Assessments of the reference stack, a comparison server: stored questionnaires and results.

The scoring rules are the API's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Response
from jose import jwt
from sqlmodel import Session, col, select

from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import NewResult, ScoreRequest
from app.assessments.results.comparison import compare_outcomes
from app.assessments.results.schemas import ResultRead, ScoreRead
from app.assessments.rules import scoring
from app.assessments.rules.definition import parse_definition
from app.assessments.serializers import SUPPORT, summarize_scores
from bench.reference_stack.template_models import Post, Survey, SurveyResult, Tag
from bench.reference_stack.template_session import CurrentUser, SessionDep
from bench.reference_stack.template_tokens import ALGORITHM, SECRET

JsonObject = dict[str, Any]
Answers = Mapping[str, int]

ARTICLE_FIELDS = {"slug", "title", "excerpt", "reading_minutes"}
TOPIC_FIELDS = {"slug", "name"}

router = APIRouter(prefix="/v1")


@router.put("/me/results/{result_id}", response_model=ResultRead)
def save_result(
    session: SessionDep, current_user: CurrentUser, response: Response, result_id: UUID, body: NewResult
) -> Any:
    result = session.get(SurveyResult, result_id)
    if result and result.user_id != current_user.id:
        raise HTTPException(409, "Conflict")
    if not result:
        survey = find_survey(session, body.assessment)
        result = SurveyResult(
            id=result_id,
            user_id=current_user.id,
            survey_id=survey.id,
            taken_at=datetime.now(UTC),
            answers=body.answers,
            outcome=score(questionnaire_of(survey), body.answers),
        )
        session.add(result)
        session.commit()
        session.refresh(result)
        response.status_code = 201
    questionnaire = questionnaire_of(result.survey)
    stamp = {"id": result.id, "version": result.survey.version, "taken_at": result.taken_at}
    presented = present(session, questionnaire, result.outcome, result.answers)
    return {**presented, **stamp, "change": change_since(session, questionnaire, result)}


@router.post("/assessments/{slug}/score", response_model=ScoreRead)
def score_answers(session: SessionDep, slug: str, body: ScoreRequest) -> Any:
    questionnaire = questionnaire_of(find_survey(session, slug))
    presented = present(session, questionnaire, score(questionnaire, body.answers), body.answers)
    expires = datetime.now(UTC) + timedelta(days=7)
    claims = {"answers": body.answers, "assessment": slug, "version": questionnaire.version, "exp": expires}
    return {**presented, "claim_token": jwt.encode(claims, SECRET, algorithm=ALGORITHM), "claim_expires_at": expires}


def find_survey(session: Session, slug: str) -> Survey:
    survey = session.exec(select(Survey).where(Survey.slug == slug).order_by(col(Survey.version).desc())).first()
    if not survey:
        raise HTTPException(404, "Assessment not found")
    return survey


def questionnaire_of(survey: Survey) -> Questionnaire:
    stored = survey.definition
    return Questionnaire(survey.slug, survey.version, "", survey.published_at, stored, parse_definition(stored))


def score(questionnaire: Questionnaire, answers: Answers) -> JsonObject:
    if any(scoring.find_answer_errors(questionnaire.definition, answers)):
        raise HTTPException(422, "Some of the answers can't be used")
    return asdict(scoring.score(questionnaire.definition, answers))


def present(session: Session, questionnaire: Questionnaire, outcome: JsonObject, answers: Answers) -> JsonObject:
    stored = questionnaire.content
    recommendations = stored["recommendations"]
    articles = session.exec(select(Post).where(col(Post.slug).in_(recommendations["articles"]))).all()
    topics = session.exec(select(Tag).where(col(Tag.slug).in_(recommendations["topics"]))).all()
    return {
        **vars(summarize_scores(questionnaire, outcome)),
        "interpretation": list(interpret(stored, outcome)),
        "recommendations": {
            "articles": [post.model_dump(include=ARTICLE_FIELDS) for post in articles],
            "topics": [tag.model_dump(include=TOPIC_FIELDS) for tag in topics],
            "journey": {"slug": recommendations["journey"]},
        },
        "explanation": [asdict(answer) for answer in scoring.explain_answers(questionnaire.definition, answers)],
        "disclaimer": stored["disclaimer"],
        "support": SUPPORT,
    }


def interpret(stored: JsonObject, outcome: JsonObject) -> Iterator[JsonObject]:
    """Return the texts for the attachment style that the scores determine, and for styles near it.

    If these are more than two styles, return only the text for the middle.
    """
    style = outcome["style"]
    near = [style["id"], *(distance["style"] for distance in style["distances"] if distance["is_near"])]
    styles = [candidate for candidate in stored["style"]["styles"] if candidate["id"] in near]
    for text in [stored["style"]["middle"]] if len(styles) > 2 else styles:
        yield {**text, "scale": None}


def change_since(session: Session, questionnaire: Questionnaire, result: SurveyResult) -> JsonObject | None:
    earlier = (
        select(SurveyResult)
        .where(SurveyResult.user_id == result.user_id, SurveyResult.survey_id == result.survey_id)
        .where(SurveyResult.taken_at < result.taken_at)
        .order_by(col(SurveyResult.taken_at).desc())
    )
    previous = session.exec(earlier).first()
    if not previous:
        return None
    stamp = {"id": previous.id, "version": previous.survey.version, "taken_at": previous.taken_at}
    changes = compare_outcomes((questionnaire_of(previous.survey), previous.outcome), (questionnaire, result.outcome))
    return {"since": stamp, "scales": list(changes)}
