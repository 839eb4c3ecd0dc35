"""Prometheus metrics of HTTP requests, the response cache and the database."""

from collections.abc import Iterator
from secrets import compare_digest

from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from app.core.db.database import Database
from app.core.errors import INVALID_TOKEN_CHALLENGE, NotSignedIn
from app.core.settings import Settings
from app.web.cache.response_cache import ContentCache
from app.web.openapi.examples import text_example_response
from app.web.problems import responses
from app.web.routes import operations_router

METHOD_LABELS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

router = operations_router()


class Metrics:
    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_DatabaseCollector(database))
        self.requests = Counter(
            "twentyone_requests",
            "Requests that the content cache did not serve.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.durations = Histogram(
            "twentyone_request_seconds",
            "Duration of these requests in seconds.",
            ["method", "route"],
            registry=self.registry,
        )

    def register_cache(self, cache: ContentCache) -> None:
        self.registry.register(_CacheCollector(cache))


class _CacheCollector(Collector):
    """Reads the cache's counters only when metrics are collected, so that cache hits need no extra work."""

    def __init__(self, cache: ContentCache) -> None:
        self._cache = cache

    @override
    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "twentyone_content_cache_hits", "Responses served from the cache.", value=self._cache.hits
        )
        yield CounterMetricFamily(
            "twentyone_content_cache_misses", "Public responses created on a cache miss.", value=self._cache.misses
        )


class _DatabaseCollector(Collector):
    """Counts the requests that use the database, including timed-out requests whose thread is still running."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def collect(self) -> Iterator[Metric]:
        threads = GaugeMetricFamily(
            "twentyone_database_slots_used", "Requests that currently use the database.", labels=["kind"]
        )
        threads.add_metric(["reading"], self._database.requests.read_slots.used)
        threads.add_metric(["writing"], self._database.requests.write_slots.used)
        threads.add_metric(["passwords"], self._database.password_slots.used)
        yield threads


class MetricsTokenRequired(NotSignedIn):
    code = "metrics_token_needed"
    message = "The metrics token is required."


class WrongMetricsToken(MetricsTokenRequired):
    challenge = INVALID_TOKEN_CHALLENGE


class MetricsResponse(Response):
    media_type = CONTENT_TYPE_LATEST


EXAMPLE_RESPONSE = text_example_response(CONTENT_TYPE_LATEST, "twentyone_content_cache_hits_total 42.0")


@router.get(
    "/metrics",
    summary="Get metrics",
    response_class=MetricsResponse,
    responses=responses(MetricsTokenRequired) | EXAMPLE_RESPONSE,
)
async def read_metrics(request: Request) -> str:
    """Return metrics in the Prometheus text format. In production, send the metrics token as a bearer token."""
    services = request.app.state.services.web
    authorization = request.headers.get("authorization", "")
    if not _is_authorized(authorization, services.settings):
        if authorization.lower().startswith("bearer "):
            raise WrongMetricsToken
        raise MetricsTokenRequired
    return generate_latest(services.metrics.registry).decode()


def _is_authorized(authorization: str, settings: Settings) -> bool:
    if settings.metrics_token is None:
        return settings.environment == "development"
    expected = f"Bearer {settings.metrics_token.get_secret_value()}"
    return compare_digest(authorization.encode(), expected.encode())
