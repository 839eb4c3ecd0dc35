"""The reference stack's assessments: a definition from its row, scored by our rules, and results as entities."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Response
from jose import jwt
from sqlmodel import Session, col, select

from app.assessments.questionnaires import Questionnaire
from app.assessments.requests import AnswersGiven, NewResult
from app.assessments.results.comparison import changes
from app.assessments.results.schemas import ResultRead, ScoreRead
from app.assessments.rules import scoring
from app.assessments.rules.definition import definition_of
from app.assessments.serializers import SUPPORT, figures_of
from bench.reference_stack.template_models import Post, Survey, SurveyResult, Tag
from bench.reference_stack.template_session import CurrentUser, SessionDep
from bench.reference_stack.template_tokens import ALGORITHM, SECRET

Shown = dict[str, Any]
Answers = Mapping[str, int]

router = APIRouter(prefix="/v1")


@router.put("/me/results/{result_id}", response_model=ResultRead)
def keep_result(
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
    shown = present(session, questionnaire, result.outcome, result.answers)
    return {**shown, **stamp, "change": change_since(session, questionnaire, result)}


@router.post("/assessments/{slug}/score", response_model=ScoreRead)
def score_answers(session: SessionDep, slug: str, body: AnswersGiven) -> Any:
    questionnaire = questionnaire_of(find_survey(session, slug))
    shown = present(session, questionnaire, score(questionnaire, body.answers), body.answers)
    expires = datetime.now(UTC) + timedelta(days=7)
    claims = {"answers": body.answers, "assessment": slug, "version": questionnaire.version, "exp": expires}
    return {**shown, "claim_token": jwt.encode(claims, SECRET, algorithm=ALGORITHM), "claim_expires_at": expires}


def find_survey(session: Session, slug: str) -> Survey:
    survey = session.exec(select(Survey).where(Survey.slug == slug).order_by(col(Survey.version).desc())).first()
    if not survey:
        raise HTTPException(404, "Assessment not found")
    return survey


def questionnaire_of(survey: Survey) -> Questionnaire:
    stored = survey.definition
    return Questionnaire(survey.slug, survey.version, "", survey.published_at, stored, definition_of(stored))


def score(questionnaire: Questionnaire, answers: Answers) -> Shown:
    if any(scoring.faults(questionnaire.definition, answers)):
        raise HTTPException(422, "Some of the answers can't be used")
    return asdict(scoring.score(questionnaire.definition, answers))


def present(session: Session, questionnaire: Questionnaire, outcome: Shown, answers: Answers) -> Shown:
    stored = questionnaire.stored
    wanted = stored["recommendations"]
    articles = session.exec(select(Post).where(col(Post.slug).in_(wanted["articles"]))).all()
    topics = session.exec(select(Tag).where(col(Tag.slug).in_(wanted["topics"]))).all()
    return {
        **vars(figures_of(questionnaire, outcome)),
        "interpretation": list(interpret(stored, outcome)),
        "recommendations": {"articles": articles, "topics": topics, "journey": {"slug": wanted["journey"]}},
        "explanation": list(scoring.explained(questionnaire.definition, answers)),
        "disclaimer": stored["disclaimer"],
        "support": SUPPORT,
    }


def interpret(stored: Shown, outcome: Shown) -> Iterator[Shown]:
    """Of the style and those near it, or of the middle where they are many."""
    style = outcome["style"]
    near = [style["id"], *(each["style"] for each in style["distances"] if each["is_near"])]
    said = [each for each in stored["style"]["styles"] if each["id"] in near]
    for each in [stored["style"]["middle"]] if len(said) > 2 else said:
        yield {**each, "scale": None}


def change_since(session: Session, questionnaire: Questionnaire, result: SurveyResult) -> Shown | None:
    earlier = (
        select(SurveyResult)
        .where(SurveyResult.user_id == result.user_id, SurveyResult.survey_id == result.survey_id)
        .where(SurveyResult.taken_at < result.taken_at)
        .order_by(col(SurveyResult.taken_at).desc())
    )
    before = session.exec(earlier).first()
    if not before:
        return None
    stamp = {"id": before.id, "version": before.survey.version, "taken_at": before.taken_at}
    found = changes((questionnaire_of(before.survey), before.outcome), (questionnaire, result.outcome))
    return {"since": stamp, "scales": list(found)}
