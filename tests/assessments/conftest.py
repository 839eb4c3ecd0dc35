"""Fixtures for assessment tests: running services that the tests of a module share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.conftest import Backend
from tests.factories.results import QuestionnaireEditor, running_service, running_shipped_service
from tests.factories.services import Service


@pytest.fixture(scope="module")
def site(backend: Backend, empty_template: URL) -> Iterator[Service]:
    """Run a service with the content that ships with the app."""
    with running_shipped_service(backend, empty_template) as service:
        yield service


@pytest.fixture(scope="module")
def editor(
    backend: Backend, sample_template: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QuestionnaireEditor]:
    """Return an editor that publishes questionnaires in a running service."""
    with running_service(backend, sample_template) as service:
        yield QuestionnaireEditor.create(service, tmp_path_factory.mktemp("editor"))
