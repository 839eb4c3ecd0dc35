"""Build the emails to members, in the language of the member's profile.

The texts do not reveal the topic of the site, because other people may see them. They contain no names or other user
input, because a stranger may have entered it. Each email with a code names the only purpose that the code serves.
"""

from datetime import date, timedelta

from app.accounts.emails.english import ENGLISH
from app.accounts.emails.spanish import SPANISH
from app.core.mail.transport import Mail

TEXTS_BY_LANGUAGE = {"es": SPANISH}  # by primary subtag; English for all other languages
NEW_ADDRESS_KIND = "new_address"  # also used if the address is taken, so that a data export does not reveal this
NOTICE_LIFETIME = timedelta(days=3)  # older notifications are no longer useful
CODE_LIFETIME = timedelta(minutes=10)


def confirm_address(to: str, *, language: str, link: str, code: str, lifetime: timedelta) -> Mail:
    return _email("confirm_address", to, language, lifetime=lifetime, link=link, code=code)


def already_registered(to: str, *, language: str, link: str) -> Mail:
    return _email("already_registered", to, language, link=link)


def reset_password(to: str, *, language: str, link: str, code: str, is_confirmed: bool, lifetime: timedelta) -> Mail:
    """Build the email for a new password.

    If the address was never confirmed, the email explains that its link and code alone start a new, empty account.
    """
    variant = None if is_confirmed else "reset_password_unconfirmed"
    return _email("reset_password", to, language, variant=variant, lifetime=lifetime, link=link, code=code)


def sign_in_code(to: str, *, language: str, code: str) -> Mail:
    return _email("sign_in_code", to, language, lifetime=CODE_LIFETIME, code=code)


def confirm_new_address(to: str, *, language: str, link: str, code: str, lifetime: timedelta) -> Mail:
    return _email(NEW_ADDRESS_KIND, to, language, lifetime=lifetime, link=link, code=code)


def address_taken(to: str, *, language: str, lifetime: timedelta) -> Mail:
    """Build the email to the owner of an address that was requested for another account."""
    return _email(NEW_ADDRESS_KIND, to, language, variant="new_address_taken", lifetime=lifetime)


def address_changed(to: str, *, language: str, link: str) -> Mail:
    """Build the notice to the earlier address. The link leads to the contact page."""
    return _email("address_changed", to, language, link=link)


def password_changed(to: str, *, language: str, link: str) -> Mail:
    return _email("password_changed", to, language, link=link)


def new_device(to: str, *, language: str, link: str) -> Mail:
    """Build the notice of a sign-in from a new network. The link leads to the page for a new password."""
    return _email("new_device", to, language, link=link)


def refresh_token_reused(to: str, *, language: str, link: str) -> Mail:
    """Build the notice of an ended session. The link leads to the page for a new password."""
    return _email("refresh_token_reused", to, language, link=link)


def account_detached(to: str, *, language: str, link: str) -> Mail:
    """Build the notice that an unconfirmed account lost this address. The link leads to the contact page."""
    return _email("account_detached", to, language, link=link)


def account_unused(to: str, *, language: str, link: str, is_last: bool, erased_on: date) -> Mail:
    """Build one of the two reminders of an unused account. The link leads to the page for signing in."""
    variant = "account_unused_last" if is_last else None
    return _email("account_unused", to, language, variant=variant, link=link, erased_on=erased_on.isoformat())


def _email(
    kind: str,
    to: str,
    language: str,
    *,
    variant: str | None = None,
    lifetime: timedelta = NOTICE_LIFETIME,
    **values: str,
) -> Mail:
    """Build an email from the text of its variant, or of its kind. The values replace the placeholders."""
    greeting, signature, texts = TEXTS_BY_LANGUAGE.get(language.partition("-")[0], ENGLISH)
    subject, body = texts[variant or kind]
    text = f"{greeting}\n\n{body.format(**values)}\n\n{signature}\n"
    return Mail(kind=kind, to=to, subject=subject, text=text, lifetime=lifetime)
