"""Tests for the emails to members: every email exists in every language, and the texts keep the rules for emails."""

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from string import Formatter
from typing import Any
from uuid import uuid4

import pytest

from app.accounts.emails import templates
from app.accounts.emails.english import ENGLISH
from app.accounts.emails.spanish import SPANISH
from app.core.mail.transport import Mail, build_message
from tests.factories.processes.outbox import SENDER

TO, LINK, CODE = "ana@example.org", f"https://www.example.org/x#token={'t' * 64}", "04711082"
LANGUAGES = {"en": ENGLISH, "es": SPANISH}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTICE, TEN_MINUTES = timedelta(days=3), timedelta(minutes=10)
CHANGE: dict[str, Any] = {"link": LINK, "code": CODE, "lifetime": DAY}
RESET: dict[str, Any] = {"link": LINK, "code": CODE, "lifetime": HOUR}
UNUSED: dict[str, Any] = {"link": LINK, "erased_on": date(2029, 11, 24)}

# by the name of the text: kind and lifetime of the email, and a function of the language that builds it
EMAILS: dict[str, tuple[str, timedelta, partial[Mail]]] = {
    "confirm_address": ("confirm_address", DAY, partial(templates.confirm_address, TO, **CHANGE)),
    "already_registered": ("already_registered", NOTICE, partial(templates.already_registered, TO, link=LINK)),
    "reset_password": ("reset_password", HOUR, partial(templates.reset_password, TO, **RESET, is_confirmed=True)),
    "reset_password_unconfirmed": (
        "reset_password",
        HOUR,
        partial(templates.reset_password, TO, **RESET, is_confirmed=False),
    ),
    "sign_in_code": ("sign_in_code", TEN_MINUTES, partial(templates.sign_in_code, TO, code=CODE)),
    "new_address": ("new_address", DAY, partial(templates.confirm_new_address, TO, **CHANGE)),
    "new_address_taken": ("new_address", DAY, partial(templates.address_taken, TO, lifetime=DAY)),
    "address_changed": ("address_changed", NOTICE, partial(templates.address_changed, TO, link=LINK)),
    "password_changed": ("password_changed", NOTICE, partial(templates.password_changed, TO, link=LINK)),
    "new_device": ("new_device", NOTICE, partial(templates.new_device, TO, link=LINK)),
    "refresh_token_reused": ("refresh_token_reused", NOTICE, partial(templates.refresh_token_reused, TO, link=LINK)),
    "account_detached": ("account_detached", NOTICE, partial(templates.account_detached, TO, link=LINK)),
    "account_unused": ("account_unused", NOTICE, partial(templates.account_unused, TO, **UNUSED, is_last=False)),
    "account_unused_last": ("account_unused", NOTICE, partial(templates.account_unused, TO, **UNUSED, is_last=True)),
}
PURPOSES = {
    "confirm_address": ("for confirming this address", "para confirmar esta dirección"),
    "reset_password": ("for setting a new password", "para elegir una contraseña nueva"),
    "reset_password_unconfirmed": ("for setting a new password", "para elegir una contraseña nueva"),
    "sign_in_code": ("to sign in, or to confirm that it's you", "para iniciar sesión o para confirmar que eres tú"),
    "new_address": ("for confirming your new address", "para confirmar tu nueva dirección"),
}
NEVER_SHARE = {"en": "Don't give it to anyone; we'll never", "es": "No se lo des a nadie; nunca"}
TOPIC_WORDS = re.compile(
    r"relation|attach|journey|partner|couple|\blov|breakup|therap|health|anxi|avoidant|depress|assessment|21 days"
    r"|relaci|apego|viaje|pareja|v[ií]ncul|\bamor|ruptura|terap|salud|ansie|evita|depres|cuestionario|21 días",
    re.IGNORECASE,
)
MAX_LINE_LENGTH = 78  # recommended (RFC 5322, section 2.1.1)
MAX_LINE_BYTES = 998

by_language = pytest.mark.parametrize("language", LANGUAGES)
by_name = pytest.mark.parametrize("name", EMAILS)


def build(name: str, language: str) -> Mail:
    return EMAILS[name][2](language=language)


def words(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        *((tag, SPANISH.texts["new_device"].subject) for tag in ("es", "es-MX", "es-419", "es-Latn-ES")),
        *((tag, ENGLISH.texts["new_device"].subject) for tag in ("en", "en-IE", "ca", "ca-ES", "est", "de", "")),
    ],
)
def test_primary_subtag_of_language_selects_text(language: str, subject: str) -> None:
    assert build("new_device", language).subject == subject


@by_language
def test_every_text_belongs_to_an_email(language: str) -> None:
    assert LANGUAGES[language].texts.keys() == EMAILS.keys()


@by_language
@by_name
def test_email_contains_each_value_alone_on_its_line(name: str, language: str) -> None:
    kind, lifetime, builder = EMAILS[name]
    greeting, signature, texts = LANGUAGES[language]
    values = {key: str(builder.keywords[key]) for key in ("link", "code", "erased_on") if key in builder.keywords}

    mail = build(name, language)

    text = f"{greeting}\n\n{texts[name].body.format(**values)}\n\n{signature}\n"
    assert mail == Mail(kind, TO, texts[name].subject, text, lifetime)
    assert {field for _, field, _, _ in Formatter().parse(texts[name].body) if field} == values.keys()
    lines = mail.text.splitlines()
    assert {value: lines.count(value) for value in values.values()} == dict.fromkeys(values.values(), 1)


@by_language
@by_name
def test_text_reveals_no_topic_and_has_short_lines(name: str, language: str) -> None:
    mail = build(name, language)

    assert TOPIC_WORDS.findall(f"{mail.subject}\n{mail.text}") == []
    assert [line for line in mail.text.splitlines() if len(line) > MAX_LINE_LENGTH and line != LINK] == []
    assert language != "en" or f"{mail.subject}{mail.text}".isascii()


@by_language
@by_name
def test_message_is_ascii_and_parsed_text_is_unchanged(name: str, language: str) -> None:
    mail = build(name, language)
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    raw = build_message(uuid4(), sender=SENDER, to=TO, subject=mail.subject, text=mail.text, now=now).as_bytes()

    assert raw.isascii()
    assert max(map(len, raw.splitlines())) < MAX_LINE_BYTES
    parsed = message_from_bytes(raw, policy=default)
    assert (parsed["Subject"], parsed.get_content().splitlines()) == (mail.subject, mail.text.splitlines())


def test_email_with_code_names_its_purpose_and_says_to_keep_it() -> None:
    assert PURPOSES.keys() == {name for name, (_, _, builder) in EMAILS.items() if "code" in builder.keywords}
    for name, purposes in PURPOSES.items():
        for language, purpose in zip(LANGUAGES, purposes, strict=True):
            text = words(build(name, language).text)
            assert purpose in text
            assert NEVER_SHARE[language] in text


@by_language
def test_variants_of_emails_differ_in_text(language: str) -> None:
    bodies = [text.body for text in LANGUAGES[language].texts.values()]

    assert len(set(bodies)) == len(bodies)
