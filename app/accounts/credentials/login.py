"""Signing in with address and password."""

from app.accounts.credentials.password_check import accepted, prove_address
from app.accounts.credentials.sessions import start_session
from app.accounts.schemas import Credentials, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.transactions import Transactions


def sign_in(transactions: Transactions, services: AccountServices, caller: Caller, given: Credentials) -> TokenPair:
    """Start a session. Raises WrongCredentials and TooManyAttempts."""
    proof = prove_address(transactions, services, caller, given.email, given.password)
    here = Caller(caller.network, given.device_name or caller.device)
    with accepted(transactions, proof) as session:
        return start_session(session, services, proof.member, here, now=transactions.now)
