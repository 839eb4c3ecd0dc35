"""Fixture for questionnaire content tests: a directory with a valid questionnaire."""

from pathlib import Path

import pytest

from tests.content.questionnaires.valid_questionnaire import write_questionnaire
from tests.factories.content import write_article


@pytest.fixture
def content_dir(content_dir: Path) -> Path:
    """Add a valid questionnaire, and the article that it recommends."""
    write_article(content_dir, "one")
    write_questionnaire(content_dir)
    return content_dir
