"""Tests that each questionnaire has the scales and reverse-keyed items that its authors published."""

import re
from typing import Any

import pytest

from tests.factories.questionnaires import (
    PUBLISHED,
    load_definition,
    load_stored_definition,
    uniform_answers,
    values_by_scale,
)

KEYS = {
    ("ecr", "anxiety"): "2 4 6 8 10 12 14 16 18 20 -22 24 26 28 30 32 34 36",
    ("ecr", "avoidance"): "1 -3 5 7 9 11 13 -15 17 -19 21 23 -25 -27 -29 -31 -33 -35",
    ("ecr-r", "anxiety"): "1 2 3 4 5 6 7 8 -9 10 -11 12 13 14 15 16 17 18",
    ("ecr-r", "avoidance"): "19 -20 21 -22 23 24 25 -26 -27 -28 -29 -30 -31 32 -33 -34 -35 -36",
    ("ecr-rs", "anxiety"): "7 8 9",
    ("ecr-rs", "avoidance"): "-1 -2 -3 -4 5 6",
    ("ecr-12", "anxiety"): "1 2 3 5 7 8",
    ("ecr-12", "avoidance"): "4 -6 -9 -10 -11 -12",
    ("ucla-20", "loneliness"): "-1 2 3 4 -5 -6 7 8 -9 -10 11 12 13 14 -15 -16 17 18 -19 -20",
}
REVERSED = {"ecr": 10, "ecr-midpoint": 10, "ecr-r": 14, "ecr-rs": 4, "ecr-12": 5, "ucla-20": 9, "djg-6": 0}


def parse_key(key: str) -> dict[str, int]:
    return {f"q{abs(int(item)):02d}": -1 if item.startswith("-") else 1 for item in key.split()}


@pytest.mark.parametrize(("name", "scale"), KEYS)
def test_each_item_moves_only_its_scale_in_keyed_direction(name: str, scale: str) -> None:
    questionnaire, key = load_definition(name), parse_key(KEYS[name, scale])
    answers = uniform_answers(questionnaire, 2)
    before = values_by_scale(questionnaire, answers)[scale]
    assert before is not None
    step = 1 if name == "ucla-20" else 1 / len(key)

    for question in answers:
        after = values_by_scale(questionnaire, answers | {question: 3})[scale]

        assert after == pytest.approx(before + step * key.get(question, 0)), question


def test_both_ecr_definitions_have_equal_scales() -> None:
    assert load_definition("ecr").scales == load_definition("ecr-midpoint").scales


@pytest.mark.parametrize("name", PUBLISHED)
def test_definition_has_published_number_of_reverse_keyed_items(name: str) -> None:
    assert (
        sum(len(scale.get("reverse_keyed", [])) for scale in load_stored_definition(name)["scales"]) == REVERSED[name]
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_item_is_on_one_scale_unless_scales_declare_sharing(name: str) -> None:
    scales = {scale["id"]: scale for scale in load_stored_definition(name)["scales"]}

    for scale_read in scales.values():
        for other in scales.values():
            common = set(scale_read["items"]) & set(other["items"])
            assert not common or scale_read is other or other["id"] in scale_read["shares_items_with"], (
                scale_read["id"],
                other["id"],
            )


@pytest.mark.parametrize("name", PUBLISHED)
def test_definition_contains_no_published_item_text(name: str) -> None:
    file = load_stored_definition(name)

    assert [question["text"] for question in file["questions"]] == [
        f"Item {int(question['id'].removeprefix('q'))}." for question in file["questions"]
    ]
    assert file["licence"]["commercial_use"] in {"forbidden", "unclear"}
    assert file["licence"]["override_reason"] == "Keys only, for tests; no item texts."


@pytest.mark.parametrize("name", PUBLISHED)
def test_definition_has_no_norms_or_reliability_and_cites_bands(name: str) -> None:
    file = load_stored_definition(name)
    sources = {reference["id"] for reference in file["references"]}

    assert sources
    for scale in file["scales"]:
        assert not {"norms", "reliability"} & scale.keys()
        assert scale.get("bands", {"source": min(sources)})["source"] in sources


@pytest.mark.parametrize("name", PUBLISHED)
def test_stored_definition_has_string_keys_only(name: str) -> None:
    def keys(value: Any) -> set[Any]:
        parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        return set(value if isinstance(value, dict) else ()).union(*map(keys, parts))

    names = keys(load_stored_definition(name))

    assert {"1", "title"} < names
    assert all(isinstance(key, str) and re.fullmatch(r"[a-z0-9_]+", key) for key in names)
