"""A member's own account as they see it."""

from sqlalchemy import Connection, update
from sqlmodel import Session, col

from app.accounts.credentials.access_tokens import Access
from app.accounts.members import FoundMember, Identity, signed_in_member
from app.accounts.models import Member
from app.accounts.schemas import MemberRead, ProfileChange
from app.accounts.services import Tools


def read_member(reading: Session | Connection, tools: Tools, access: Access) -> MemberRead:
    return shown(tools, signed_in_member(reading, access))


def shown(tools: Tools, member: FoundMember) -> MemberRead:
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
    member = signed_in_member(session, access)
    if "display_name" in sent:
        key = member.key(tools.ring)
        identity = Identity.unsealed(key, member.id, member.sealed)._replace(display_name=sent.pop("display_name"))
        sent["sealed"] = identity.seal(key, member.id)
    if sent:
        session.execute(update(Member).where(col(Member.id) == member.id).values(**sent))
    return shown(tools, member._replace(**sent))
