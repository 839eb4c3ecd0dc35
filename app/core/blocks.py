"""Blocks of a text, as plain JSON values, and what they say without any marks."""

from collections.abc import Iterator, Sequence
from typing import Any

Block = dict[str, Any]


def plain_text(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block["type"]:
            case "heading" | "paragraph" | "quote":
                yield joined(block["spans"])
            case "list":
                marker = "{}." if block["ordered"] else "-"
                yield "\n".join(
                    f"{marker.format(n)} {joined(item['spans'])}" for n, item in enumerate(block["items"], start=1)
                )
            case "image":
                yield block["alt"]


def joined(spans: Sequence[dict[str, Any]]) -> str:
    return "".join(span["text"] for span in spans)
