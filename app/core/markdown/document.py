"""A parsed Markdown text in all its forms: blocks, HTML, plain text, table of contents and links."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from markdown_it.token import Token

from app.core.markdown.rendering import render

WORDS_PER_MINUTE = 238  # average for silent reading of non-fiction: Brysbaert (2019), doi:10.1016/j.jml.2019.104047

Block = dict[str, Any]
Span = dict[str, Any]


@dataclass(slots=True)
class Document:
    """A parsed Markdown text. `blocks` and `contents` (the table of contents) are JSON values.

    `links` contains pairs of a line number and a URL.
    """

    tokens: Sequence[Token]
    blocks: list[Block] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    text: str = ""

    @property
    def html(self) -> str:
        return render(self.tokens)

    @property
    def word_count(self) -> int:
        return len(re.findall(r"\w+(?:['’-]\w+)*", self.text))

    @property
    def reading_minutes(self) -> int:
        return max(1, ceil(self.word_count / WORDS_PER_MINUTE))


def plain_text(blocks: Sequence[Block]) -> str:
    return "\n\n".join(_block_texts(blocks))


def span_text(spans: Sequence[Span]) -> str:
    return "".join(span["text"] for span in spans)


def _block_texts(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block["type"]:
            case "heading" | "paragraph" | "quote":
                yield span_text(block["spans"])
            case "list":
                marker = "{}." if block["ordered"] else "-"
                yield "\n".join(
                    f"{marker.format(number)} {span_text(item['spans'])}"
                    for number, item in enumerate(block["items"], start=1)
                )
            case "image":
                yield block["alt"]
