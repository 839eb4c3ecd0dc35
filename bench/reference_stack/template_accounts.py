"""Sign-in of the reference stack, a comparison server in the style of FastAPI's template.

It has a password hash per user, JWT access tokens, and a row per session.
"""

from typing import Any

from fastapi import APIRouter, HTTPException
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import BaseModel
from sqlmodel import select

from app.accounts.credentials.passwords import PARALLELISM, TIME_COST
from app.accounts.schemas import Credentials, TokenPair
from app.core.settings import MIN_PASSWORD_KIBIBYTES
from bench.reference_stack.template_models import RefreshSession, User
from bench.reference_stack.template_session import SessionDep, payload_of
from bench.reference_stack.template_tokens import REFRESH, token_pair

router = APIRouter(prefix="/v1/auth")
password_hash = PasswordHash(
    [Argon2Hasher(time_cost=TIME_COST, memory_cost=MIN_PASSWORD_KIBIBYTES, parallelism=PARALLELISM)]
)


class Refresh(BaseModel):
    refresh_token: str


@router.post("/login", response_model=TokenPair)
def login(session: SessionDep, body: Credentials) -> Any:
    user = session.exec(select(User).where(User.email == body.email)).first()
    if not user:
        raise HTTPException(400, "Incorrect email or password")
    is_right, better_hash = password_hash.verify_and_update(body.password, user.hashed_password)
    if not is_right:
        raise HTTPException(400, "Incorrect email or password")
    if better_hash:
        user.hashed_password = better_hash
        session.add(user)
    signed_in = RefreshSession(user_id=user.id)
    session.add(signed_in)
    session.commit()
    session.refresh(signed_in)
    return token_pair(signed_in.user_id, signed_in.id, signed_in.counter)


@router.post("/refresh", response_model=TokenPair)
def refresh(session: SessionDep, body: Refresh) -> Any:
    payload = payload_of(body.refresh_token, REFRESH)
    signed_in = session.get(RefreshSession, payload.sid)
    if not signed_in or signed_in.user_id != payload.sub or signed_in.counter != payload.counter:
        raise HTTPException(401, "Please sign in again")
    signed_in.counter += 1
    session.add(signed_in)
    session.commit()
    session.refresh(signed_in)
    return token_pair(signed_in.user_id, signed_in.id, signed_in.counter)
