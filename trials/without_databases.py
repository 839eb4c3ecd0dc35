"""A plugin of pytest for `trials.mutants`, which tries rules by the tests that need no database: those are many, and
soon over.
"""

import pytest

NEEDY = {"reader", "service"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [each for each in items if NEEDY.isdisjoint(getattr(each, "fixturenames", ()))]
