"""Sign in with an email address and a password."""

from app.accounts.credentials.password_check import verified_transaction, verify_credentials
from app.accounts.credentials.sessions import start_session
from app.accounts.emails.notices import notify_new_device
from app.accounts.schemas import Credentials, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.transactions import Transactions


def sign_in(
    transactions: Transactions, services: AccountServices, caller: Caller, credentials: Credentials
) -> TokenPair:
    """Sign a member in and return the tokens of a new session.

    Raise WrongCredentials if the email address or the password is wrong, TooManyAttempts after too many failures, or
    AccountDisabled.
    """
    verification = verify_credentials(transactions, services, caller, credentials.email, credentials.password)
    named_caller = Caller(caller.network, credentials.device_name or caller.device)
    with verified_transaction(transactions, verification) as session:
        tokens = start_session(session, services, verification.member, named_caller, now=transactions.now)
        if verification.attempt and not verification.attempt.is_from_known_network:
            notify_new_device(session, services, verification.member, now=transactions.now)
        return tokens
