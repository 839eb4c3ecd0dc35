"""The example that editors are shown is a file that can be loaded."""

import re
from pathlib import Path

from app.assessments.files.checks import read_definition
from app.assessments.files.questionnaires import QuestionnaireFile
from app.core.source_files.sources import FaultCollector, read_yaml

GUIDE = Path(__file__).parents[2] / "docs" / "content.md"


def test_the_example_of_a_questionnaire_is_a_good_one_and_has_every_part(tmp_path: Path) -> None:
    found = re.search(r"## assessments/SLUG\.yaml.*?```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    text = found[1].replace("https://...", "https://example.org").replace("...", "Something")
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    faults = FaultCollector()

    source = read_yaml(tmp_path, "example.yaml", faults)
    definition = read_definition(source, faults) if source else None

    assert [str(fault) for fault in faults.found] == []
    assert set(definition or ()) == set(QuestionnaireFile.model_fields)
