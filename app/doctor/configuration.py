"""Settings: those that can't be read, those that nothing reads, and those that are unsafe where they are."""

from ipaddress import ip_network
from pathlib import Path

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.core.settings import Settings
from app.core.source_files.messages import did_you_mean
from app.doctor.findings import Findings, good, look, wrong
from app.doctor.folders import is_open_to_others

PREFIX = "TWENTYONE_"
KNOWN = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def look_at_names() -> Findings:
    """A slip in a setting's name is read by nobody, and the start doesn't tell."""
    given = {*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars}
    for name in sorted(name.upper() for name in given):
        if name.startswith(PREFIX) and name not in KNOWN:
            yield look("settings", f"{name} is no setting{did_you_mean(name, KNOWN)}", "its right name, or none")
    file = Path(".env")
    if file.exists() and is_open_to_others(file):
        yield look("settings", "others may read .env", "chmod 600 .env")


def look_at_settings(settings: Settings) -> Findings:
    yield good("settings", f"{settings.environment}; the documentation is public, as it is meant to be")
    yield from _proxies(settings)
    if settings.environment == "production":
        yield from _origins(settings)
        yield from _watching(settings)


def _origins(settings: Settings) -> Findings:
    plain = [origin for origin in settings.cors_origins if not origin.startswith("https://")]
    if plain:
        yield look("CORS", f"{', '.join(plain)} may call from browsers", "only https in TWENTYONE_CORS_ORIGINS")
    if settings.site_url not in settings.cors_origins:
        yield look("CORS", f"{settings.site_url} may not call from browsers", "put it into TWENTYONE_CORS_ORIGINS")
    if not plain and settings.site_url in settings.cors_origins:
        yield good("CORS", ", ".join(settings.cors_origins))


def _proxies(settings: Settings) -> Findings:
    everybody = [network for network in settings.trusted_proxies if ip_network(network).prefixlen == 0]
    if everybody:
        right = "TWENTYONE_TRUSTED_PROXIES names the proxy alone, or anybody escapes the limits"
        yield wrong("proxies", f"{', '.join(everybody)}: everybody is believed", right)
    elif settings.trusted_proxies:
        yield good("proxies", ", ".join(settings.trusted_proxies))
    elif settings.environment == "production":
        right = "TWENTYONE_TRUSTED_PROXIES names what ends TLS, or all visitors share its limits"
        yield look("proxies", "none is believed", right)


def _watching(settings: Settings) -> Findings:
    if settings.metrics_token:
        yield good("metrics", "for whoever has the token")
    else:
        yield look("metrics", "closed to everybody", "TWENTYONE_METRICS_TOKEN, for what watches the service")
    if settings.log_level == "debug":
        yield look("logs", "debug", "TWENTYONE_LOG_LEVEL=info")
