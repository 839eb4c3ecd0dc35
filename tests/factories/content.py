"""Test factories: small content directories with invented articles and questionnaires."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

BODY = "A first paragraph about walking.\n\n## A heading\n\n- one\n- two\n"

SITE: Mapping[str, Any] = {
    "name": "Test Site",
    "tagline": "A tagline.",
    "description": "A description.",
    "language": "en",
    "time_zone": "UTC",
    "navigation": [{"label": "Blog", "href": "/blog", "style": "link"}],
    "footer": {"copyright": "© 2026", "links": [{"label": "Find support", "href": "/support"}]},
    "call_to_action": {"eyebrow": "Now", "title": "Begin?", "text": "A text.", "label": "Begin", "href": "/journey"},
}
CONSENTS = {"consents": [{"purpose": "health_data", "version": "1", "title": "Keeping", "text": "We keep it."}]}
AUTHORS = {
    "authors": [
        {
            "slug": slug,
            "name": name,
            "role": "Writer",
            "kind": "person",
            "bio": "Writes.",
            "avatar": {"initial": name[0]},
        }
        for slug, name in (("ada", "Ada"), ("ben", "Ben"))
    ]
}
TOPICS = {
    "categories": [{"slug": slug, "name": slug.title(), "description": "A category."} for slug in ("health", "living")],
    "topics": [{"slug": slug, "name": slug, "description": "A topic."} for slug in ("sleep", "friends", "habits")],
}
SUPPORT = {
    "lines": [
        {
            "id": "gb-line",
            "country": "GB",
            "kind": "crisis",
            "name": "A line",
            "description": "For anyone.",
            "channels": [{"kind": "phone", "value": "116 123"}],
            "hours": "always",
            "languages": ["en"],
            "source_url": "https://example.org/line",
            "verified_on": "2026-11-23",
        },
        {
            "id": "everywhere",
            "kind": "directory",
            "name": "A directory",
            "description": "For everyone.",
            "channels": [{"kind": "web", "value": "https://example.org"}],
            "source_url": "https://example.org",
            "verified_on": "2026-11-23",
        },
    ]
}


def write_yaml(path: Path, value: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True)
    path.write_text(text.replace("'2026-11-23'", "2026-11-23"), encoding="utf-8")


def write_content_directory(directory: Path) -> Path:
    """Write a complete content directory without articles, and return its path."""
    (directory / "articles").mkdir(parents=True)
    write_yaml(directory / "site.yaml", SITE)
    write_yaml(directory / "consents.yaml", CONSENTS)
    write_yaml(directory / "authors.yaml", AUTHORS)
    write_yaml(directory / "topics.yaml", TOPICS)
    write_yaml(directory / "support.yaml", SUPPORT)
    return directory


def questionnaire(**overrides: Any) -> dict[str, Any]:
    """Return a questionnaire of 24 questions with answers from 1 to 7, on two scales of 12 questions."""
    items = [f"q{number:02}" for number in range(1, 25)]
    scales = [
        {
            "id": name,
            "name": name.title(),
            "description": "A scale.",
            "method": "mean",
            "items": half,
            "reverse_keyed": half[:5],
            "missing": {"rule": "prorate", "min_answered": 10},
        }
        for name, half in (("anxiety", items[::2]), ("avoidance", items[1::2]))
    ]
    corners = {"secure": ("low", "low"), "preoccupied": ("high", "low"), "dismissing": ("low", "high")}
    styles = [
        {
            "id": name,
            "name": f"Name of {name}",
            "position": {"anxiety": across, "avoidance": up},
            "title": f"Title of {name}",
            "text": f"Text of {name}.",
            "next_step": {"text": "Go on.", "label": "Go", "href": "/journey"},
        }
        for name, (across, up) in (corners | {"fearful": ("high", "high")}).items()
    ]
    return {
        "title": "A questionnaire",
        "summary": "A summary.",
        "minutes": 5,
        "about": "About it.",
        "instructions": "Answer.",
        "disclaimer": "Not a diagnosis.",
        "response_scales": [{"id": "agreement", "min": 1, "max": 7, "labels": {"1": "No", "7": "Yes"}}],
        "questions": [{"id": name, "text": f"Question {name}."} for name in items],
        "scales": scales,
        "style": {
            "method": "midpoint",
            "scales": ["anxiety", "avoidance"],
            "midpoints": {"anxiety": 4, "avoidance": 4},
            "borderline_margin": 0.5,
            "styles": styles,
            "middle": {"title": "Title of the middle", "text": "Text of the middle."},
        },
        "licence": {"status": "original", "holder": "Nobody", "commercial_use": "allowed"},
    } | overrides


def write_questionnaire(directory: Path, slug: str = "attachment-reflection", **overrides: Any) -> Path:
    (directory / "assessments").mkdir(exist_ok=True)
    path = directory / "assessments" / f"{slug}.yaml"
    write_yaml(path, questionnaire(**overrides))
    return path


def write_article(directory: Path, slug: str, *, body: str = BODY, **front_matter: Any) -> Path:
    """Write an article with a publication date in the past, and return its path.

    A front matter value of None omits its key.
    """
    values = {
        "title": slug.replace("-", " ").title(),
        "excerpt": f"About {slug}.",
        "category": "health",
        "topics": ["sleep"],
        "author": "ada",
        "status": "published",
        "publish_at": "2025-01-01T00:00:00Z",
    } | front_matter
    present = {name: value for name, value in values.items() if value is not None}
    path = directory / "articles" / f"{slug}.md"
    text = yaml.safe_dump(present, sort_keys=False, allow_unicode=True)
    if isinstance(present.get("publish_at"), str):
        text = text.replace(f"'{present['publish_at']}'", str(present["publish_at"]))
    path.write_text(f"---\n{text}---\n\n{body}", encoding="utf-8")
    return path
