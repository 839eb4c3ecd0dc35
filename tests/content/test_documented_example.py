"""Test of the example questionnaire in docs/content.md: it is valid and complete."""

import re
from pathlib import Path

from app.assessments.files.questionnaires import QuestionnaireFile
from app.assessments.files.scoring_checks import read_definition
from app.core.source_files.sources import ErrorCollector, read_yaml

GUIDE = Path(__file__).parents[2] / "docs" / "content.md"


def test_documented_questionnaire_is_valid_and_complete(tmp_path: Path) -> None:
    match = re.search(r"## assessments/SLUG\.yaml.*?```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    text = match[1].replace("https://...", "https://example.org").replace("...", "Something")
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    errors = ErrorCollector()

    source = read_yaml(tmp_path, "example.yaml", errors)
    definition = read_definition(source, errors) if source else None

    assert [str(error) for error in errors.collected] == []
    assert set(definition or ()) == set(QuestionnaireFile.model_fields)
