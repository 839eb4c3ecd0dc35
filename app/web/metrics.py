"""Numbers for Prometheus, in a registry of the app's own."""

from collections.abc import Iterator
from secrets import compare_digest

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from app.core.errors import NotSignedIn
from app.web.cache.response_cache import ContentCache
from app.web.dependencies import AppSettings
from app.web.openapi.examples import text_example
from app.web.problems import refusals

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

router = APIRouter(tags=["Operations"])


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "twentyone_requests",
            "Requests answered past the content cache.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "twentyone_request_seconds", "How long they took.", ["method", "route"], registry=self.registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

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


class MetricsTokenNeeded(NotSignedIn):
    code = "metrics_token_needed"
    says = "The metrics need the operator's token."


class MetricsText(Response):
    media_type = CONTENT_TYPE_LATEST


EXAMPLE = text_example(CONTENT_TYPE_LATEST, "twentyone_content_cache_hits_total 42.0")


@router.get("/metrics", summary="Metrics", response_class=MetricsText, responses=refusals(MetricsTokenNeeded) | EXAMPLE)
async def read_metrics(request: Request, settings: AppSettings) -> str:
    """Counters and timings in Prometheus' text format. In production, with `Authorization: Bearer` and the
    operator's token only.
    """
    if not _may_read(request.headers.get("authorization", ""), settings):
        raise MetricsTokenNeeded
    return generate_latest(request.app.state.metrics.registry).decode()


def _may_read(authorization: str, settings: AppSettings) -> bool:
    if settings.metrics_token is None:
        return settings.environment == "development"
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}"
    return compare_digest(authorization.encode(), wanted.encode())
