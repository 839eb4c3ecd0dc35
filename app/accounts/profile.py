"""Read and change the profile of a member."""

from sqlalchemy import update
from sqlmodel import col

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.members import Identity, StoredMember, load_member
from app.accounts.models import Member
from app.accounts.schemas import MemberRead, ProfileChange
from app.accounts.services import AccountServices
from app.core.db.session import Session


def read_member(session: Session, services: AccountServices, signed_in_member: SignedInMember) -> MemberRead:
    return member_read(services, load_member(session, signed_in_member))


def member_read(services: AccountServices, member: StoredMember) -> MemberRead:
    identity = member.identity(services.ring)
    return MemberRead(
        id=member.id,
        email=identity.address,
        email_verified=member.verified_at is not None,
        address_lost=member.detached_at is not None,
        has_password=member.password_hash is not None,
        display_name=identity.display_name,
        time_zone=member.time_zone,
        language=member.language,
        country=member.country,
        registered_at=member.registered_at,
    )


def change_profile(
    session: Session, services: AccountServices, signed_in_member: SignedInMember, change: ProfileChange
) -> MemberRead:
    """Update the fields that are set in the request, and return the changed profile."""
    values = change.model_dump(exclude_unset=True)
    if not values.get("time_zone", True):
        del values["time_zone"]  # the device does not know its time zone
    member = load_member(session, signed_in_member)
    if "display_name" in values:
        key = member.key(services.ring)
        identity = Identity.decrypt(key, member.id, member.sealed)._replace(display_name=values.pop("display_name"))
        values["sealed"] = identity.encrypt(key, member.id)
    if values:
        session.execute(update(Member).where(col(Member.id) == member.id).values(**values))
    return member_read(services, member._replace(**values))
