"""Getting back in: a link by mail, and a new password by it. Asking answers alike for every address."""

from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col

from app.accounts import mails
from app.accounts.addresses import address_hash
from app.accounts.audit import Event, note
from app.accounts.guesses import forgive, may_mail
from app.accounts.mailed_tokens import Purpose, TokenNotGood, drop_tokens, find_token, make_token, use_token
from app.accounts.members import member_by_address, member_by_id
from app.accounts.models import Member
from app.accounts.sessions import end_sessions
from app.accounts.tools import Tools
from app.core.database import Database
from app.core.outbox import write_mail


def ask_for_reset(session: Session, tools: Tools, address: str, *, now: datetime) -> None:
    """Mail a link, if anybody is there; counted by address in any case, so that no one's mailbox is flooded."""
    member = member_by_address(session, tools.ring, address)
    account = member.address_hash if member else address_hash(tools.ring, tools.ring.current, address)
    if may_mail(session, account, tools.settings, now=now) and member:
        token = make_token(session, member.id, Purpose.RESET, now=now)
        link = tools.settings.page(tools.settings.reset_password_path, token)
        mail = mails.reset_password(member.identity(tools.ring).address, link=link)
        write_mail(session, tools.ring, mail, member_id=member.id, now=now)
        note(session, Event.PASSWORD_RESET_ASKED, member.id, now=now)


def reset_password(database: Database, tools: Tools, token: str, password: str, *, now: datetime) -> None:
    """Set a password by a mailed token. Whoever has it reads mail at the address, so that is verified; all sessions,
    links and pending changes end. Raises TokenNotGood and WeakPassword, which leaves the token good.
    """
    with database.transaction() as session:
        found = find_token(session, token, Purpose.RESET, now=now)
        member = member_by_id(session, found.member_id)
        if member is None:
            raise TokenNotGood
    identity = member.identity(tools.ring)
    tools.passwords.check(password, words=identity.words)
    password_hash = tools.passwords.hashed(password)
    with database.transaction() as session:
        changed = (
            update(Member)
            .where(col(Member.id) == member.id)
            .values(password_hash=password_hash, verified_at=func.coalesce(col(Member.verified_at), now))
        )
        session.execute(changed)
        use_token(session, found)
        drop_tokens(session, member.id)
        end_sessions(session, member.id, now=now)
        forgive(session, member.address_hash)
        note(session, Event.PASSWORD_RESET, member.id, now=now)
        link = tools.settings.page(tools.settings.forgot_password_path)
        mail = mails.password_changed(identity.address, link=link)
        write_mail(session, tools.ring, mail, member_id=member.id, now=now)
