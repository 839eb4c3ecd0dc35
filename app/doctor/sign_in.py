"""Check the settings of sign-in for values that contradict each other, or that weaken a protection."""

from app.core.settings import Settings
from app.doctor.findings import Finding, Findings

CHECK = "sign-in"
MAX_REPEAT_SECONDS = 600  # a longer time hides the theft of a refresh token
MAX_STEP_UP_MINUTES = 60
MAX_ACCOUNT_GUESSES = 1000  # more would make guessing from many networks worthwhile


def check_sign_in(settings: Settings) -> Findings:
    findings = [
        *_check_mail_budgets(settings),
        *_check_guesses(settings),
        *_check_sessions(settings),
        *_check_response_time(settings),
    ]
    yield from findings or [Finding.ok(CHECK, "password and emailed code")]


def _check_mail_budgets(settings: Settings) -> Findings:
    if settings.mails_a_day < settings.mails_an_hour:
        detail = "TWENTYONE_MAILS_A_DAY is below TWENTYONE_MAILS_AN_HOUR, which therefore has no effect"
        yield Finding.warning(CHECK, detail, "raise TWENTYONE_MAILS_A_DAY")


def _check_guesses(settings: Settings) -> Findings:
    if settings.account_guesses < settings.guesses_free:
        detail = "TWENTYONE_ACCOUNT_GUESSES is below TWENTYONE_GUESSES_FREE, so strangers can delay members"
        yield Finding.warning(CHECK, detail, "raise TWENTYONE_ACCOUNT_GUESSES")
    elif settings.account_guesses > MAX_ACCOUNT_GUESSES:
        detail = f"TWENTYONE_ACCOUNT_GUESSES allows {settings.account_guesses} free guesses a day from many networks"
        yield Finding.warning(CHECK, detail, "lower TWENTYONE_ACCOUNT_GUESSES to 100")


def _check_sessions(settings: Settings) -> Findings:
    if settings.refresh_again_seconds > MAX_REPEAT_SECONDS:
        detail = f"a stolen refresh token isn't detected for {settings.refresh_again_seconds} seconds"
        yield Finding.warning(CHECK, detail, "lower TWENTYONE_REFRESH_AGAIN_SECONDS to 60")
    if settings.step_up_minutes > MAX_STEP_UP_MINUTES:
        detail = f"a stolen access token can export and erase data for {settings.step_up_minutes} minutes"
        yield Finding.warning(CHECK, detail, "lower TWENTYONE_STEP_UP_MINUTES to 5")
    if settings.session_days < settings.session_idle_days:
        detail = "TWENTYONE_SESSION_DAYS is below TWENTYONE_SESSION_IDLE_DAYS, which therefore has no effect"
        yield Finding.warning(CHECK, detail, "raise TWENTYONE_SESSION_DAYS")


def _check_response_time(settings: Settings) -> Findings:
    if settings.environment == "production" and settings.min_answer_milliseconds == 0:
        detail = "response times reveal which email addresses have an account"
        yield Finding.warning(CHECK, detail, "set TWENTYONE_MIN_ANSWER_MILLISECONDS to 100")
