"""Check the settings for unknown names, and for values that are unsafe in production."""

from ipaddress import ip_network
from pathlib import Path

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.core.origins import is_allowed
from app.core.settings import Settings
from app.core.source_files.messages import did_you_mean
from app.doctor.directories import is_accessible_by_others
from app.doctor.findings import Finding, Findings

SETTINGS_PREFIX = "TWENTYONE_"
KNOWN_VARIABLES = [f"{SETTINGS_PREFIX}{name.upper()}" for name in Settings.model_fields]


def check_setting_names() -> Findings:
    """Report environment variables that match no setting. The server ignores a misspelled name without an error."""
    variables = {*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars}
    for name in sorted(name.upper() for name in variables):
        if name.startswith(SETTINGS_PREFIX) and name not in KNOWN_VARIABLES:
            detail = f"unknown setting {name}{did_you_mean(name, KNOWN_VARIABLES)}"
            yield Finding.warning("settings", detail, "correct the name or remove the variable")
    file = Path(".env")
    if file.exists() and is_accessible_by_others(file):
        yield Finding.warning("settings", ".env is accessible to other users", "chmod 600 .env")


def check_settings(settings: Settings) -> Findings:
    yield Finding.ok("settings", f"environment {settings.environment}; the API documentation is public")
    yield from _check_proxies(settings)
    if settings.environment == "production":
        yield from _check_cors_origins(settings)
        yield from _check_monitoring(settings)


def _check_cors_origins(settings: Settings) -> Findings:
    insecure = [origin for origin in settings.cors_origins if origin.startswith("http://")]
    wildcards = [origin for origin in settings.cors_origins if "*" in origin]
    is_site_allowed = is_allowed(settings.site_url, settings.cors_origins)
    if insecure:
        fix = "use https:// origins in TWENTYONE_CORS_ORIGINS"
        yield Finding.warning("CORS", f"origins without TLS are allowed: {', '.join(insecure)}", fix)
    if wildcards:
        fix = "list single origins instead, unless you control all pages under these domains"
        yield Finding.warning("CORS", f"all subdomains are allowed: {', '.join(wildcards)}", fix)
    if not is_site_allowed:
        detail = f"the site's own origin isn't allowed: {settings.site_url}"
        yield Finding.warning("CORS", detail, "add it to TWENTYONE_CORS_ORIGINS")
    if not insecure and not wildcards and is_site_allowed:
        yield Finding.ok("CORS", ", ".join(settings.cors_origins))


def _check_proxies(settings: Settings) -> Findings:
    unrestricted = [network for network in settings.trusted_proxies if ip_network(network).prefixlen == 0]
    if unrestricted:
        fix = "list only the proxy in TWENTYONE_TRUSTED_PROXIES; otherwise any client can evade the rate limits"
        yield Finding.error("proxies", f"every address is trusted as a proxy: {', '.join(unrestricted)}", fix)
    elif settings.trusted_proxies:
        yield Finding.ok("proxies", ", ".join(settings.trusted_proxies))
    elif settings.environment == "production":
        fix = "list the TLS proxy in TWENTYONE_TRUSTED_PROXIES; otherwise all clients behind it share one rate limit"
        yield Finding.warning("proxies", "no trusted proxy", fix)


def _check_monitoring(settings: Settings) -> Findings:
    if settings.metrics_token:
        yield Finding.ok("metrics", "available with the token")
    else:
        yield Finding.warning("metrics", "disabled: no token is set", "set TWENTYONE_METRICS_TOKEN")
    if settings.log_level == "debug":
        yield Finding.warning("logs", "log level debug in production", "TWENTYONE_LOG_LEVEL=info")
