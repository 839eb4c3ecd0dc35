"""A member's own account as they see it."""

from sqlalchemy import update
from sqlmodel import col

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.members import FoundMember, Identity, signed_in_member
from app.accounts.models import Member
from app.accounts.schemas import MemberRead, ProfileChange
from app.accounts.services import AccountServices
from app.core.db.session import Session


def read_member(reading: Session, services: AccountServices, access: SignedInMember) -> MemberRead:
    return shown(services, signed_in_member(reading, access))


def shown(services: AccountServices, member: FoundMember) -> MemberRead:
    identity = member.identity(services.ring)
    return MemberRead(
        id=member.id,
        email=identity.address,
        email_verified=member.verified_at is not None,
        display_name=identity.display_name,
        time_zone=member.time_zone,
        language=member.language,
        registered_at=member.registered_at,
    )


def change_profile(
    session: Session, services: AccountServices, access: SignedInMember, change: ProfileChange
) -> MemberRead:
    """What was sent is changed, the rest stays."""
    sent = change.model_dump(exclude_unset=True)
    member = signed_in_member(session, access)
    if "display_name" in sent:
        key = member.key(services.ring)
        identity = Identity.unsealed(key, member.id, member.sealed)._replace(display_name=sent.pop("display_name"))
        sent["sealed"] = identity.seal(key, member.id)
    if sent:
        session.execute(update(Member).where(col(Member.id) == member.id).values(**sent))
    return shown(services, member._replace(**sent))
