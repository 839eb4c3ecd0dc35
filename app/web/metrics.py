"""Numbers for Prometheus, in a registry of the app's own."""

from collections.abc import Iterator
from secrets import compare_digest

from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from app.core.db.database import Database
from app.core.errors import NotSignedIn
from app.core.settings import Settings
from app.web.cache.response_cache import ContentCache
from app.web.openapi.examples import text_example
from app.web.problems import refusals
from app.web.routes import operations_router

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

router = operations_router()


class Metrics:
    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_DatabaseCollector(database))
        self.requests = Counter(
            "twentyone_requests",
            "Requests answered past the content cache.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "twentyone_request_seconds", "How long they took.", ["method", "route"], registry=self.registry
        )

    def watch(self, cache: ContentCache) -> None:
        self.registry.register(_CacheCollector(cache))


class _CacheCollector(Collector):
    """Reads the cache's plain integers when somebody asks, so that a hit pays nothing for being counted."""

    def __init__(self, cache: ContentCache) -> None:
        self._cache = cache

    @override
    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily("twentyone_content_cache_hits", "Replies served as kept.", value=self._cache.hits)
        yield CounterMetricFamily("twentyone_content_cache_misses", "Replies made.", value=self._cache.misses)


class _DatabaseCollector(Collector):
    """Threads that work for requests, some of them longer than their requests waited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def collect(self) -> Iterator[Metric]:
        threads = GaugeMetricFamily(
            "twentyone_database_places_taken", "Requests that use the database now.", labels=["kind"]
        )
        threads.add_metric(["reading"], self._database.requests.reading.taken)
        threads.add_metric(["writing"], self._database.requests.writing.taken)
        threads.add_metric(["passwords"], self._database.passwords.taken)
        yield threads


class MetricsTokenNeeded(NotSignedIn):
    code = "metrics_token_needed"
    says = "The metrics need the operator's token."


class MetricsText(Response):
    media_type = CONTENT_TYPE_LATEST


EXAMPLE = text_example(CONTENT_TYPE_LATEST, "twentyone_content_cache_hits_total 42.0")


@router.get("/metrics", summary="Metrics", response_class=MetricsText, responses=refusals(MetricsTokenNeeded) | EXAMPLE)
async def read_metrics(request: Request) -> str:
    """Counters and timings in Prometheus' text format. In production, with `Authorization: Bearer` and the
    operator's token only.
    """
    services = request.app.state.services.web
    if not _may_read(request.headers.get("authorization", ""), services.settings):
        raise MetricsTokenNeeded
    return generate_latest(services.metrics.registry).decode()


def _may_read(authorization: str, settings: Settings) -> bool:
    if settings.metrics_token is None:
        return settings.environment == "development"
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}"
    return compare_digest(authorization.encode(), wanted.encode())
