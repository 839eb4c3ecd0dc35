from typing import Any

from fastapi import APIRouter

from app.accounts import consents
from app.accounts.schemas import ConsentPage
from app.web.dependencies import ContentSession, ForEveryone, Linked, PageQuery

router = APIRouter(prefix="/consents", tags=["Accounts"], dependencies=[ForEveryone])


@router.get("", summary="What members agree to", response_model=ConsentPage)
def list_consents(session: ContentSession, page: PageQuery, link: Linked) -> Any:
    """Each purpose that members may agree to, with its text and the version that is asked for now."""
    return link(consents.consent_texts(session, page))
