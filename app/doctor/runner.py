"""Run all checks of a deployment (`twentyone doctor`), in a fixed order."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.core.console import SETTINGS_ERRORS, settings_errors
from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.settings import DatabaseSettings, Settings
from app.doctor import configuration, content, database, directories, keys, mail, runtime, sign_in
from app.doctor.findings import Finding, Findings, State, run_check

TIMEOUT_SECONDS = 2.2  # the same time limit as for an HTTP request


Clock = Callable[[], datetime]


def run_checks(*, workers: int, directory: Path, clock: Clock) -> Findings:
    """Run all checks with the configured settings.

    `directory` contains the site content to compare with the database.
    """
    yield from run_check("Python", runtime.check_python(), fix=runtime.INSTALL_COMMAND)
    yield from run_check("time zones", runtime.check_time_zones(), fix=runtime.INSTALL_COMMAND)
    yield from run_check("cryptography", runtime.check_cryptography(now=clock()), fix=runtime.INSTALL_COMMAND)
    yield from configuration.check_setting_names()
    settings: Settings | None = None
    try:
        settings = Settings()
    except SETTINGS_ERRORS as error:
        fix = "see docs/operations.md; checks that need the settings were skipped"
        for message in settings_errors(error):
            yield Finding.error("settings", message, fix)
    if settings:
        yield from _check_service(settings)
    try:
        database_settings = settings or DatabaseSettings()
    except SETTINGS_ERRORS:
        return
    yield from _check_database(database_settings, settings, workers=workers, directory=directory, clock=clock)


def _check_service(settings: Settings) -> Findings:
    yield from run_check("settings", configuration.check_settings(settings), fix="see docs/operations.md")
    yield from run_check("sign-in", sign_in.check_sign_in(settings), fix="see docs/operations.md")
    yield from run_check("keys", keys.check_key_ring(settings), fix="create a key ring with `twentyone keys new`")
    uses_var_dir = not (settings.keys and settings.smtp_url and settings.erasures_file and settings.database_url)
    var_dir = directories.check_var_dir(settings, is_needed=uses_var_dir)
    yield from run_check("var directory", var_dir, fix="set TWENTYONE_VAR_DIR to a directory owned by the service")
    erasure_log = directories.check_erasure_log(settings)
    yield from run_check("erasures", erasure_log, fix="make TWENTYONE_ERASURES_FILE writable")
    yield from run_check("passwords", runtime.check_password_hashing(settings), fix=runtime.INSTALL_COMMAND)
    yield from run_check("mail", mail.check_mail_server(settings), fix="check TWENTYONE_SMTP_URL and the mail server")


def _check_database(
    database_settings: DatabaseSettings,
    settings: Settings | None,
    *,
    workers: int,
    directory: Path,
    clock: Clock,
) -> Findings:
    fix = "check TWENTYONE_DATABASE_URL, and that the database runs and accepts the connection"
    pool_size = settings.pool_size if settings else 1
    opened = Database(database_settings.database, pool_size=pool_size, request_timeout=TIMEOUT_SECONDS)
    in_production = settings is not None and settings.environment == "production"
    try:
        findings = list(
            run_check(
                "database",
                database.check_database(opened, in_production=in_production, workers=workers),
                fix=fix,
            )
        )
        yield from findings
        if any((finding.check, finding.state) == ("database", State.ERROR) for finding in findings):
            return
        yield from run_check("tables", _check_stored_data(opened, settings, directory, clock), fix=fix)
    finally:
        opened.close()


def _check_stored_data(opened: Database, settings: Settings | None, directory: Path, clock: Clock) -> Findings:
    with opened.autocommit() as session:
        connection = session.connection
        findings = list(database.check_tables(connection))
        yield from findings
        if any(finding.state is State.ERROR for finding in findings):
            return  # the other checks would fail for the same reason
        migrate = "run `twentyone migrate`"
        yield from run_check("clock", database.check_clock(connection, clock=clock), fix=migrate)
        yield from run_check("outbox", mail.check_outbox(connection, now=clock()), fix=migrate)
        if settings:
            yield from _check_encryption(session, settings)
    load = f"run {content.LOAD_COMMAND}"
    with opened.snapshot() as snapshot:
        yield from run_check("content", content.check_content(snapshot, now=clock()), fix=load)
    with opened.orm_snapshot() as entities:
        yield from run_check("content directory", content.check_content_directory(entities, directory), fix=load)


def _check_encryption(session: Session, settings: Settings) -> Findings:
    ring: KeyRing | None = None
    try:
        ring = keys.load_ring(settings)
    except (ValueError, OSError):
        return  # the check of the key ring has already reported this
    yield from run_check("encrypted rows", keys.check_encrypted_rows(session, ring), fix="run `twentyone keys list`")
