"""FastAPI dependencies of the reference stack, a comparison server: database session and user."""

import os
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from pydantic import BaseModel
from sqlalchemy import Engine, make_url
from sqlmodel import Session, create_engine

from bench.reference_stack.template_models import User
from bench.reference_stack.template_tokens import ACCESS, ALGORITHM, SECRET

oauth2 = OAuth2PasswordBearer(tokenUrl="/v1/auth/login")


class TokenPayload(BaseModel):
    sub: UUID
    type: str
    sid: UUID | None = None
    counter: int = 0


def connect() -> Engine:
    url = make_url(os.environ["TWENTYONE_DATABASE_URL"]).set(drivername="postgresql+psycopg")
    return create_engine(url, pool_size=10)


def get_db(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_db)]
TokenDep = Annotated[str, Depends(oauth2)]


def payload_of(token: str, kind: str) -> TokenPayload:
    try:
        payload = TokenPayload(**jwt.decode(token, SECRET, algorithms=[ALGORITHM]))
    except JWTError:
        raise HTTPException(403, "Could not validate credentials") from None
    if payload.type != kind:
        raise HTTPException(403, "Could not validate credentials")
    return payload


def get_current_user(session: SessionDep, token: TokenDep) -> User:
    user = session.get(User, payload_of(token, ACCESS).sub)
    if not user or not user.is_active:
        raise HTTPException(404, "User not found")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
