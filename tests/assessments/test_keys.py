"""Which item counts where, and in which direction, as the authors of each questionnaire publish it."""

import re
from typing import Any

import pytest

from tests.factories.questionnaires import PUBLISHED, all_answered, definition, stored, values_of

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


def signs(key: str) -> dict[str, int]:
    return {f"q{abs(int(item)):02d}": -1 if item.startswith("-") else 1 for item in key.split()}


@pytest.mark.parametrize(("name", "scale"), KEYS)
def test_each_item_moves_its_scale_in_its_direction_and_no_other_item_does(name: str, scale: str) -> None:
    questionnaire, key = definition(name), signs(KEYS[name, scale])
    middling = all_answered(questionnaire, 2)
    before = values_of(questionnaire, middling)[scale]
    assert before is not None
    step = 1 if name == "ucla-20" else 1 / len(key)

    for question in middling:
        after = values_of(questionnaire, middling | {question: 3})[scale]

        assert after == pytest.approx(before + step * key.get(question, 0)), question


def test_both_rules_for_ecr_have_one_key() -> None:
    assert definition("ecr").scales == definition("ecr-midpoint").scales


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_file_has_as_many_reverse_keyed_items_as_are_published(name: str) -> None:
    assert sum(len(scale.get("reverse_keyed", [])) for scale in stored(name)["scales"]) == REVERSED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_item_is_on_one_scale_unless_the_scales_share_it(name: str) -> None:
    scales = {scale["id"]: scale for scale in stored(name)["scales"]}

    for one in scales.values():
        for other in scales.values():
            common = set(one["items"]) & set(other["items"])
            assert not common or one is other or other["id"] in one["shares_items_with"], (one["id"], other["id"])


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_file_holds_keys_and_no_published_sentence(name: str) -> None:
    file = stored(name)

    assert [question["text"] for question in file["questions"]] == [
        f"Item {int(question['id'].removeprefix('q'))}." for question in file["questions"]
    ]
    assert file["licence"]["commercial_use"] in {"forbidden", "unclear"}
    assert file["licence"]["override_reason"] == "Keys only, for tests; no item texts."


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_file_claims_neither_norms_nor_reliability_and_names_a_source_for_bands(name: str) -> None:
    file = stored(name)
    sources = {reference["id"] for reference in file["references"]}

    assert sources
    for scale in file["scales"]:
        assert not {"norms", "reliability"} & scale.keys()
        assert scale.get("bands", {"source": min(sources)})["source"] in sources


@pytest.mark.parametrize("name", PUBLISHED)
def test_stored_files_have_texts_as_keys_as_json_does(name: str) -> None:
    def keys(value: Any) -> set[Any]:
        parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        return set(value if isinstance(value, dict) else ()).union(*map(keys, parts))

    found = keys(stored(name))

    assert {"1", "title"} < found
    assert all(isinstance(key, str) and re.fullmatch(r"[a-z0-9_]+", key) for key in found)
