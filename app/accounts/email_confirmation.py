"""Confirm an email address with the token of an emailed link, or with the code of the same email."""

from datetime import datetime

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_codes import CodeRejected
from app.accounts.credentials.email_tokens import (
    CONFIRMATIONS,
    InvalidEmailToken,
    StoredEmailToken,
    TokenPurpose,
    consume_token,
    delete_tokens,
    find_token,
    find_token_by_code,
)
from app.accounts.credentials.password_check import verified_transaction, verify_password_of
from app.accounts.credentials.schemas import EmailVerification
from app.accounts.email_change import change_address
from app.accounts.emails.budgets import renew
from app.accounts.mailbox_proof import confirm_member
from app.accounts.members import StoredMember, load_member, lock_member, member_by_id
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.errors import Forbidden, NotSignedIn


class WrongMember(Forbidden):
    code = "wrong_member"
    message = "This link belongs to another account. Sign in to that account, then open the link again."


def confirm_address(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember | None,
    verification: EmailVerification,
) -> None:
    """Confirm the address of an account, or complete a change of address. Repeating the request is safe.

    The token must belong to the signed-in member, or the password to the account of the token. Otherwise, the owner of
    a mailbox could confirm a stranger's account by opening the link.

    Raise InvalidEmailToken or CodeRejected if the token or code is invalid, WrongMember if it belongs to another
    member, WrongPassword, or AddressTaken if another account has confirmed the address in the meantime.
    """
    if signed_in_member is None:
        _confirm_with_password(transactions, services, caller, verification)
        return
    now = transactions.now
    with transactions.begin() as session:
        lock_member(session, signed_in_member, now=now)
        member = load_member(session, signed_in_member)
        if verification.token is not None:
            stored_token = find_token(session, verification.token, *CONFIRMATIONS, now=now)
            if stored_token.member_id != member.id:
                raise WrongMember
        else:
            code = verification.code or ""
            found = find_token_by_code(session, services.ring, member.id, code, *CONFIRMATIONS, now=now)
            if found is None:
                raise CodeRejected
            stored_token = found
        _confirm(session, services, member, stored_token, now=now)


def _confirm_with_password(
    transactions: Transactions, services: AccountServices, caller: Caller, verification: EmailVerification
) -> None:
    token, password, now = verification.token, verification.password, transactions.now
    if token is None or password is None:
        raise NotSignedIn

    def find_member(session: Session) -> StoredMember:
        member = member_by_id(session, find_token(session, token, *CONFIRMATIONS, now=now).member_id)
        if member is None:
            raise InvalidEmailToken
        return member

    result = verify_password_of(transactions, services, caller, find_member, password, pointer="/password")
    with verified_transaction(transactions, result) as session:
        stored_token = find_token(session, token, *CONFIRMATIONS, now=now)
        member = member_by_id(session, stored_token.member_id)
        assert member
        _confirm(session, services, member, stored_token, now=now)


def _confirm(
    session: Session, services: AccountServices, member: StoredMember, stored_token: StoredEmailToken, *, now: datetime
) -> None:
    if stored_token.used_at:
        return
    consume_token(session, stored_token, now=now)
    address = stored_token.new_address(member.key(services.ring))
    if address:
        change_address(session, services, member, address, now=now)
        delete_tokens(session, member.id, except_digest=stored_token.digest)
    else:
        confirm_member(session, member, now=now)
        renew(session, member.throttle_account)
        delete_tokens(session, member.id, TokenPurpose.ADDRESS_VERIFICATION, except_digest=stored_token.digest)
