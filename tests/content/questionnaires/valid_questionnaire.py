"""A valid questionnaire file for tests."""

from pathlib import Path

from app.content.reader import read_content

VALID_FILE = """\
title: A questionnaire
summary: Made up.
minutes: 2
about: Made up.
instructions: Answer.
disclaimer: Not a diagnosis.
response_scales:
  - id: agreement
    min: 1
    max: 5
    labels: {1: Not at all, 5: Very much}
  - id: often
    min: 0
    max: 2
    labels: {0: Never, 2: Always}
    scores: {0: 0, 1: 1, 2: 1}
sections:
  - {id: first, title: First}
  - {id: second, title: Second}
questions:
  - {id: a1, text: One., section: first}
  - {id: a2, text: Two., section: second}
  - {id: b1, text: Three.}
  - {id: b2, text: Four.}
  - {id: c1, text: Five., response_scale: often}
  - {id: c2, text: Six., response_scale: often}
  - id: c3
    text: Seven.
    options:
      - {value: 0, label: "No"}
      - {value: 1, label: "Yes", score: 1}
  - {id: aside, text: Eight., scored: false, show_if: {question: c3, at_least: 1}}
scales:
  - id: across
    name: Across
    description: Made up.
    method: mean
    items: [a1, a2]
    reverse_keyed: [a2]
    missing: {rule: prorate, min_answered: 1}
    reliability: {coefficient: Alpha, value: 0.9, sd: 1, population: Nobody, source: study}
    norms: {mean: 3, sd: 1, population: Nobody, source: study}
  - id: up
    name: Up
    description: Made up.
    method: mean
    items: [b1, b2]
    weights: {b1: 2}
    missing: {rule: require_complete}
  - id: total
    name: Total
    description: Made up.
    method: sum
    items: [c1, c2, c3]
    missing: {rule: require_complete}
    bands:
      source: study
      values:
        - {id: low, name: Low, min: 0, max: 1, text: Little.}
        - {id: high, name: High, min: 2, max: 3, text: Much.}
style:
  method: midpoint
  scales: [across, up]
  midpoints: {across: 3, up: 3}
  borderline_margin: 0.5
  styles:
    - {id: calm, name: Calm, position: {across: low, up: low}, title: A, text: A.}
    - {id: near, name: Near, position: {across: high, up: low}, title: B, text: B.}
    - {id: far, name: Far, position: {across: low, up: high}, title: C, text: C.}
    - {id: torn, name: Torn, position: {across: high, up: high}, title: D, text: D.}
recommendations:
  topics: [sleep]
  articles: [one]
licence: {status: original, holder: Nobody, commercial_use: allowed}
references:
  - {id: study, authors: A., year: 2015, title: T, source: S, url: "https://a.b/c"}
"""

STYLE = VALID_FILE[VALID_FILE.index("style:") : VALID_FILE.index("recommendations:")]
BANDS = VALID_FILE[VALID_FILE.index("    bands:") : VALID_FILE.index("style:")]
DISCRIMINANT_STYLE = """\
style:
  method: linear_discriminant
  scales: [across, up]
  borderline_margin: 0.5
  source: study
  styles:
    - {id: calm, name: Calm, title: A, text: A., function: {constant: 1, coefficients: {across: 1, up: 2}}}
    - {id: torn, name: Torn, title: B, text: B., function: {constant: 2, coefficients: {across: 3, up: 1}}}
"""
BY_FUNCTIONS = VALID_FILE.replace(STYLE, DISCRIMINANT_STYLE)
FILE_NAME = "made-up.yaml"
FILE = f"assessments/{FILE_NAME}"


def write_questionnaire(content_dir: Path, text: str = VALID_FILE, name: str = FILE_NAME) -> Path:
    (content_dir / "assessments").mkdir(exist_ok=True)
    path = content_dir / "assessments" / name
    path.write_text(text, encoding="utf-8")
    return path


def is_valid(content_dir: Path, text: str) -> bool:
    """Return whether this questionnaire can be read. Raise InvalidContent if it has errors."""
    write_questionnaire(content_dir, text)
    return list(read_content(content_dir).assessments) == ["made-up"]
