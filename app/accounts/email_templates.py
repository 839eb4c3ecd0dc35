"""Subjects and texts of the emails to members.

They do not reveal the topic of the site, because other people may see them. They contain no names or other user input,
because a stranger may have entered it. They are ASCII only (see `core/mail/transport.py`).
"""

from datetime import timedelta

from app.accounts.credentials.email_tokens import TOKEN_LIFETIMES, TokenPurpose
from app.core.mail.transport import Mail

NEW_ADDRESS_KIND = "new_address"  # also used if the address is taken, so that a data export does not reveal this
NOTICE_LIFETIME = timedelta(days=3)  # older notifications are no longer useful
SIGNATURE = "\n\n--\n21\nThis is an automatic email; replies aren't read.\n"


def confirm_address(to: str, *, link: str) -> Mail:
    return _email(
        "confirm_address",
        to,
        "Please confirm your email address",
        f"""Hello,

Welcome. Please confirm your email address by opening this link on a device where you're signed in:

{link}

The link works for one day. If you didn't sign up, you can ignore this email; someone may have mistyped their
address.""",
        lifetime=TOKEN_LIFETIMES[TokenPurpose.ADDRESS_VERIFICATION],
    )


def already_registered(to: str, *, link: str) -> Mail:
    return _email(
        "already_registered",
        to,
        "You already have an account",
        f"""Hello,

Someone, probably you, tried to sign up with this address. You already have an account, so nothing has changed; you
can simply sign in.

If you've forgotten your password, you can set a new one here:

{link}

If it wasn't you, you can ignore this email.""",
    )


def reset_password(to: str, *, link: str) -> Mail:
    return _email(
        "reset_password",
        to,
        "Set a new password",
        f"""Hello,

You can set a new password here:

{link}

The link works once, for one hour. Setting a new password signs you out everywhere. If you didn't ask for this, you
can ignore this email; your password hasn't changed.""",
        lifetime=TOKEN_LIFETIMES[TokenPurpose.PASSWORD_RESET],
    )


def confirm_new_address(to: str, *, link: str) -> Mail:
    return _email(
        NEW_ADDRESS_KIND,
        to,
        "Please confirm your new email address",
        f"""Hello,

Please confirm that your account should use this address from now on, by opening this link on a device where you're
signed in:

{link}

The link works for one day. Until then nothing changes. If you didn't ask for this, you can ignore this email.""",
        lifetime=TOKEN_LIFETIMES[TokenPurpose.ADDRESS_CHANGE],
    )


def address_taken(to: str) -> Mail:
    return _email(
        NEW_ADDRESS_KIND,
        to,
        "About your email address",
        """Hello,

Someone asked to use this address for another account. It already belongs to your account, so nothing has changed and
you don't need to do anything.""",
    )


def address_changed(to: str, *, site: str) -> Mail:
    return _email(
        "address_changed",
        to,
        "Your email address was changed",
        f"""Hello,

Your account now uses a different email address, as requested and confirmed. We won't write to this address again.

If this wasn't you, someone else may have access to your account. Please get in touch with us: {site}""",
    )


def password_changed(to: str, *, link: str) -> Mail:
    return _email(
        "password_changed",
        to,
        "Your password was changed",
        f"""Hello,

Your password has just been changed, and you were signed out everywhere else.

If this wasn't you, set a new password straight away; that signs everyone else out:

{link}""",
    )


def _email(kind: str, to: str, subject: str, text: str, *, lifetime: timedelta = NOTICE_LIFETIME) -> Mail:
    return Mail(kind=kind, to=to, subject=subject, text=text + SIGNATURE, lifetime=lifetime)
