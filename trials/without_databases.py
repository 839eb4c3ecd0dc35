"""Pytest plugin for mutation testing (`trials.mutants`) that skips the slow tests with a database."""

import pytest

DATABASE_FIXTURES = {"shared_client", "service"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))]
