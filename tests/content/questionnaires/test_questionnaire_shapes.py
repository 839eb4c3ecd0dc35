"""Tests for validating content files: questionnaire values of the wrong type or out of range."""

from pathlib import Path

import pytest

from tests.content.questionnaires.valid_questionnaire import (
    VALID_FILE,
    is_valid,
    line_of,
    questionnaire_errors,
    replace_once,
)

PLAIN = "anchors and aliases are not supported: write the value out"
NUMBER, WHOLE = "should be a valid number", "should be a valid integer"
QUOTED = "must be a text; put it in quotes"
CONDITION = "{question: c3, at_least: 1}"
ACROSS = "{rule: prorate, min_answered: 1}"
LICENCE = "commercial_use: allowed"
MEAN = "mean: 3, sd: 1"
HUGE = "9" * 400


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("minutes: 2", "minutes: '2'", f"minutes {WHOLE}"),
        ("minutes: 2", "minutes: yes", f"minutes {WHOLE}"),
        ("minutes: 2", "minutes: 2.5", f"minutes {WHOLE}"),
        ("minutes: 2", "minutes: 0", "minutes should be greater than or equal to 1"),
        ("minutes: 2", f"minutes: {HUGE}", "minutes should be less than or equal to 240"),
        ("minutes: 2", f"minutes: {'9' * 5000}", f"minutes {WHOLE}"),
        ("title: A questionnaire", "title: 21", f"title {QUOTED}"),
        ("    min: 0", "    min: '0'", f"response_scales.2.min {WHOLE}"),
        ("    min: 0", "    min: false", f"response_scales.2.min {WHOLE}"),
        ("    min: 0", "    min: -1001", "response_scales.2.min should be greater than or equal to -1000"),
        ("    max: 5", "    max: 1001", "response_scales.1.max should be less than or equal to 1000"),
        ("{0: Never, 2: Always}", "{0: Never, 2: 5}", f"response_scales.2.labels.2 {QUOTED}"),
        ("{0: Never, 2: Always}", "[Never, Always]", "response_scales.2.labels should be a valid dictionary"),
        ("{0: 0, 1: 1, 2: 1}", "{0: 0, 1: '1', 2: 1}", f"response_scales.2.scores.1 {NUMBER}"),
        ("{0: 0, 1: 1, 2: 1}", "{0: 0, 1: true, 2: 1}", f"response_scales.2.scores.1 {NUMBER}"),
        ("score: 1}", "score: .nan}", "questions.7.options.2.score should be a finite number"),
        ("value: 1,", "value: '1',", f"questions.7.options.2.value {WHOLE}"),
        ("scored: false", "scored: 'no'", "questions.8.scored should be a valid boolean"),
        ("method: sum", "method: median", "scales.3.method must be one of 'mean' or 'sum'"),
        ("items: [a1, a2]", "items: []", "scales.1.items should have at least 1 item after validation, not 0"),
        ("items: [a1, a2]", "items: a1", "scales.1.items should be a valid list"),
        ("{b1: 2}", "{b1: '2'}", f"scales.2.weights.b1 {NUMBER}"),
        ("{b1: 2}", "{b1: 0}", "scales.2.weights.b1 should be greater than or equal to 0.000001"),
        ("{b1: 2}", "{b1: .inf}", "scales.2.weights.b1 should be a finite number"),
        ("{b1: 2}", "{b1: 1000001}", "scales.2.weights.b1 should be less than or equal to 1000000"),
        ("value: 0.9, sd", "value: 1, sd", "scales.1.reliability.value should be less than 1"),
        ("value: 0.9, sd", "value: 0, sd", "scales.1.reliability.value should be greater than 0"),
        ("value: 0.9", "value: .nan", "scales.1.reliability.value should be a finite number"),
        ("value: 0.9", "value: .inf", "scales.1.reliability.value should be a finite number"),
        (MEAN, "mean: .nan, sd: 1", "scales.1.norms.mean should be a finite number"),
        (MEAN, "mean: -.inf, sd: 1", "scales.1.norms.mean should be a finite number"),
        (MEAN, f"mean: {HUGE}, sd: 1", f"scales.1.norms.mean {NUMBER}"),
        (MEAN, "mean: 1.0e+30, sd: 1", "scales.1.norms.mean should be less than or equal to 1000000"),
        (MEAN, "mean: 3, sd: 0", "scales.1.norms.sd should be greater than or equal to 0.000001"),
        (MEAN, "mean: 3, n: 0, sd: 1", "scales.1.norms.n should be greater than or equal to 1"),
        ("min: 2, max: 3,", "min: two, max: 3,", f"scales.3.bands.values.2.min {NUMBER}"),
        ("margin: 0.5", "margin: 0", "style.borderline_margin should be greater than or equal to 0.000001"),
        ("margin: 0.5", "margin: yes", f"style.borderline_margin {NUMBER}"),
        ("{across: 3, up: 3}", "{across: 3, up: '3'}", f"style.midpoints.up {NUMBER}"),
        ("{across: high, up: high}", "{across: high, up: top}",
         "style.styles.4.position.up must be one of 'low' or 'high'"),
        ("method: midpoint", "method: guess", "style.method must be one of 'midpoint' or 'linear_discriminant'"),
        (LICENCE, "commercial_use: maybe",
         "licence.commercial_use must be one of 'allowed', 'forbidden' or 'unclear'"),
        ("year: 2015", "year: '2015'", f"references.1.year {WHOLE}"),
        ("minutes: 2", "minutes: 2\nminuts: 2", "minuts is unknown; did you mean 'minutes'?"),
        ("section: first", "sectoin: first", "questions.1.sectoin is unknown; did you mean 'section'?"),
        ("at_least: 1", "at_leest: 1", "questions.8.show_if.at_leest is unknown; did you mean 'at_least'?"),
        ("weights: {b1: 2}", "wieghts: {b1: 2}", "scales.2.wieghts is unknown; did you mean 'weights'?"),
        ("minutes: 2", "minutes: 2\nminutes: 3", "'minutes' is a duplicate key: remove one"),
        ("{b1: 2}", "{b1: 2, b1: 3}", "'b1' is a duplicate key: remove one"),
        ("{b1: 2}", "&it {b1: 2}", PLAIN),
        ("{b1: 2}", "*it", PLAIN),
    ],
)  # fmt: skip
def test_value_of_wrong_type_is_error(content_dir: Path, old: str, new: str, error: str) -> None:
    text = replace_once(VALID_FILE, old, new)

    line = line_of(text, new) + new.count("\n")
    assert questionnaire_errors(content_dir, text) == [f"{line}: {error}"]


@pytest.mark.parametrize(
    ("old", "new", "name", "example"),
    [
        ('- {value: 0, label: "No"}', "- 0", "questions.7.options.1", "value"),
        (CONDITION, "{all: [5]}", "questions.8.show_if.all.1", "question"),
        (CONDITION, "{any: [c3]}", "questions.8.show_if.any.1", "question"),
        ("{id: low, name: Low, min: 0, max: 1, text: Little.}", "low", "scales.3.bands.values.1", "id"),
        (ACROSS, "prorate", "scales.1.missing", "rule"),
    ],
)  # fmt: skip
def test_value_in_place_of_mapping_is_error(content_dir: Path, old: str, new: str, name: str, example: str) -> None:
    text = replace_once(VALID_FILE, old, new)

    line = VALID_FILE.count("\n", 0, VALID_FILE.index(old)) + 1
    assert questionnaire_errors(content_dir, text) == [
        f"{line}: {name} must be keys with values, such as {example}: ..."
    ]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("id: c1,", "id: C-1,", "questions.5.id "),
        ("{0: Never, 2: Always}", "{none: Never, 2: Always}", "response_scales.2.labels.none"),
        ("{b1: 2}", "{B1: 2}", "scales.2.weights.B1"),
    ],
)
def test_invalid_id_is_reported_without_pattern(content_dir: Path, old: str, new: str, error: str) -> None:
    text = replace_once(VALID_FILE, old, new)

    [error_line] = questionnaire_errors(content_dir, text)
    assert error_line.startswith(f"{line_of(text, new)}: {error}")
    assert not {"[", "^", "$"}.intersection(error_line)


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ("{question: c3}", "must have question together with at_least, at_most or one_of"),
        ("{at_least: 1}", "must have exactly one of question, all and any"),
        ("{}", "must have exactly one of question, all and any"),
        ("{question: c3, at_least: 1, any: [{question: c3, at_least: 1}]}",
         "must have exactly one of question, all and any"),
        ("{all: [{question: c3, at_least: 1}], any: [{question: c3, at_least: 1}]}",
         "must have exactly one of question, all and any"),
        ("{all: [{question: c3, at_least: 1}], at_least: 1}",
         "must have question together with at_least, at_most or one_of"),
    ],
)  # fmt: skip
def test_condition_with_mixed_or_missing_keys_is_error(content_dir: Path, condition: str, error: str) -> None:
    text = replace_once(VALID_FILE, CONDITION, condition)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, '{id: aside')}: questions.8.show_if {error}"]


@pytest.mark.parametrize(
    "condition",
    [
        "{question: c3, at_least: 0, at_most: 1}",
        "{question: c3, one_of: [0]}",
        "{all: [{question: c3, at_least: 1}, {any: [{question: a1, at_most: 2}, {question: b1, one_of: [3, 4]}]}]}",
    ],
)
def test_valid_conditions_are_read(content_dir: Path, condition: str) -> None:
    assert is_valid(content_dir, replace_once(VALID_FILE, CONDITION, condition))


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("{rule: prorate}", "must have min_answered: the smallest number of answers for a score"),
        ("{rule: ignore}", "must have min_answered: the smallest number of answers for a score"),
        (
            "{rule: require_complete, min_answered: 2}",
            "must have no min_answered: the rule require_complete needs every answer",
        ),
    ],
)
def test_min_answered_that_does_not_fit_rule_is_error(content_dir: Path, rule: str, error: str) -> None:
    text = replace_once(VALID_FILE, ACROSS, rule)

    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, rule)}: scales.1.missing {error}"]


@pytest.mark.parametrize(
    ("old", "key_path"),
    [
        (", source: study}\n    norms", "scales.1.reliability.source"),
        (", source: study}\n  - id: up", "scales.1.norms.source"),
        ("      source: study\n", "scales.3.bands.source"),
        ("population: Nobody, source: study}\n  - id: up", "scales.1.norms.population"),
    ],
)
def test_figures_without_source_or_population_are_errors(content_dir: Path, old: str, key_path: str) -> None:
    new = {"scales.3.bands.source": "", "scales.1.norms.population": "source: study}\n  - id: up"}.get(
        key_path, old.replace(", source: study", "")
    )
    text = replace_once(VALID_FILE, old, new)

    key = f"    {key_path.split('.')[2]}:"
    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, key)}: {key_path} is missing"]


@pytest.mark.parametrize("use", ["forbidden", "unclear"])
def test_licence_without_commercial_use_requires_reason(content_dir: Path, use: str) -> None:
    text = replace_once(VALID_FILE, LICENCE, f"commercial_use: {use}")

    error = f"licence is {use} for commercial use: get permission, or give override_reason"
    assert questionnaire_errors(content_dir, text) == [f"{line_of(text, 'licence:')}: {error}"]
    assert is_valid(
        content_dir, replace_once(text, f"use: {use}", f"use: {use}, override_reason: She wrote us that we may.")
    )
