from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

from app.accounts.addresses import Address
from app.accounts.credentials.passwords import Password
from app.accounts.fields import Country, DefaultTimeZone, DeviceName, DisplayName, Language, Token
from app.core.db.pagination import Page
from app.core.text_fields import Storable

ConsentPurpose = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$", examples=["health_data"]), Storable
]
ConsentVersion = Annotated[str, Field(min_length=1, max_length=20, examples=["1"]), Storable]
MAX_CONSENTS = 10
STEP_UP = "May be omitted within five minutes of signing in or of `/v1/auth/reauthenticate`."


class RequestBody(BaseModel):
    """Base class of request bodies. It rejects unknown fields, and error messages do not repeat the input."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


@dataclass(kw_only=True)
class Accepted:
    """The request was accepted. The response has no fields."""


@dataclass(kw_only=True)
class ConsentRead:
    """A purpose for which consent can be granted, such as `health_data`, with its current consent text."""

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


class ConsentDecision(RequestBody):
    granted: StrictBool = Field(examples=[True])
    version: ConsentVersion


class RegistrationConsent(ConsentDecision):
    purpose: ConsentPurpose


@dataclass(kw_only=True)
class ConsentStatus:
    """The member's latest consent decision for a purpose, and the current version of the consent text."""

    purpose: Annotated[str, Field(examples=["health_data"])]
    granted: bool
    version: Annotated[
        str | None, Field(description="Version of the latest decision; null without a decision.", examples=["1"])
    ]
    decided_at: datetime | None
    current_version: Annotated[str, Field(examples=["1"])]


class Registration(RequestBody):
    email: Address
    password: Password
    display_name: DisplayName = None
    time_zone: DefaultTimeZone | None = Field(default=None, description="Default for new journeys. Default: UTC.")
    language: Language | None = Field(default=None, description="Language of emails and texts. Default: English.")
    country: Country | None = None
    consents: list[RegistrationConsent] = Field(default_factory=list, max_length=MAX_CONSENTS)

    @field_validator("consents")
    @classmethod
    def _check_unique_purposes(cls, consents: list[RegistrationConsent]) -> list[RegistrationConsent]:
        if len({consent.purpose for consent in consents}) < len(consents):
            raise ValueError("must decide on each purpose once")
        return consents


class Credentials(RequestBody):
    email: Address
    password: Password
    device_name: DeviceName = Field(
        default=None,
        description="Name of this device for the member, cut to 80 characters. Default: derived from `User-Agent`.",
    )


class RefreshRequest(RequestBody):
    refresh_token: Token = Field(description="Refresh token of the latest token response.")


@dataclass(kw_only=True)
class TokenPair:
    """The tokens of a session. Send `access_token` in the `Authorization` header; it is valid for `expires_in` seconds.
    Then exchange `refresh_token` for new tokens. Store it where scripts of third parties cannot read it.
    """

    access_token: Annotated[str, Field(examples=["eyJhbGciOiJIUzI1NiIs..."])]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Lifetime of the access token in seconds.", examples=[600])]
    refresh_token: Annotated[str, Field(examples=["AT0hRcB7..."])]


@dataclass(kw_only=True)
class MemberRead:
    id: Annotated[UUID, Field(examples=["6f1c7e0a-4c1f-4a57-9a2e-0d8f3f2b7c11"])]
    email: Annotated[str | None, Field(description="Null if `address_lost` is true.", examples=["ana@example.org"])]
    email_verified: bool
    address_lost: Annotated[
        bool,
        Field(
            description="Whether someone else proved to own the address before you confirmed it. The account "
            "continues, but you can sign in again only after you add an address."
        ),
    ]
    has_password: bool
    display_name: Annotated[str | None, Field(examples=["Ana"])]
    time_zone: Annotated[str, Field(examples=["Europe/Dublin"])]
    language: Annotated[str, Field(examples=["en"])]
    country: Annotated[str | None, Field(description="ISO 3166-1 alpha-2 code.", examples=["IE"])]
    registered_at: datetime


class ProfileChange(RequestBody):
    """Changes to a profile. Omitted fields are not changed. Null removes a `display_name` or a `country`."""

    display_name: DisplayName = None
    time_zone: DefaultTimeZone = Field(default_factory=str)  # may be omitted, but must not be null
    language: Language = Field(default_factory=str)
    country: Country | None = None


class PasswordChange(RequestBody):
    current_password: Password | None = Field(default=None, description=STEP_UP)
    new_password: Password


class AddressChange(RequestBody):
    email: Address
    current_password: Password | None = Field(
        default=None, description=f"{STEP_UP} Not needed to send the link for your current address again."
    )


@dataclass(kw_only=True)
class SessionDetails:
    """A member's sign-in on one device."""

    id: Annotated[UUID, Field(examples=["0b9f0f0e-52cf-4f43-9a0e-1a2b3c4d5e6f"])]
    device: Annotated[
        str | None,
        Field(
            description="Device name from the app, or derived from `User-Agent`; null if unknown.",
            examples=["Safari on iOS"],
        ),
    ]
    place: Annotated[
        str | None,
        Field(
            description="Network range of the latest use; null if unknown.",
            examples=["203.0.113.0/24"],
        ),
    ]
    started_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(kw_only=True)
class SessionRead(SessionDetails):
    is_current: Annotated[bool, Field(description="Whether this is the session of the request.")]


@dataclass
class SessionPage(Page[SessionRead]):
    items: list[SessionRead]
