"""Tests that texts for readers don't promise healing, name disorders or label people."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.content.reader import read_content
from tests.conftest import ROOT

SHIPPED = read_content(ROOT / "seed_content").assessments
MODULES_WITH_TEXTS = (
    "results/comparison",
    "serializers",
    "service",
    "rules/svg_chart",
    "results/save_result",
    "drafts/service",
    "results/stored_results",
    "claim_tokens",
)

PROMISES = (
    r"heal(?:s|ed|ing|er|ers)?\b|cur(?:e|es|ed|ing|able)\b|recover|rewir|guarante|promis|transform|overcome"
    r"|fix(?:es|ed)?\b|breakthrough|proven\b|scientifically|unlock"
)
DISORDERS = (
    r"disorder|depress|trauma|patients?\b|symptom|patholog|diagnos|clinical|therap(?:y|ies)\b|mental illness"
    r"|neuro(?:sis|tic)|narciss|borderline|codependen|ptsd\b|phobi"
)
BLAME = r"toxic|broken\b|damaged|dysfunction|clingy|needy|normal(?:ly)?\b|abnormal|unhealthy"
LABELS = (
    r"(?:you are|you're|you seem|makes you|as) (?:an? |so |too |very |rather |quite )*(?:secure|insecure|anxious|"
    r"avoidant|fearful|dismissing|dismissive|preoccupied|disorganized|ambivalent|lonely|isolated|attached)\b"
    r"|(?:secure|insecure|anxious|avoidant|fearful|dismissing|preoccupied)(?:ly)? (?:type|style|person|attach)"
    r"|your (?:type|attachment style)\b"
)
FORBIDDEN = re.compile(rf"\b(?:{PROMISES}|{DISORDERS}|{BLAME}|{LABELS})", re.IGNORECASE)
ALLOWED = re.compile(r"\b(?:not a|no) diagnosis\b", re.IGNORECASE)


def find_forbidden(text: str) -> list[str]:
    return [match.group() for match in FORBIDDEN.finditer(ALLOWED.sub("", text))]


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and content of each text that has several words, except references."""
    if isinstance(value, str) and " " in value:
        yield name, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        if key != "references":
            yield from texts(child, f"{name}.{key}")


def fixed_sentences(module: str) -> list[str]:
    """Return the string constants in a module that have at least three words, except docstrings."""
    tree = ast.parse((ROOT / "app" / "assessments" / f"{module}.py").read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in constants if isinstance(node.value, str) and node.value.count(" ") > 1]


@pytest.mark.parametrize("slug", SHIPPED)
def test_questionnaire_texts_have_no_promises_or_labels(slug: str) -> None:
    texts_by_path = dict(texts(SHIPPED[slug]))

    assert len(texts_by_path) > 40
    assert {place: match for place, text in texts_by_path.items() if (match := find_forbidden(text))} == {}


@pytest.mark.parametrize("module", MODULES_WITH_TEXTS)
def test_fixed_sentences_have_no_promises_or_labels(module: str) -> None:
    assert [match for sentence in fixed_sentences(module) if (match := find_forbidden(sentence))] == []


def test_fixed_sentences_are_collected() -> None:
    assert len(fixed_sentences("results/comparison")) == 6
    assert any("people to talk to" in sentence for sentence in fixed_sentences("serializers"))
    assert any("too few answers" in sentence for sentence in fixed_sentences("rules/svg_chart"))


@pytest.mark.parametrize("slug", SHIPPED)
def test_style_names_do_not_label_people(slug: str) -> None:
    names = [style["name"] for style in SHIPPED[slug]["style"]["styles"]]

    assert len(set(names)) == 4
    assert not re.search(
        r"secure|anxious|avoidant|fearful|dismiss|preoccupied|type|lonely person", " ".join(names), re.IGNORECASE
    )


@pytest.mark.parametrize("slug", SHIPPED)
def test_style_texts_describe_answers_and_degree(slug: str) -> None:
    for style in SHIPPED[slug]["style"]["styles"]:
        assert style["title"].startswith("Your answers")
        assert "matter of degree" in style["text"]
        assert "change over time" in style["text"] or "at other times" in style["text"]


FORBIDDEN_EXAMPLES = [
    "This heals old wounds.", "A cure.", "You will recover.", "Rewire your brain", "an anxiety disorder",
    "Depressed?", "your trauma", "patients", "a symptom of it", "toxic people", "You are broken.",
    "We guarantee it.", "You are avoidant.", "You're so anxious.", "you are an insecure person",
    "Your attachment style is",
    "a diagnosis",
]  # fmt: skip
ALLOWED_EXAMPLES = [
    "It is not a diagnosis.", "No diagnosis.", "with patience", "healthy", "You are not to blame.",
    "Worry about being left (anxiety)", "sure of being welcome", "obscure", "a procured item", "the outbroken",
]  # fmt: skip


def test_forbidden_words_are_found_and_plain_words_are_allowed() -> None:
    assert [text for text in FORBIDDEN_EXAMPLES if len(find_forbidden(text)) != 1] == []
    assert [text for text in ALLOWED_EXAMPLES if find_forbidden(text)] == []
