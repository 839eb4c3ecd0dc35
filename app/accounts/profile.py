"""A member's own account: who they are, their address, their password."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app.accounts import mails
from app.accounts.addresses import address_hash
from app.accounts.audit import Event, note
from app.accounts.guesses import may_mail
from app.accounts.mailed_tokens import Purpose, TokenNotGood, drop_tokens, find_token, make_token, use_token
from app.accounts.members import FoundMember, Identity, member_by_address, member_by_id
from app.accounts.models import Member
from app.accounts.proofs import accepted, prove_member
from app.accounts.registration import mail_verification
from app.accounts.schemas import AddressChange, MemberRead, PasswordChange, ProfileChange, TokenPair
from app.accounts.sessions import end_sessions, start_session
from app.accounts.tokens import Access, BadToken
from app.accounts.tools import Caller, Tools
from app.core.database import Database
from app.core.errors import Conflict, Forbidden, TooMany
from app.core.outbox import write_mail
from app.core.sealing import seal, unseal


class AddressUnverified(Forbidden):
    code = "address_unverified"
    says = "Please confirm your address first, by the link that was mailed to it."
    keeps_writes = True  # that the password was right, where one was asked for


class AddressTaken(Conflict):
    code = "address_taken"
    says = "Another account now uses this address."


class TooManyMails(TooMany):
    code = "too_many_mails"
    says = "Several emails have been sent to this address in the last hour. Please wait a while."
    keeps_writes = True


def read_member(reading: Session | Connection, tools: Tools, access: Access) -> MemberRead:
    member = member_by_id(reading, access.member_id)
    if member is None:
        raise BadToken
    identity = member.identity(tools.ring)
    return MemberRead(
        id=member.id,
        email=identity.address,
        email_verified=member.verified_at is not None,
        display_name=identity.display_name,
        time_zone=member.time_zone,
        language=member.language,
        registered_at=member.registered_at,
    )


def change_profile(session: Session, tools: Tools, access: Access, change: ProfileChange) -> MemberRead:
    """What was sent is changed, the rest stays."""
    sent = change.model_dump(exclude_unset=True)
    member = member_by_id(session, access.member_id)
    if member is None:
        raise BadToken
    if "display_name" in sent:
        key = member.key(tools.ring)
        identity = Identity.unsealed(key, member.id, member.sealed)._replace(display_name=sent.pop("display_name"))
        sent["sealed"] = identity.seal(key, member.id)
    if sent:
        session.execute(update(Member).where(col(Member.id) == member.id).values(**sent))
    return read_member(session, tools, access)


def change_password(
    database: Database, tools: Tools, caller: Caller, access: Access, change: PasswordChange, *, now: datetime
) -> TokenPair:
    """End all sessions, and start one for whoever knew the password. Raises WrongPassword and WeakPassword."""
    proof = prove_member(database, tools, caller, access, change.current_password, pointer="/current_password", now=now)
    member = proof.member
    identity = member.identity(tools.ring)
    tools.passwords.check(change.new_password, words=identity.words, pointer="/new_password")
    password_hash = tools.passwords.hashed(change.new_password)
    with accepted(database, proof, now=now) as session:
        session.execute(update(Member).where(col(Member.id) == member.id).values(password_hash=password_hash))
        drop_tokens(session, member.id)
        end_sessions(session, member.id, now=now)
        note(session, Event.PASSWORD_CHANGED, member.id, now=now)
        link = tools.settings.page(tools.settings.forgot_password_path)
        mail = mails.password_changed(identity.address, link=link)
        write_mail(session, tools.ring, mail, member_id=member.id, now=now)
        return start_session(session, tools, member, caller, now=now)


def ask_for_address(
    database: Database, tools: Tools, caller: Caller, access: Access, change: AddressChange, *, now: datetime
) -> None:
    """Mail a link to the new address; nothing changes before it is opened. One's own address, not yet confirmed, is
    mailed its link again. Raises WrongPassword, AddressUnverified and TooManyMails.
    """
    proof = prove_member(database, tools, caller, access, change.current_password, pointer="/current_password", now=now)
    with accepted(database, proof, now=now) as session:
        _mail_link(session, tools, proof.member, change.email, now=now)


def _mail_link(session: Session, tools: Tools, member: FoundMember, address: str, *, now: datetime) -> None:
    key = member.key(tools.ring)
    is_own = Identity.unsealed(key, member.id, member.sealed).address == address
    if is_own and member.verified_at:
        return
    if not is_own and not member.verified_at:
        raise AddressUnverified
    if not may_mail(session, address_hash(tools.ring, tools.ring.current, address), tools.settings, now=now):
        raise TooManyMails
    if is_own:
        mail_verification(session, tools, member.id, address, now=now)
        return
    owner = member_by_address(session, tools.ring, address)
    if owner and owner.id != member.id:
        write_mail(session, tools.ring, mails.address_taken(address), member_id=owner.id, now=now)
    else:
        sealed = seal(key, address.encode(), bound_to=_new_address(member.id))
        token = make_token(session, member.id, Purpose.MOVE, sealed=sealed, now=now)
        mail = mails.confirm_new_address(address, link=tools.settings.page(tools.settings.verify_email_path, token))
        write_mail(session, tools.ring, mail, member_id=member.id, now=now)
    note(session, Event.ADDRESS_CHANGE_ASKED, member.id, now=now)


def confirm_address(session: Session, tools: Tools, access: Access, token: str, *, now: datetime) -> None:
    """Verify a member's address, or change it to the one that the link was mailed to: only for the member who is
    signed in, so that nobody's click confirms an account that a stranger made. Raises TokenNotGood and AddressTaken.
    """
    found = find_token(session, token, Purpose.VERIFY, Purpose.MOVE, now=now)
    member = member_by_id(session, access.member_id)
    if member is None or found.member_id != member.id:
        raise TokenNotGood
    use_token(session, found)
    mine = update(Member).where(col(Member.id) == member.id)
    if found.sealed is None:
        session.execute(mine.values(verified_at=now))
        note(session, Event.ADDRESS_VERIFIED, member.id, now=now)
        return
    key = member.key(tools.ring)
    before = Identity.unsealed(key, member.id, member.sealed)
    after = before._replace(address=unsealed_address(key, member.id, found.sealed))
    moved = mine.values(
        sealed=after.seal(key, member.id), address_hash=address_hash(tools.ring, member.key_id, after.address)
    )
    if (owner := member_by_address(session, tools.ring, after.address)) and owner.id != member.id:
        raise AddressTaken
    try:
        with session.begin_nested():
            session.execute(moved)
    except IntegrityError:
        raise AddressTaken from None
    drop_tokens(session, member.id)
    note(session, Event.ADDRESS_CHANGED, member.id, now=now)
    mail = mails.address_changed(before.address, site=tools.settings.site_url)
    write_mail(session, tools.ring, mail, member_id=member.id, now=now)


def unsealed_address(key: bytes, member_id: UUID, sealed: bytes) -> str:
    """The address that a mailed link would change to."""
    return unseal(key, sealed, bound_to=_new_address(member_id)).decode()


def _new_address(member_id: UUID) -> str:
    return f"mailed_tokens|{member_id}"
