"""Fixtures for assessment tests: running services that tests share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.conftest import Backend
from tests.factories.results import QuestionnaireEditor, running_service
from tests.factories.services import Service


@pytest.fixture(scope="session")
def site(backend: Backend, shipped_template: URL) -> Iterator[Service]:
    """Run a service with the content that ships with the app."""
    with running_service(backend, shipped_template) as service:
        yield service


@pytest.fixture(scope="module")
def editor(
    backend: Backend, sample_template: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QuestionnaireEditor]:
    """Return an editor that publishes questionnaires in a running service."""
    with running_service(backend, sample_template) as service:
        yield QuestionnaireEditor.create(service, tmp_path_factory.mktemp("editor"))
