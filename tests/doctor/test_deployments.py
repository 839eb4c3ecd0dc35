"""Tests for `twentyone doctor`: checks of settings, keys, directories and email, without printing secrets."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.core.crypto.key_ring import generate_entry
from tests.doctor.conftest import RunDoctor
from tests.factories.processes.smtp import mail_server, server_tls_context, write_certificate

PRODUCTION = {
    "environment": "production",
    "site_url": "https://www.example.org",
    "cors_origins": '["https://www.example.org"]',
    "smtp_url": None,
    "metrics_token": "metrics-token-canary",
    "trusted_proxies": '["10.0.0.0/8"]',
}


def test_doctor_before_first_start_reports_only_missing_database(run_doctor: RunDoctor, var: Path) -> None:
    report = run_doctor(keys=None)
    table = CliRunner().invoke(app, ["doctor"], env={"TWENTYONE_VAR_DIR": str(var)})

    assert (report.exit_code, table.exit_code) == (1, 1)
    assert report.errors == {"database": f"{var}/twentyone.db doesn't exist"}
    assert report.warnings == {"keys": "no key ring yet"}
    assert list(var.iterdir()) == []
    assert "ERROR" in table.stdout
    assert table.stdout.rstrip().endswith("1 warning, 1 error.")


def test_unsafe_settings_report_warnings_only_in_production(run_doctor: RunDoctor, tmp_path: Path) -> None:
    safe = run_doctor(**PRODUCTION, erasures_file=str(tmp_path / "elsewhere"))
    unsafe = {"cors_origins": None, "metrics_token": None, "trusted_proxies": None, "log_level": "debug"}

    assert safe.warnings.keys() == {"mail"}
    warned = run_doctor(**(PRODUCTION | unsafe)).warnings.keys()
    assert warned == {"mail", "CORS", "metrics", "proxies", "logs", "erasures"}
    assert run_doctor(**(unsafe | {"environment": "development"})).warnings == {}


@pytest.mark.parametrize(
    ("cors_origins", "warnings"),
    [
        ('["https://WWW.example.org:443", "capacitor://localhost", "tauri://localhost"]', []),
        ('["https://*.example.org"]', ["all subdomains are allowed: https://*.example.org"]),
        ('["https://www.example.org", "http://x.example"]', ["origins without TLS are allowed: http://x.example"]),
        (
            '["https://*.example.com", "ionic://localhost"]',
            [
                "all subdomains are allowed: https://*.example.com",
                "the site's own origin isn't allowed: https://www.example.org",
            ],
        ),
    ],
)
def test_cors_origins_in_production_report_risks(run_doctor: RunDoctor, cors_origins: str, warnings: list[str]) -> None:
    report = run_doctor(**(PRODUCTION | {"cors_origins": cors_origins}))

    assert report.all_details("CORS", "warning") == warnings
    assert bool(report.all_details("CORS", "ok")) == (not warnings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"environment": "production", "keys": None}, "in production TWENTYONE_SITE_URL must be"),
        ({"cors_origins": "https://www.example.org"}, "TWENTYONE_CORS_ORIGINS: must be JSON"),
        ({"database_url": "mysql://h/d"}, "TWENTYONE_DATABASE_URL: must be postgresql://"),
    ],
)
def test_settings_when_invalid_reports_error(
    run_doctor: RunDoctor, settings: dict[str, str | None], message: str
) -> None:
    report = run_doctor(**settings)

    assert report.errors["settings"].startswith(message)
    assert report.details("ok").keys() >= {"Python", "time zones", "cryptography"}


def test_command_when_setting_is_not_json_names_it() -> None:
    result = CliRunner().invoke(app, ["keys", "list"], env={"TWENTYONE_CORS_ORIGINS": "canary"})

    assert (result.exit_code, result.output) == (2, "TWENTYONE_CORS_ORIGINS: must be JSON\n")


def test_settings_when_misspelt_or_unsafe_report_problems(run_doctor: RunDoctor, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TWENTYONE_LOGLEVEL=debug\n")
    (tmp_path / ".env").chmod(0o644)

    report = run_doctor(siteurl="https://www.example.org", trusted_proxies='["10.0.0.0/8", "::/0"]')

    assert report.all_details("settings", "warning") == [
        "unknown setting TWENTYONE_LOGLEVEL; did you mean 'TWENTYONE_LOG_LEVEL'?",
        "unknown setting TWENTYONE_SITEURL; did you mean 'TWENTYONE_SITE_URL'?",
        ".env is accessible to other users",
    ]
    assert report.errors["proxies"] == "every address is trusted as a proxy: ::/0"


def test_doctor_output_contains_no_secrets(run_doctor: RunDoctor) -> None:
    secret = generate_entry().partition(":")[2]
    servers = {
        "database_url": "postgresql://someone:canary@127.0.0.1:1/x?application_name=canary",
        "smtp_url": "smtp://someone:canary@127.0.0.1:1",
    }
    invalid_settings = run_doctor(**PRODUCTION | servers | {"keys": f"one:{secret},two:short-canary"})
    unreachable_servers = run_doctor(**servers)

    assert invalid_settings.errors.keys() >= {"settings", "database"}
    assert unreachable_servers.errors.keys() == {"mail", "database"}
    for text in (invalid_settings.text, unreachable_servers.text):
        assert "canary" not in text
        assert secret not in text


def test_directories_when_not_creatable_or_not_private_report_problems(
    run_doctor: RunDoctor, tmp_path: Path, var: Path
) -> None:
    (tmp_path / "file").touch()

    report = run_doctor(var_dir=str(tmp_path / "file" / "var"), erasures_file=str(tmp_path / "file" / "erasures"))

    assert report.errors.keys() == {"var directory", "erasures", "database"}
    var.chmod(0o755)
    assert run_doctor().warnings["var directory"] == f"{var} is accessible to other users"


def test_key_file_when_accessible_by_others_or_damaged_reports_error(run_doctor: RunDoctor, var: Path) -> None:
    file = var / "keys"
    file.write_text(generate_entry("development-"))
    file.chmod(0o640)
    accessible = run_doctor(keys=None)
    file.chmod(0o600)
    private = run_doctor(keys=None)
    file.write_text("development-1:canary")
    damaged = run_doctor(keys=None)

    assert accessible.errors["keys"] == f"{file} is accessible to other users"
    assert "(for development)" in private.details("ok")["keys"]
    assert damaged.errors["keys"].startswith("entry 1 must be at least 32 random bytes")
    assert "canary" not in damaged.text


def test_mail_server_is_checked_without_sending(
    run_doctor: RunDoctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(tls_context=server_tls_context(certificate)) as server:
        url = server.url(user="someone:canary@")
        accepted = run_doctor(smtp_url=url)
        server.accepts_login = False
        rejected = run_doctor(smtp_url=url)
        monkeypatch.delenv("SSL_CERT_FILE")
        untrusted = run_doctor(smtp_url=url)
        received = list(server.received)

    assert accepted.details("ok")["mail"] == "connected to 127.0.0.1 and logged in, encrypted"
    assert rejected.errors["mail"] == "SMTPAuthenticationError: 535"
    assert untrusted.errors["mail"].startswith("SSLCertVerificationError")
    assert received == []
    assert "canary" not in accepted.text + rejected.text + untrusted.text


def test_mail_server_without_tls_reports_warning_and_if_missing_error(run_doctor: RunDoctor) -> None:
    with mail_server() as server:
        assert run_doctor(smtp_url=server.url()).warnings["mail"] == "connected to 127.0.0.1, not encrypted"
    assert run_doctor(smtp_url=server.url()).errors["mail"].startswith("ConnectionRefusedError")
