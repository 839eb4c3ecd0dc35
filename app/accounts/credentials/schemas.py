"""Request bodies and responses for codes, links, step-up and sign-out."""

from dataclasses import dataclass
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator

from app.accounts.addresses import Address
from app.accounts.credentials.email_codes import Code
from app.accounts.credentials.passwords import Password
from app.accounts.fields import DeviceName, Language, Token
from app.accounts.schemas import RequestBody

RequestId = Annotated[
    UUID,
    Field(
        description="Id of the client's request for the email (a UUID). The code then works only with this id. "
        "Attempts with other ids, or without one, do not count.",
        examples=["5d0c9f3e-2f6b-4f0e-8a51-7c2d9e1b6a44"],
    ),
]


class CodeRequest(RequestBody):
    email: Address
    request_id: RequestId | None = None
    language: Language | None = Field(
        default=None, description="Language of the email, if the address has no account. Default: English."
    )


class CodeCredentials(RequestBody):
    email: Address
    code: Code
    request_id: RequestId | None = Field(default=None, description="The `request_id` of the request for the code.")
    device_name: DeviceName = Field(
        default=None, description="Name of this device for the member. Default: derived from `User-Agent`."
    )


class PasswordResetRequest(RequestBody):
    email: Address
    request_id: RequestId | None = None


class PasswordReset(RequestBody):
    """The token of the link, or the address and the code, and the new password."""

    token: Token | None = None
    email: Address | None = None
    code: Code | None = None
    request_id: RequestId | None = Field(default=None, description="The `request_id` of the request for the code.")
    password: Password = Field(description="New password.")

    @model_validator(mode="after")
    def _require_token_or_code(self) -> Self:
        has_code = self.code is not None and self.email is not None
        if has_code == (self.token is not None):
            raise ValueError("must contain either token, or email and code")
        return self


class EmailVerification(RequestBody):
    """The token of the link, or the code from the same email."""

    token: Token | None = None
    code: Code | None = None
    password: Password | None = Field(
        default=None, description="Password of the account. Only needed with a token, if you are not signed in."
    )

    @model_validator(mode="after")
    def _require_token_or_code(self) -> Self:
        if (self.token is None) == (self.code is None):
            raise ValueError("must contain either token or code")
        return self


class Reauthentication(RequestBody):
    """A proof of identity: the password, or a code from `/v1/auth/code`."""

    password: Password | None = None
    code: Code | None = None
    request_id: RequestId | None = Field(default=None, description="The `request_id` of the request for the code.")

    @model_validator(mode="after")
    def _require_one_proof(self) -> Self:
        if (self.password is None) == (self.code is None):
            raise ValueError("must contain either password or code")
        return self


class SignOut(RequestBody):
    confirm: StrictBool = Field(default=False, description="End the session even if the account becomes inaccessible.")


@dataclass(kw_only=True)
class IdentityProvider:
    name: Annotated[str, Field(examples=["apple"])]
    audiences: Annotated[list[str], Field(examples=[["org.example.app"]])]


@dataclass(kw_only=True)
class SignInMethods:
    """The ways to sign in that this server offers."""

    password: bool
    code: Annotated[bool, Field(description="Sign-in with an emailed code.")]
    guest: bool
    passkeys: bool
    totp: Annotated[bool, Field(description="One-time passwords of an authenticator app, as a second factor.")]
    providers: list[IdentityProvider]


SIGN_IN_METHODS = SignInMethods(password=True, code=True, guest=False, passkeys=False, totp=False, providers=[])
