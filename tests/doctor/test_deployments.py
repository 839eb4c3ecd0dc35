"""Settings, keys, folders and mail: what is wrong with them is said, whatever else is wrong, and no secret is."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.core.crypto.key_ring import new_entry
from tests.doctor.conftest import Examine
from tests.factories.processes.smtp import mail_server, tls_of, write_certificate

PRODUCTION = {
    "environment": "production",
    "site_url": "https://www.example.org",
    "cors_origins": '["https://www.example.org"]',
    "smtp_url": None,
    "metrics_token": "metrics-token-canary",
    "trusted_proxies": '["10.0.0.0/8"]',
}


def test_before_the_first_start_only_the_database_is_missing(examine: Examine, var: Path) -> None:
    report = examine(keys=None)

    assert report.exit_code == 1
    assert report.wrong == {"database": f"{var}/twentyone.db isn't there"}
    assert report.to_look_at == {"keys": "none yet"}
    assert list(var.iterdir()) == []


def test_what_is_unsafe_in_production_is_said_there_alone(examine: Examine, tmp_path: Path) -> None:
    good = examine(**PRODUCTION, erasures_file=str(tmp_path / "elsewhere"))
    unsafe = {"cors_origins": None, "metrics_token": None, "trusted_proxies": None, "log_level": "debug"}

    assert good.to_look_at.keys() == {"mail"}
    assert examine(**(PRODUCTION | unsafe)).to_look_at.keys() == {
        "mail",
        "CORS",
        "metrics",
        "proxies",
        "logs",
        "erasures",
    }
    assert examine(**(unsafe | {"environment": "development"})).to_look_at == {}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"environment": "production", "keys": None}, "in production TWENTYONE_SITE_URL must be"),
        ({**PRODUCTION, "keys": new_entry("development-")}, "TWENTYONE_KEYS was made for development"),
        ({"site_url": "example.org"}, "TWENTYONE_SITE_URL: must be an origin"),
        ({"cors_origins": "https://www.example.org"}, "TWENTYONE_CORS_ORIGINS: must be JSON"),
        ({"database_url": "mysql://h/d"}, "TWENTYONE_DATABASE_URL: must be postgresql://"),
    ],
)
def test_settings_that_stop_the_start_are_named(examine: Examine, settings: dict[str, str | None], said: str) -> None:
    report = examine(**settings)

    assert report.wrong["settings"].startswith(said)
    assert report.those("good").keys() >= {"Python", "time zones", "cryptography"}


def test_every_command_says_which_setting_is_no_json() -> None:
    result = CliRunner().invoke(app, ["keys", "list"], env={"TWENTYONE_CORS_ORIGINS": "canary"})

    assert (result.exit_code, result.output) == (2, "TWENTYONE_CORS_ORIGINS: must be JSON\n")


def test_a_slip_in_a_setting_is_found_in_the_environment_and_in_the_file(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TWENTYONE_LOGLEVEL=debug\n")
    (tmp_path / ".env").chmod(0o644)

    report = examine(siteurl="https://www.example.org")

    found = [each["found"] for each in report.findings if each["what"] == "settings" and each["state"] == "look"]
    assert found == [
        "TWENTYONE_LOGLEVEL is no setting; did you mean 'TWENTYONE_LOG_LEVEL'?",
        "TWENTYONE_SITEURL is no setting; did you mean 'TWENTYONE_SITE_URL'?",
        "others may read .env",
    ]


def test_proxies_that_are_everybody_are_wrong(examine: Examine) -> None:
    assert examine(trusted_proxies='["10.0.0.0/8", "::/0"]').wrong["proxies"] == "::/0: everybody is believed"


def test_no_secret_is_shown(examine: Examine) -> None:
    secret = new_entry().partition(":")[2]
    report = examine(
        **PRODUCTION
        | {
            "keys": f"one:{secret},two:short-canary",
            "database_url": "postgresql://someone:canary@127.0.0.1:1/x?application_name=canary",
            "smtp_url": "smtp://someone:canary@127.0.0.1:1",
        }
    )
    others = examine(
        database_url="postgresql://someone:canary@127.0.0.1:1/x?application_name=canary",
        smtp_url="smtp://someone:canary@127.0.0.1:1",
    )

    assert report.wrong.keys() >= {"settings", "database"}
    assert others.wrong.keys() == {"mail", "database"}
    for text in (report.text, others.text):
        assert "canary" not in text
        assert secret not in text


def test_folders_that_cannot_be_made_are_wrong(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    report = examine(var_dir=str(tmp_path / "file" / "var"), erasures_file=str(tmp_path / "file" / "erasures"))

    assert report.wrong.keys() == {"var folder", "erasures", "database"}


def test_a_var_folder_that_others_see_is_said(examine: Examine, var: Path) -> None:
    var.chmod(0o755)

    assert examine().to_look_at["var folder"] == f"others may look into {var}"


def test_a_file_of_keys_is_its_owners_alone_and_can_be_read(examine: Examine, var: Path) -> None:
    file = var / "keys"
    file.write_text(new_entry("development-"))
    file.chmod(0o640)
    open_to_others = examine(keys=None)
    file.chmod(0o600)
    good = examine(keys=None)
    file.write_text("development-1:canary")
    torn = examine(keys=None)

    assert open_to_others.wrong["keys"] == f"others may read {file}"
    assert "in use (for development)" in good.those("good")["keys"]
    assert torn.wrong["keys"].startswith("entry 1 must be at least 32 random bytes")
    assert "canary" not in torn.text


def test_a_mail_server_is_greeted_and_signed_in_to_and_gets_nothing(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(tls_context=tls_of(certificate)) as server:
        url = server.url(user="someone:canary@")
        let_in = examine(smtp_url=url)
        server.lets_in = False
        refused = examine(smtp_url=url)
        monkeypatch.delenv("SSL_CERT_FILE")
        unproven = examine(smtp_url=url)
        taken = list(server.taken)

    assert let_in.those("good")["mail"] == "127.0.0.1 greets and lets us in, encrypted"
    assert refused.wrong["mail"] == "SMTPAuthenticationError: 535"
    assert unproven.wrong["mail"].startswith("SSLCertVerificationError")
    assert taken == []
    assert "canary" not in let_in.text + refused.text + unproven.text


def test_a_mail_server_that_is_not_there_is_wrong_and_one_in_clear_is_said(examine: Examine) -> None:
    with mail_server() as server:
        assert examine(smtp_url=server.url()).to_look_at["mail"] == "127.0.0.1 greets, in clear"
    assert examine(smtp_url=server.url()).wrong["mail"].startswith("ConnectionRefusedError")


def test_it_is_a_table_for_people(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    examine()
    result = CliRunner().invoke(app, ["doctor"])

    assert result.exit_code == 1
    assert "right would be" in result.stdout
    assert result.stdout.rstrip().endswith("1 wrong.")
