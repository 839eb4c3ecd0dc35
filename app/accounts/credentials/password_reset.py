"""Change a password, or reset it with an emailed link or code."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.email_codes import WrongCode
from app.accounts.credentials.email_tokens import (
    TOKEN_LIFETIMES,
    InvalidEmailToken,
    StoredEmailToken,
    TokenPurpose,
    TokenRequest,
    consume_token,
    create_token,
    delete_tokens,
    find_token,
    find_token_by_code,
)
from app.accounts.credentials.login_throttle import make_throttle_key, reset_attempts, store_known_network
from app.accounts.credentials.password_check import WrongPassword, verified_transaction, verify_password_of
from app.accounts.credentials.passwords import WeakPassword
from app.accounts.credentials.reauthentication import verify_member
from app.accounts.credentials.schemas import PasswordReset, PasswordResetRequest
from app.accounts.credentials.sessions import AccountDisabled, end_sessions, start_session
from app.accounts.emails import templates
from app.accounts.emails.budgets import BudgetKind, renew, spend
from app.accounts.emails.notices import notify_password_changed
from app.accounts.mailbox_proof import ProvenMailbox, open_account
from app.accounts.members import (
    StoredMember,
    check_session,
    lock_member_by_id,
    lock_unchanged_member,
    member_by_address,
    member_by_id,
)
from app.accounts.models import Member
from app.accounts.schemas import PasswordChange, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.db.transactions import Transactions
from app.core.mail.outbox import enqueue_mail


def change_password(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember,
    change: PasswordChange,
) -> TokenPair:
    """Replace the password, end all sessions and start a new one.

    Raise WrongPassword if the current password is wrong, ReauthenticationRequired if it is missing, or WeakPassword if
    the new one is too easy to guess.
    """
    now = transactions.now
    verification = verify_member(
        transactions, services, caller, signed_in_member, change.current_password, pointer="/current_password"
    )
    member = verification.member
    try:
        services.passwords.check_strength(
            change.new_password, words=member.identity(services.ring).guessable_words, pointer="/new_password"
        )
    except WeakPassword:
        with verified_transaction(transactions, verification):  # record that the current password was correct
            pass
        raise
    password_hash = services.passwords.hash_password(change.new_password)
    with verified_transaction(transactions, verification) as session:
        _store_password(session, services, member, password_hash, now=now)
        if member.verified_at:  # the change invalidated all links, so new ones must be available
            renew(session, member.throttle_account, BudgetKind.RESET)
        record_event(session, AuditEventType.PASSWORD_CHANGED, member.id, now=now)
        return start_session(session, services, member, caller, now=now)


def request_reset(session: Session, services: AccountServices, request: PasswordResetRequest, *, now: datetime) -> None:
    """Email a link and a code if the address has an account, within the mail budget."""
    member = member_by_address(session, services.ring, request.email)
    if member is None or not lock_unchanged_member(session, member):
        return
    allowance = spend(session, member.throttle_account, BudgetKind.RESET, services.settings, now=now)
    address = member.identity(services.ring).address
    if address is None or not allowance.is_granted:
        return
    purpose = TokenPurpose.PASSWORD_RESET
    lifetime = allowance.lifetime(TOKEN_LIFETIMES[purpose], now=now)
    token_request = TokenRequest(member_id=member.id, purpose=purpose, lifetime=lifetime, request_id=request.request_id)
    token, code = create_token(session, services.ring, token_request, now=now)
    mail = templates.reset_password(
        address,
        language=member.language,
        link=services.settings.reset_password_url(token),
        code=code,
        is_confirmed=member.verified_at is not None,
        lifetime=lifetime,
    )
    enqueue_mail(session, services.ring, mail, member_id=member.id, now=now)
    record_event(session, AuditEventType.PASSWORD_RESET_REQUESTED, member.id, now=now)


def reset_password(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    signed_in_member: SignedInMember | None,
    reset: PasswordReset,
) -> None:
    """Set a new password with the token of an emailed link, or with the code of the same email.

    The token proves access to the mailbox. If the address was never confirmed, the token alone opens a new account;
    with an access token of the account, or with its current password, it confirms the address (`mailbox_proof.py`). All
    sessions, links and pending address changes of the opened account end, and the caller's network is remembered as one
    the member uses. Repeating the request with the same token and password is safe, unless the token opened a new
    account.

    Raise InvalidEmailToken or WrongCode if the token or code is invalid, BadToken if the access token's session has
    ended, AccountDisabled, TooManyAttempts after too many repetitions with other passwords, or WeakPassword if the
    password is too easy to guess; the link can then be used again.
    """
    now = transactions.now
    with transactions.begin() as session:
        if signed_in_member:
            check_session(session, signed_in_member, now=now)
        stored_token = _find_reset(session, services, reset, now=now)
        member = member_by_id(session, stored_token.member_id)
        if member is None:
            raise InvalidEmailToken
    if stored_token.used_at:
        _check_repeated(transactions, services, caller, member.id, reset.password)
        return
    is_owner = signed_in_member is not None and signed_in_member.id == member.id
    if not (member.verified_at or is_owner):
        is_owner = services.passwords.verify(reset.password, member.password_hash).is_match
    identity = member.identity(services.ring)
    services.passwords.check_strength(reset.password, words=identity.guessable_words)
    password_hash = services.passwords.hash_password(reset.password)
    mailbox = ProvenMailbox(identity.address or "", member.language)
    try:
        _reset(
            transactions,
            services,
            caller,
            stored_token,
            mailbox,
            password_hash,
            owner_id=member.id if is_owner else None,
        )
    except InvalidEmailToken:  # a concurrent request has used the token
        _check_repeated(transactions, services, caller, member.id, reset.password)


def _reset(
    transactions: Transactions,
    services: AccountServices,
    caller: Caller,
    stored_token: StoredEmailToken,
    mailbox: ProvenMailbox,
    password_hash: str,
    *,
    owner_id: UUID | None,
) -> None:
    now = transactions.now
    with transactions.begin() as session:
        lock_member_by_id(session, stored_token.member_id)
        consume_token(session, stored_token, now=now)
        account = open_account(session, services, mailbox, owner_id=owner_id, now=now)
        if account.disabled_at:
            raise AccountDisabled
        _store_password(session, services, account, password_hash, except_digest=stored_token.digest, now=now)
        renew(session, account.throttle_account)
        reset_attempts(session, account.throttle_account, now=now)
        throttle_key = make_throttle_key(services.ring, account.throttle_account, caller.network)
        store_known_network(session, throttle_key, now=now)
        record_event(session, AuditEventType.PASSWORD_RESET, account.id, now=now)


def _check_repeated(
    transactions: Transactions, services: AccountServices, caller: Caller, member_id: UUID, password: str
) -> None:
    """Accept a used token again if its request set the same password. Otherwise, raise InvalidEmailToken."""

    def find_member(session: Session) -> StoredMember:
        member = member_by_id(session, member_id)
        if member is None:
            raise InvalidEmailToken
        return member

    try:
        verification = verify_password_of(transactions, services, caller, find_member, password, pointer="/password")
    except WrongPassword:
        raise InvalidEmailToken from None
    with verified_transaction(transactions, verification):
        pass


def _find_reset(
    session: Session, services: AccountServices, reset: PasswordReset, *, now: datetime
) -> StoredEmailToken:
    purpose = TokenPurpose.PASSWORD_RESET
    if reset.token is not None:
        return find_token(session, reset.token, purpose, now=now)
    member = member_by_address(session, services.ring, reset.email or "")
    if member is None or not lock_member_by_id(session, member.id):
        raise WrongCode
    code = reset.code or ""
    stored_token = find_token_by_code(
        session, services.ring, member.id, code, purpose, request_id=reset.request_id, now=now
    )
    if stored_token is None:
        raise WrongCode
    return stored_token


def _store_password(
    session: Session,
    services: AccountServices,
    member: StoredMember,
    password_hash: str,
    *,
    except_digest: str | None = None,
    now: datetime,
) -> None:
    """Store a new password, invalidate all links and sessions, and notify the member by email."""
    session.execute(update(Member).where(col(Member.id) == member.id).values(password_hash=password_hash))
    delete_tokens(session, member.id, except_digest=except_digest)
    end_sessions(session, member.id, now=now)
    notify_password_changed(session, services, member, now=now)
