"""Sign in with an emailed code. A code for an address without an account creates one."""

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_codes import WrongCode
from app.accounts.credentials.login_throttle import (
    is_known_network,
    make_throttle_key,
    reset_attempts,
    store_known_network,
)
from app.accounts.credentials.schemas import CodeCredentials
from app.accounts.credentials.sessions import start_session
from app.accounts.credentials.sign_in_codes import consume_code
from app.accounts.emails.budgets import renew
from app.accounts.emails.notices import notify_new_device
from app.accounts.mailbox_proof import ProvenMailbox, open_account
from app.accounts.members import check_session
from app.accounts.schemas import TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.transactions import Transactions


def sign_in_with_code(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember | None,
    credentials: CodeCredentials,
) -> TokenPair:
    """Sign in with a code, and return the tokens of a new session.

    If the address was never confirmed, the code alone opens a new account. Together with an access token of the
    account, it confirms the address (`mailbox_proof.py`).

    Raise WrongCode if the code is wrong, BadToken if the access token's session has ended, or AccountDisabled.
    """
    now = transactions.now
    with transactions.begin() as session:
        if signed_in_member:
            check_session(session, signed_in_member, now=now)
        code = consume_code(
            session, services.ring, credentials.email, credentials.code, credentials.request_id, now=now
        )
        if code is None:
            raise WrongCode
    mailbox = ProvenMailbox(credentials.email, code.language)
    named_caller = Caller(caller.network, credentials.device_name or caller.device)
    with transactions.begin() as session:
        if signed_in_member:
            check_session(session, signed_in_member, now=now)
        owner_id = signed_in_member.id if signed_in_member else None
        member = open_account(session, services, mailbox, owner_id=owner_id, now=now)
        reset_attempts(session, member.throttle_account, now=now)
        throttle_key = make_throttle_key(services.ring, member.throttle_account, caller.network)
        tokens = start_session(session, services, member, named_caller, now=now)
        renew(session, member.throttle_account)
        if member.registered_at < now and not is_known_network(session, throttle_key):
            notify_new_device(session, services, member, now=now)
        store_known_network(session, throttle_key, now=now)
        return tokens
