from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

from app.accounts.addresses import Address
from app.accounts.credentials.passwords import Password
from app.accounts.fields import DeviceName, DisplayName, Language, TimeZone, Token
from app.core.db.pagination import Page
from app.core.text_fields import Storable

Purpose = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$", examples=["health_data"]), Storable]
Version = Annotated[str, Storable, Field(min_length=1, max_length=20, examples=["1"])]
MOST_CONSENTS = 10


class Body(BaseModel):
    """What is sent: unknown fields are refused, and what was sent is never repeated."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


@dataclass(kw_only=True)
class Accepted:
    """The request was accepted. There is nothing to return."""


@dataclass(kw_only=True)
class ConsentRead:
    """A purpose that members may agree to, in the version that is asked for now."""

    purpose: Annotated[str, Field(examples=["health_data"])]
    version: Annotated[str, Field(examples=["1"])]
    title: Annotated[str, Field(examples=["Keeping what you write here"])]
    text: Annotated[
        str,
        Field(
            description="Plain text; paragraphs are separated by an empty line.", examples=["We keep what you write."]
        ),
    ]


@dataclass
class ConsentPage(Page[ConsentRead]):
    items: list[ConsentRead]


class Decision(Body):
    granted: StrictBool = Field(examples=[True])
    version: Version


class PurposeDecision(Decision):
    purpose: Purpose


@dataclass(kw_only=True)
class MyConsent:
    """What a member decided last about a purpose, and which version is asked for now."""

    purpose: Annotated[str, Field(examples=["health_data"])]
    granted: bool
    version: Annotated[str | None, Field(description="The version decided on; null: never decided.", examples=["1"])]
    decided_at: datetime | None
    current_version: Annotated[str, Field(examples=["1"])]


class Registration(Body):
    email: Address
    password: Password
    display_name: DisplayName | None = None
    time_zone: TimeZone | None = Field(default=None, description="The default for new journeys; UTC unless given.")
    language: Language | None = Field(default=None, description="For mails and texts; English unless given.")
    consents: list[PurposeDecision] = Field(default_factory=list, max_length=MOST_CONSENTS)

    @field_validator("consents")
    @classmethod
    def _one_for_each(cls, consents: list[PurposeDecision]) -> list[PurposeDecision]:
        if len({each.purpose for each in consents}) < len(consents):
            raise ValueError("must decide on each purpose once")
        return consents


class Credentials(Body):
    email: Address
    password: Password
    device_name: DeviceName | None = Field(
        default=None, description="How the member knows this device; made from the `User-Agent` unless given."
    )


class Refresh(Body):
    refresh_token: Token = Field(description="As it was given.")


@dataclass(kw_only=True)
class TokenPair:
    """`access_token` goes into the `Authorization` header for `expires_in` seconds; `refresh_token` gets the next pair.
    Keep the refresh token where no script of others can read it.
    """

    access_token: Annotated[str, Field(examples=["eyJhbGciOiJIUzI1NiIs..."])]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds.", examples=[600])]
    refresh_token: Annotated[str, Field(examples=["AT0hRcB7..."])]


class Verification(Body):
    token: Token


class Forgotten(Body):
    email: Address


class Reset(Body):
    token: Token
    password: Password = Field(description="The new one.")


@dataclass(kw_only=True)
class MemberRead:
    id: Annotated[UUID, Field(examples=["6f1c7e0a-4c1f-4a57-9a2e-0d8f3f2b7c11"])]
    email: Annotated[str, Field(examples=["ana@example.org"])]
    email_verified: bool
    display_name: Annotated[str | None, Field(examples=["Ana"])]
    time_zone: Annotated[str, Field(examples=["Europe/Dublin"])]
    language: Annotated[str, Field(examples=["en"])]
    registered_at: datetime


class ProfileChange(Body):
    """What is left out stays as it is; a `display_name` of null removes it."""

    display_name: DisplayName | None = None
    time_zone: TimeZone = Field(default_factory=str)  # may be left out, but not null
    language: Language = Field(default_factory=str)


class PasswordChange(Body):
    current_password: Password
    new_password: Password


class AddressChange(Body):
    email: Address
    current_password: Password


@dataclass(kw_only=True)
class SeenSession:
    """Somebody signed in on one device."""

    id: Annotated[UUID, Field(examples=["0b9f0f0e-52cf-4f43-9a0e-1a2b3c4d5e6f"])]
    device: Annotated[
        str | None,
        Field(
            description="What the app called it, or what its `User-Agent` says; null: unknown.",
            examples=["Safari on iOS"],
        ),
    ]
    place: Annotated[
        str | None,
        Field(
            description="The surroundings of the network address that it was last used from; null: unknown.",
            examples=["203.0.113.0/24"],
        ),
    ]
    started_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(kw_only=True)
class SessionRead(SeenSession):
    is_current: Annotated[bool, Field(description="Whether it is the one that asks.")]


@dataclass
class SessionPage(Page[SessionRead]):
    items: list[SessionRead]
