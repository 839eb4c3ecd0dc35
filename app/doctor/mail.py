"""Check outgoing email: the mail server, and delayed or failed emails."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select
from sqlmodel import col

from app.core.console import pluralize
from app.core.mail.outbox import OutboxMail
from app.core.mail.transport import SmtpTransport
from app.core.settings import Settings
from app.doctor.findings import Finding, Findings

MAX_DELIVERY_TIME = timedelta(minutes=15)
FAILURE_PERIOD = timedelta(days=7)


def check_mail_server(settings: Settings) -> Findings:
    """Connect to the mail server, start TLS and log in, without sending an email."""
    if settings.smtp_url is None:
        detail = f"links, codes and notices are written to files in {settings.var_dir / 'mail'}"
        if settings.environment == "development":
            yield Finding.ok("mail", detail)
        else:
            fix = "set TWENTYONE_SMTP_URL, unless another program sends these files"
            yield Finding.warning("mail", detail, fix)
        return
    url = urlsplit(settings.smtp_url.get_secret_value())
    server = f"connected to {url.hostname}{' and logged in' * bool(url.password)}"
    if SmtpTransport(url.geturl()).check_connection():
        yield Finding.ok("mail", f"{server}, encrypted")
    else:
        fix = "use a server that supports STARTTLS, unless it runs on this machine"
        yield Finding.warning("mail", f"{server}, not encrypted", fix)


def check_outbox(connection: Connection, *, now: datetime) -> Findings:
    is_delayed = col(OutboxMail.sealed).is_not(None) & (col(OutboxMail.written_at) < now - MAX_DELIVERY_TIME)
    has_failed = col(OutboxMail.given_up_at) > now - FAILURE_PERIOD
    delayed = connection.scalar(select(func.count()).where(is_delayed)) or 0
    failed = connection.scalar(select(func.count()).where(has_failed)) or 0
    if delayed:
        detail = f"{pluralize(delayed, 'email')} delayed for more than {MAX_DELIVERY_TIME.seconds // 60} minutes"
        fix = "check that the service runs; `mail_delayed` in its log names the type of the error"
        yield Finding.warning("outbox", detail, fix)
    if failed:
        detail = f"{pluralize(failed, 'email')} not delivered in the last {FAILURE_PERIOD.days} days"
        yield Finding.warning(
            "outbox",
            detail,
            "see `mail_given_up` in the log; the mail server rejected the address, or the email expired",
        )
    if not delayed and not failed:
        yield Finding.ok("outbox", "no delayed or undelivered emails")
