"""Each part of a questionnaire's file has its kind of value; files that can't be one are told."""

from pathlib import Path

import pytest

from tests.content.questionnaires.good_questionnaire import GOOD, faults_in, is_good, line_of, replaced

PLAIN = "anchors and aliases aren't used here: write it out"
NUMBER, WHOLE = "should be a valid number", "should be a valid integer"
QUOTED = "must be a text; put it in quotes"
CONDITION = "{question: c3, at_least: 1}"
ACROSS = "{rule: prorate, min_answered: 1}"
LICENCE = "commercial_use: allowed"
MEAN = "mean: 3, sd: 1"
HUGE = "9" * 400


@pytest.mark.parametrize(
    ("old", "new", "fault"),
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
        ("minutes: 2", "minutes: 2\nminuts: 2", "minuts isn't known here; did you mean 'minutes'?"),
        ("section: first", "sectoin: first", "questions.1.sectoin isn't known here; did you mean 'section'?"),
        ("at_least: 1", "at_leest: 1", "questions.8.show_if.at_leest isn't known here; did you mean 'at_least'?"),
        ("weights: {b1: 2}", "wieghts: {b1: 2}", "scales.2.wieghts isn't known here; did you mean 'weights'?"),
        ("minutes: 2", "minutes: 2\nminutes: 3", "'minutes' stands here twice: keep one"),
        ("{b1: 2}", "{b1: 2, b1: 3}", "'b1' stands here twice: keep one"),
        ("{b1: 2}", "&it {b1: 2}", PLAIN),
        ("{b1: 2}", "*it", PLAIN),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind(folder: Path, old: str, new: str, fault: str) -> None:
    text = replaced(GOOD, old, new)

    line = line_of(text, new) + new.count("\n")
    assert faults_in(folder, text) == [f"{line}: {fault}"]


@pytest.mark.parametrize(
    ("old", "new", "name", "what"),
    [
        ('- {value: 0, label: "No"}', "- 0", "questions.7.options.1", "value"),
        (CONDITION, "{all: [5]}", "questions.8.show_if.all.1", "question"),
        (CONDITION, "{any: [c3]}", "questions.8.show_if.any.1", "question"),
        ("{id: low, name: Low, min: 0, max: 1, text: Little.}", "low", "scales.3.bands.values.1", "id"),
        (ACROSS, "prorate", "scales.1.missing", "rule"),
    ],
)  # fmt: skip
def test_a_value_where_keys_should_be(folder: Path, old: str, new: str, name: str, what: str) -> None:
    text = replaced(GOOD, old, new)

    line = GOOD.count("\n", 0, GOOD.index(old)) + 1
    assert faults_in(folder, text) == [f"{line}: {name} must be keys with values, such as {what}: ..."]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("id: c1,", "id: C-1,", "questions.5.id "),
        ("{0: Never, 2: Always}", "{none: Never, 2: Always}", "response_scales.2.labels.none"),
        ("{b1: 2}", "{B1: 2}", "scales.2.weights.B1"),
    ],
)
def test_a_name_of_the_wrong_form_is_told_without_a_pattern(folder: Path, old: str, new: str, fault: str) -> None:
    text = replaced(GOOD, old, new)

    [found] = faults_in(folder, text)
    assert found.startswith(f"{line_of(text, new)}: {fault}")
    assert not {"[", "^", "$"}.intersection(found)


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("{question: c3}", "must have question with at_least, at_most or one_of"),
        ("{at_least: 1}", "must have either question, all or any"),
        ("{}", "must have either question, all or any"),
        ("{question: c3, at_least: 1, any: [{question: c3, at_least: 1}]}", "must have either question, all or any"),
        ("{all: [{question: c3, at_least: 1}], any: [{question: c3, at_least: 1}]}",
         "must have either question, all or any"),
        ("{all: [{question: c3, at_least: 1}], at_least: 1}", "must have question with at_least, at_most or one_of"),
    ],
)  # fmt: skip
def test_a_condition_is_of_one_kind_and_complete(folder: Path, condition: str, fault: str) -> None:
    text = replaced(GOOD, CONDITION, condition)

    assert faults_in(folder, text) == [f"{line_of(text, '{id: aside')}: questions.8.show_if {fault}"]


@pytest.mark.parametrize(
    "condition",
    [
        "{question: c3, at_least: 0, at_most: 1}",
        "{question: c3, one_of: [0]}",
        "{all: [{question: c3, at_least: 1}, {any: [{question: a1, at_most: 2}, {question: b1, one_of: [3, 4]}]}]}",
    ],
)
def test_conditions_of_each_kind_are_read(folder: Path, condition: str) -> None:
    assert is_good(folder, replaced(GOOD, CONDITION, condition))


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("{rule: prorate}", "must say min_answered: how many answers it needs at least"),
        ("{rule: ignore}", "must say min_answered: how many answers it needs at least"),
        (
            "{rule: require_complete, min_answered: 2}",
            "must have no min_answered: the rule require_complete needs every answer",
        ),
    ],
)
def test_min_answered_is_said_where_answers_may_be_missing_and_only_there(folder: Path, rule: str, fault: str) -> None:
    text = replaced(GOOD, ACROSS, rule)

    assert faults_in(folder, text) == [f"{line_of(text, rule)}: scales.1.missing {fault}"]


@pytest.mark.parametrize(
    ("old", "what"),
    [
        (", source: study}\n    norms", "scales.1.reliability.source"),
        (", source: study}\n  - id: up", "scales.1.norms.source"),
        ("      source: study\n", "scales.3.bands.source"),
        ("population: Nobody, source: study}\n  - id: up", "scales.1.norms.population"),
    ],
)
def test_figures_have_a_source_and_a_population(folder: Path, old: str, what: str) -> None:
    new = {"scales.3.bands.source": "", "scales.1.norms.population": "source: study}\n  - id: up"}.get(
        what, old.replace(", source: study", "")
    )
    text = replaced(GOOD, old, new)

    key = f"    {what.split('.')[2]}:"
    assert faults_in(folder, text) == [f"{line_of(text, key)}: {what} is missing"]


@pytest.mark.parametrize("use", ["forbidden", "unclear"])
def test_a_licence_that_does_not_allow_commercial_use_needs_a_reason(folder: Path, use: str) -> None:
    text = replaced(GOOD, LICENCE, f"commercial_use: {use}")

    fault = f"licence is {use} for commercial use: get a permission, or give override_reason"
    assert faults_in(folder, text) == [f"{line_of(text, 'licence:')}: {fault}"]
    assert is_good(folder, replaced(text, f"use: {use}", f"use: {use}, override_reason: She wrote us that we may."))
