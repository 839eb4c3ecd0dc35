"""Tests for validating content files: questionnaire values of the wrong type or out of range."""

from pathlib import Path

import pytest

from tests.content.conftest import Edits, content_errors, make_edits, replace_once
from tests.content.questionnaires.valid_questionnaire import FILE, VALID_FILE, is_valid

NUMBER, WHOLE = "should be a valid number", "should be a valid integer"
FINITE = "should be a finite number"
QUOTED = "must be a text; put it in quotes"
PLAIN = "anchors and aliases are not supported: write the value out"
CONDITION = "{question: c3, at_least: 1}"
COMPARISON = "must have question together with at_least, at_most or one_of"
ONE_KIND = "must have exactly one of question, all and any"
COMPLETE = "missing: {rule: require_complete}"
LICENCE = "commercial_use: allowed"
ID = "must be lower-case letters, digits and underscores, such as q01; a letter first, at most 40"

WRONG_TYPES = (
    ("title: A questionnaire", "title: 21", f"title {QUOTED}"),
    ("minutes: 2", "minutes: '2'", f"minutes {WHOLE}"),
    ("    min: 0", "    min: false", f"response_scales.2.min {WHOLE}"),
    ("{0: Never, 2: Always}", "{0: Never, 2: 5}", f"response_scales.2.labels.2 {QUOTED}"),
    ("{0: 0, 1: 1, 2: 1}", "{0: 0, 1: true, 2: 1}", f"response_scales.2.scores.1 {NUMBER}"),
    ("value: 1,", "value: 1.5,", f"questions.7.options.2.value {WHOLE}"),
    ("scored: false", "scored: 'no'", "questions.8.scored should be a valid boolean"),
    ("method: sum", "method: median", "scales.3.method must be one of 'mean' or 'sum'"),
    ("items: [a1, a2]", "items: a1", "scales.1.items should be a valid list"),
    ("{b1: 2}", "{b1: '2'}", f"scales.2.weights.b1 {NUMBER}"),
    ("value: 0.9", "value: .nan", f"scales.1.reliability.value {FINITE}"),
    ("mean: 3", f"mean: {'9' * 400}", f"scales.1.norms.mean {NUMBER}"),
    ("min: 2, max: 3,", "min: two, max: 3,", f"scales.3.bands.values.2.min {NUMBER}"),
    ("method: midpoint", "method: guess", "style.method must be one of 'midpoint' or 'linear_discriminant'"),
    ("margin: 0.5", "margin: yes", f"style.borderline_margin {NUMBER}"),
    ("{across: 3, up: 3}", "{across: 3, up: '3'}", f"style.midpoints.up {NUMBER}"),
    ("up: high}, title: D", "up: top}, title: D", "style.styles.4.position.up must be one of 'low' or 'high'"),
    (LICENCE, "commercial_use: maybe", "licence.commercial_use must be one of 'allowed', 'forbidden' or 'unclear'"),
    ("year: 2015", f"year: {'9' * 5000}", f"references.1.year {WHOLE}"),
)  # fmt: skip
TOO_LOW = (
    ("minutes: 2", "minutes: 0", "minutes should be greater than or equal to 1"),
    ("    min: 0", "    min: -1001", "response_scales.2.min should be greater than or equal to -1000"),
    ("score: 1}", "score: .nan}", f"questions.7.options.2.score {FINITE}"),
    ("items: [a1, a2]", "items: []", "scales.1.items should have at least 1 item after validation, not 0"),
    ("{b1: 2}", "{b1: 0}", "scales.2.weights.b1 should be greater than or equal to 0.000001"),
    ("value: 0.9, sd", "value: 0, sd", "scales.1.reliability.value should be greater than 0"),
    ("mean: 3, sd: 1", "mean: 3, n: 0, sd: 1", "scales.1.norms.n should be greater than or equal to 1"),
    ("{across: 3, up: 3}", "{across: -.inf, up: 3}", f"style.midpoints.across {FINITE}"),
    ("margin: 0.5", "margin: 0", "style.borderline_margin should be greater than or equal to 0.000001"),
)
TOO_HIGH = (
    ("minutes: 2", "minutes: 241", "minutes should be less than or equal to 240"),
    ("    max: 5", "    max: 1001", "response_scales.1.max should be less than or equal to 1000"),
    ("{0: Never, 2: Always}", "[Never, Always]", "response_scales.2.labels should be a valid dictionary"),
    ("{b1: 2}", "{b1: .inf}", f"scales.2.weights.b1 {FINITE}"),
    ("value: 0.9, sd", "value: 1, sd", "scales.1.reliability.value should be less than 1"),
    ("mean: 3", "mean: 1.0e+30", "scales.1.norms.mean should be less than or equal to 1000000"),
    ("margin: 0.5", "margin: 1000001", "style.borderline_margin should be less than or equal to 1000000"),
)
KEYS = (
    ("minutes: 2", "minutes: 2\nminuts: 2", "minuts is unknown; did you mean 'minutes'?"),
    ("summary: Made up.", "summary: Made up.\nsummary: Again.", "'summary' is a duplicate key: remove one"),
    ("section: first", "sectoin: first", "questions.1.sectoin is unknown; did you mean 'section'?"),
    ("id: c1,", "id: C-1,", f"questions.5.id {ID}"),
    ("{0: Never, 2: Always}", "{none: Never, 2: Always}",
     "response_scales.2.labels.none must be one of the scale's numbers"),
    ('- {value: 0, label: "No"}', "- 0", "questions.7.options.1 must be keys with values, such as value: ..."),
    ("at_least: 1", "at_leest: 1", "questions.8.show_if.at_leest is unknown; did you mean 'at_least'?"),
    ("{rule: prorate, min_answered: 1}", "prorate", "scales.1.missing must be keys with values, such as rule: ..."),
    ("{b1: 2}", "{B1: 2}", f"scales.2.weights.B1 {ID}"),
    ("population: Nobody, source: study}\n    norms", "population: Nobody}\n    norms",
     "scales.1.reliability.source is missing", "    reliability:"),
    ("sd: 1, population: Nobody, source", "sd: 1, source", "scales.1.norms.population is missing", "    norms:"),
    ("      source: study\n", "", "scales.3.bands.source is missing", "    bands:"),
)  # fmt: skip
COMBINATIONS = (
    ("text: One.", "text: One., show_if: {question: c3}", f"questions.1.show_if {COMPARISON}"),
    ("text: Two.", f"text: Two., show_if: {{all: [{CONDITION}], at_least: 1}}", f"questions.2.show_if {COMPARISON}"),
    ("text: Three.", "text: Three., show_if: {at_least: 1}", f"questions.3.show_if {ONE_KIND}"),
    ("text: Four.", f"text: Four., show_if: {{any: [{CONDITION}], all: [{CONDITION}]}}",
     f"questions.4.show_if {ONE_KIND}"),
    ("text: Five.", "text: Five., show_if: {any: [c3]}",
     "questions.5.show_if.any.1 must be keys with values, such as question: ..."),
    ("{rule: prorate, min_answered: 1}", "{rule: prorate}",
     "scales.1.missing must have min_answered: the smallest number of answers for a score"),
    (f"{{b1: 2}}\n    {COMPLETE}", "{b1: 2}\n    missing: {rule: require_complete, min_answered: 2}",
     "scales.2.missing must have no min_answered: the rule require_complete needs every answer"),
    (LICENCE, "commercial_use: unclear",
     "licence is unclear for commercial use: get permission, or give override_reason"),
)  # fmt: skip


@pytest.mark.parametrize(
    "edits",
    [WRONG_TYPES, TOO_LOW, TOO_HIGH, KEYS, COMBINATIONS],
    ids=["wrong types", "too low", "too high", "keys", "combinations"],
)
def test_each_invalid_value_is_error_at_its_line(content_dir: Path, edits: Edits) -> None:
    expected = make_edits(content_dir, FILE, *edits)

    assert content_errors(content_dir) == expected


def test_anchor_and_alias_are_errors(content_dir: Path) -> None:
    expected = make_edits(content_dir, FILE, ("{b1: 2}", "&it {b1: 2}", PLAIN), ("[a2]", "*it", PLAIN))

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CONDITION, "{question: c3, at_least: 0, at_most: 1}"),
        (CONDITION, "{question: c3, one_of: [0]}"),
        (CONDITION, "{all: [{question: c3, at_least: 1}, {any: [{question: a1, at_most: 2}]}]}"),
        (LICENCE, "commercial_use: forbidden, override_reason: She wrote us that we may."),
    ],
)
def test_valid_condition_or_licence_is_read(content_dir: Path, old: str, new: str) -> None:
    assert is_valid(content_dir, replace_once(VALID_FILE, old, new))
