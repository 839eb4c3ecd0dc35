"""Signing in with address and password."""

from datetime import datetime

from app.accounts.credentials.password_check import accepted, prove_address
from app.accounts.credentials.sessions import start_session
from app.accounts.schemas import Credentials, TokenPair
from app.accounts.services import Caller, Tools
from app.core.db.database import Database


def sign_in(database: Database, tools: Tools, caller: Caller, given: Credentials, *, now: datetime) -> TokenPair:
    """Start a session. Raises WrongCredentials and TooManyAttempts."""
    proof = prove_address(database, tools, caller, given.email, given.password, now=now)
    here = Caller(caller.network, given.device_name or caller.device)
    with accepted(database, proof, now=now) as session:
        return start_session(session, tools, proof.member, here, now=now)
