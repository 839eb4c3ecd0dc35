"""The texts of emails in English. They are ASCII only (see `core/mail/transport.py`)."""

from app.accounts.emails.texts import EmailText, EmailTexts

RESET_SUBJECT = "Set a new password"
RESET_START = """\
To set a new password, open this link:

{link}

It works once, for at least one hour. Or type this code where you asked for
a new password; it works for ten minutes:

{code}

The code is only for setting a new password. Don't give it to anyone; we'll
never write or call to ask for it."""
RESET_END = """\
If you didn't ask for this, you can ignore this email; your password hasn't
changed."""

UNUSED_START = """\
Your account hasn't been used for a long time. To protect your privacy, what
was stored in it will be erased on this date:

{erased_on}

If you'd like to keep it, simply sign in before that day:

{link}

If you don't need it any longer, you don't have to do anything. The account
itself stays, so you can come back at any time."""

ENGLISH = EmailTexts(
    greeting="Hello,",
    signature="--\n21\nThis is an automatic email; replies aren't read.",
    texts={
        "confirm_address": EmailText(
            "Please confirm your email address",
            """\
Welcome. To confirm this address, please open this link on a device where
you're signed in:

{link}

It works for at least one day. Or type this code where you're signed in; it
works for ten minutes:

{code}

The code is only for confirming this address. Don't give it to anyone; we'll
never write or call to ask for it.

If you didn't ask for this, you can ignore this email; someone may have
mistyped their address.""",
        ),
        "already_registered": EmailText(
            "You already have an account",
            """\
Someone, probably you, tried to sign up with this address. It already has an
account, so nothing has changed; you can simply sign in.

If you've forgotten your password, you can set a new one here:

{link}

If it wasn't you, you can ignore this email.""",
        ),
        "reset_password": EmailText(
            RESET_SUBJECT,
            f"""\
{RESET_START}

Setting a new password signs you out everywhere.

{RESET_END}""",
        ),
        "reset_password_unconfirmed": EmailText(
            RESET_SUBJECT,
            f"""\
{RESET_START}

Please note: this address was never confirmed. Setting a password with this
email alone begins a new, empty account. To keep what you stored before,
there are two ways: use the link or code on a device where you're still
signed in; or, if you remember your password, sign in with it first and
confirm this address.

{RESET_END}""",
        ),
        "sign_in_code": EmailText(
            "Your code",
            """\
Use this code to sign in, or to confirm that it's you. It works for ten
minutes:

{code}

Don't give it to anyone; we'll never write or call to ask for it.

If you didn't ask for a code, you can ignore this email.""",
        ),
        "new_address": EmailText(
            "Please confirm your new email address",
            """\
To use this address for your account from now on, please open this link on a
device where you're signed in:

{link}

It works for at least one day. Or type this code where you're signed in; it
works for ten minutes:

{code}

The code is only for confirming your new address. Don't give it to anyone;
we'll never write or call to ask for it.

Until you confirm, nothing changes. If you didn't ask for this, you can
ignore this email.""",
        ),
        "new_address_taken": EmailText(
            "About your email address",
            """\
Someone asked to use this address for another account. It already belongs to
your account, so nothing has changed and you don't need to do anything.""",
        ),
        "address_changed": EmailText(
            "Your email address was changed",
            """\
Your account now uses a different email address, as requested and confirmed.
From now on, we'll write to that address.

If this wasn't you, someone else may have access to your account. Please get
in touch with us:

{link}""",
        ),
        "password_changed": EmailText(
            "Your password was changed",
            """\
Your password was changed, and you were signed out everywhere else.

If this wasn't you, please set a new password straight away; that signs
everyone else out:

{link}""",
        ),
        "new_device": EmailText(
            "A new sign-in to your account",
            """\
There was a sign-in to your account from a network that hadn't been used for
it before. If it was you, for example away from home, you don't need to do
anything.

If it wasn't you, please set a new password; that signs you, and anyone
else, out everywhere:

{link}""",
        ),
        "refresh_token_reused": EmailText(
            "One of your sessions was ended",
            """\
We ended one of your sessions, because an outdated key of it was used. This
is usually harmless: it can happen after a device was restored from a
backup. What you stored is still there; you can simply sign in again.

If you're unsure, you can set a new password; that signs you, and anyone
else, out everywhere:

{link}""",
        ),
        "account_detached": EmailText(
            "About an earlier account with this address",
            """\
Earlier, an account was started with this address, but the address was never
confirmed. Now someone, probably you, has shown that this mailbox is theirs,
and the address belongs to another account. The earlier one is separate from
it and no longer has this address.

If the earlier account was yours: everything you stored is still there, on
the device where you're signed in to it. There, you can give that account an
address in the settings. Please don't sign out there first, because you
might not be able to sign in again.

If it wasn't yours, you don't need to do anything; someone may have mistyped
their address. If you have questions, please get in touch with us:

{link}""",
        ),
        "account_unused": EmailText(
            "Your account hasn't been used for a long time",
            f"""\
{UNUSED_START}

We'll remind you once more.""",
        ),
        "account_unused_last": EmailText(
            "Last reminder: your account hasn't been used for a long time",
            f"""\
{UNUSED_START}

This is the last reminder.""",
        ),
    },
)
