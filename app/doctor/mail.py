"""Mail: whether the server would take some, and what has been waiting for it."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select
from sqlmodel import col

from app.core.console import counted
from app.core.mail.outbox import OutboxMail
from app.core.mail.transport import Smtp
from app.core.settings import Settings
from app.doctor.findings import Findings, good, look

LONG = timedelta(minutes=15)
LATELY = timedelta(days=7)


def look_at_server(settings: Settings) -> Findings:
    """Connect, encrypt and sign in; nothing is sent."""
    if settings.smtp_url is None:
        found = f"files in {settings.var_dir / 'mail'}"
        is_meant = settings.environment == "development"
        yield good("mail", found) if is_meant else look("mail", found, "TWENTYONE_SMTP_URL, unless they are collected")
        return
    url = urlsplit(settings.smtp_url.get_secret_value())
    server = f"{url.hostname} greets{' and lets us in' * bool(url.password)}"
    if Smtp(url.geturl()).greet():
        yield good("mail", f"{server}, encrypted")
    else:
        yield look("mail", f"{server}, in clear", "a server that offers STARTTLS, unless it is on this machine")


def look_at_outbox(connection: Connection, *, now: datetime) -> Findings:
    waiting = select(func.count()).where(col(OutboxMail.sealed).is_not(None), col(OutboxMail.written_at) < now - LONG)
    lost = select(func.count()).where(col(OutboxMail.given_up_at) > now - LATELY)
    late, given_up = connection.scalar(waiting) or 0, connection.scalar(lost) or 0
    if late:
        found = f"{counted(late, 'mail')} waiting for more than {LONG.seconds // 60} minutes"
        yield look("outbox", found, "a running service; `mail_delayed` in its log says what the mail server said")
    if given_up:
        found = f"{counted(given_up, 'mail')} given up in {LATELY.days} days"
        yield look("outbox", found, "`mail_given_up` in the log: none, if the mail server takes ours")
    if not late and not given_up:
        yield good("outbox", "nothing waits for long, nothing was given up")
