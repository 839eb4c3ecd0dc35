"""What mails say. Subjects and texts don't betray what the site is about, for others may see them; names and other
words that somebody typed aren't repeated, for that somebody may be a stranger. ASCII only: `core/mail.py` says why.
"""

from datetime import timedelta

from app.accounts.mailed_tokens import GOOD_FOR, Purpose
from app.core.mail import Mail

NEWS = timedelta(days=3)  # after which it is of no use to be told what happened
SIGNATURE = "\n\n--\n21\nYou get this mail because of an account at this address. Nobody reads answers to it.\n"


def confirm_address(to: str, *, link: str) -> Mail:
    return _mail(
        "confirm_address",
        to,
        "Please confirm your address",
        f"""Hello,

welcome. Please confirm that this address is yours: open the link below on the device where you signed up, or sign in
there first.

{link}

The link works for one day. If you didn't sign up, you need do nothing: without your confirmation nobody can use this
address for anything that matters.""",
        good_for=GOOD_FOR[Purpose.VERIFY],
    )


def already_registered(to: str, *, link: str) -> Mail:
    return _mail(
        "already_registered",
        to,
        "Your account",
        f"""Hello,

somebody, probably you, tried to sign up with this address. You already have an account here, so nothing was changed:
just sign in.

If you don't remember your password, that's no trouble. You can set a new one here:

{link}

If it wasn't you, you need do nothing.""",
    )


def reset_password(to: str, *, link: str) -> Mail:
    return _mail(
        "reset_password",
        to,
        "A link for you",
        f"""Hello,

you can set a new password here:

{link}

The link works for one hour, and once. Setting a new password signs you out everywhere; then you can sign in with the
new one. If you didn't ask for this, you need do nothing: your password stays as it is.""",
        good_for=GOOD_FOR[Purpose.RESET],
    )


def confirm_new_address(to: str, *, link: str) -> Mail:
    return _mail(
        "confirm_new_address",
        to,
        "Please confirm your new address",
        f"""Hello,

please confirm that your account should use this address from now on: open the link below on a device where you are
signed in.

{link}

The link works for one day. Until then everything stays as it is. If you didn't ask for this, you need do nothing.""",
        good_for=GOOD_FOR[Purpose.MOVE],
    )


def address_taken(to: str) -> Mail:
    return _mail(
        "address_taken",
        to,
        "Your account",
        """Hello,

somebody asked to use this address for another account. You already have an account with it, so nothing was changed,
and you need do nothing. If it was you: sign in with this address, or choose another one for the other account.""",
    )


def address_changed(to: str, *, site: str) -> Mail:
    return _mail(
        "address_changed",
        to,
        "Your address was changed",
        f"""Hello,

your account uses another address from now on, as was asked for and confirmed. This is the last mail to this one.

If it wasn't you, somebody else may be using your account. Please tell us, at {site}""",
    )


def password_changed(to: str, *, link: str) -> Mail:
    return _mail(
        "password_changed",
        to,
        "Your password was changed",
        f"""Hello,

the password of your account was changed just now, and all devices were signed out.

If it was you, all is well. If it wasn't, please set a new password at once, and nobody but you can get in:

{link}""",
    )


def _mail(kind: str, to: str, subject: str, text: str, *, good_for: timedelta = NEWS) -> Mail:
    return Mail(kind=kind, to=to, subject=subject, text=text + SIGNATURE, good_for=good_for)
