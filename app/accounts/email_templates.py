"""What mails say. Subjects and texts don't betray what the site is about, for others may see them; names and other
user input are left out, because a stranger may have entered them. ASCII only (see `core/mail/transport.py`).
"""

from datetime import timedelta

from app.accounts.credentials.email_tokens import GOOD_FOR, Purpose
from app.core.mail.transport import Mail

NEW_ADDRESS = "new_address"  # whether or not it is free, which an export is not to tell
NEWS = timedelta(days=3)  # after which it is of no use to be told what happened
SIGNATURE = "\n\n--\n21\nThis is an automatic email; replies aren't read.\n"


def confirm_address(to: str, *, link: str) -> Mail:
    return _mail(
        "confirm_address",
        to,
        "Please confirm your email address",
        f"""Hello,

Welcome. Please confirm your email address by opening this link on a device where you're signed in:

{link}

The link works for one day. If you didn't sign up, you can ignore this email; somebody may have mistyped their
address.""",
        good_for=GOOD_FOR[Purpose.VERIFY],
    )


def already_registered(to: str, *, link: str) -> Mail:
    return _mail(
        "already_registered",
        to,
        "You already have an account",
        f"""Hello,

Somebody, probably you, tried to sign up with this address. You already have an account, so nothing has changed; you
can simply sign in.

If you've forgotten your password, you can set a new one here:

{link}

If it wasn't you, you can ignore this email.""",
    )


def reset_password(to: str, *, link: str) -> Mail:
    return _mail(
        "reset_password",
        to,
        "Set a new password",
        f"""Hello,

You can set a new password here:

{link}

The link works once, for one hour. Setting a new password signs you out everywhere. If you didn't ask for this, you
can ignore this email; your password hasn't changed.""",
        good_for=GOOD_FOR[Purpose.RESET],
    )


def confirm_new_address(to: str, *, link: str) -> Mail:
    return _mail(
        NEW_ADDRESS,
        to,
        "Please confirm your new email address",
        f"""Hello,

Please confirm that your account should use this address from now on, by opening this link on a device where you're
signed in:

{link}

The link works for one day. Until then nothing changes. If you didn't ask for this, you can ignore this email.""",
        good_for=GOOD_FOR[Purpose.MOVE],
    )


def address_taken(to: str) -> Mail:
    return _mail(
        NEW_ADDRESS,
        to,
        "About your email address",
        """Hello,

Somebody asked to use this address for another account. It already belongs to yours, so nothing has changed and there
is nothing you need to do.""",
    )


def address_changed(to: str, *, site: str) -> Mail:
    return _mail(
        "address_changed",
        to,
        "Your email address was changed",
        f"""Hello,

Your account now uses a different email address, as requested and confirmed. We won't write to this address again.

If this wasn't you, somebody else may have access to your account. Please get in touch with us: {site}""",
    )


def password_changed(to: str, *, link: str) -> Mail:
    return _mail(
        "password_changed",
        to,
        "Your password was changed",
        f"""Hello,

Your password has just been changed, and you were signed out everywhere else.

If this wasn't you, set a new password straight away; that signs everybody else out:

{link}""",
    )


def _mail(kind: str, to: str, subject: str, text: str, *, good_for: timedelta = NEWS) -> Mail:
    return Mail(kind=kind, to=to, subject=subject, text=text + SIGNATURE, good_for=good_for)
