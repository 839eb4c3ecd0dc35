"""Parser for a subset of Markdown (CommonMark). Other syntax is reported with its line number.

The subset is small, so that clients only need to display six kinds of block (docs/content.md).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from app.core.markdown.document import Block, Document, Span, plain_text, span_text
from app.core.markdown.rendering import parse
from app.core.text_fields import heading_anchor

HEADING_LEVELS = range(2, 5)  # level 1 is reserved for the title
MAX_NESTING = 100  # maximum depth of marks and links; the tree is built and read recursively
BREAK_TEXTS = {"softbreak": " ", "hardbreak": "\n"}
MARK_NAMES = {"strong": "strong", "em": "emphasis"}
UNSUPPORTED = {
    "html_block": "raw HTML is not supported: write Markdown",
    "html_inline": "raw HTML is not supported: write Markdown",
    "fence": "code blocks are not supported: write a paragraph or a quote",
    "code_block": "code blocks are not supported: remove the indentation",
    "table": "tables are not supported: write a list",
}


@dataclass(frozen=True, slots=True)
class MarkdownError:
    """An error in a Markdown text, with advice on how to correct it. Lines count from 1."""

    line: int
    message: str


def read_markdown(markdown: str) -> tuple[Document, list[MarkdownError]]:
    """Parse a Markdown text. If it has errors, the document contains only the valid parts."""
    reader = _Reader(parse(markdown))
    return reader.document, reader.errors


class _Reader:
    """Walks the syntax tree in text order, and collects blocks, headings, links and errors."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.document = Document(tokens)
        self.errors: list[MarkdownError] = []
        self._line = 1
        self._level = 1
        self._limit_nesting(tokens)
        self.document.blocks = [block for node in SyntaxTreeNode(tokens).children for block in self._blocks(node)]
        self.document.text = plain_text(self.document.blocks)

    def _limit_nesting(self, tokens: Sequence[Token]) -> None:
        """Report and empty paragraphs whose formatting is nested too deeply for the recursive parser."""
        for token in tokens:
            if token.map and any(child.level > MAX_NESTING for child in token.children or []):
                self._line = token.map[0] + 1
                self._add_error("marks are nested too deeply: write *one* or **two**")
                token.children = []

    def _blocks(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """Yield the block of a syntax node, or report an error."""
        self._enter(node)
        match node.type:
            case "heading":
                yield self._heading(node)
            case "paragraph":
                yield self._paragraph(node)
            case "bullet_list" | "ordered_list":
                yield self._list(node)
            case "blockquote":
                yield {"type": "quote", "spans": self._single_paragraph(node, "quote")}
            case "hr":
                yield {"type": "divider"}
            case _:
                self._reject(node)

    def _enter(self, node: SyntaxTreeNode) -> None:
        if node.map:
            self._line = node.map[0] + 1

    def _add_error(self, message: str) -> None:
        self.errors.append(MarkdownError(self._line, message))

    def _reject(self, node: SyntaxTreeNode) -> None:
        if message := UNSUPPORTED.get(node.type):
            self._add_error(message)

    def _heading(self, node: SyntaxTreeNode) -> Block:
        level = int(node.tag[1])
        if level not in HEADING_LEVELS:
            self._add_error(f"a heading of level {level}: the title is level 1, use ## to ####")
        elif level > self._level + 1:
            self._add_error(
                f"a heading of level {level} under one of level {self._level}: use {'#' * (self._level + 1)}"
            )
        self._level = level
        spans = self._spans(node)
        title = span_text(spans)
        if not title:
            self._add_error("an empty heading: write a text or remove it")
        anchor = self._unique_anchor(title)
        node.attrs["id"] = anchor  # stored in the token, so that the HTML contains it too
        self.document.contents.append({"id": anchor, "level": level, "title": title})
        return {"type": "heading", "id": anchor, "level": level, "spans": spans}

    def _unique_anchor(self, title: str) -> str:
        name = heading_anchor(title) or "section"
        taken = {entry["id"] for entry in self.document.contents}
        candidates = (f"{name}-{number}" if number > 1 else name for number in range(1, len(taken) + 2))
        return next(candidate for candidate in candidates if candidate not in taken)

    def _paragraph(self, node: SyntaxTreeNode) -> Block:
        match node.children[0].children:
            case [child] if child.type == "image":
                return self._image(child)
        return {"type": "paragraph", "spans": self._spans(node)}

    def _image(self, node: SyntaxTreeNode) -> Block:
        url = str(node.attrs["src"])
        if urlsplit(url).scheme != "https":
            self._add_error("an image needs an https address")
        if not node.content.strip():
            self._add_error("an image needs an alternative text: ![a description](https://...)")
        caption = str(node.attrs.get("title") or "") or None
        return {"type": "image", "url": url, "alt": node.content, "caption": caption}

    def _list(self, node: SyntaxTreeNode) -> Block:
        if node.attrs.get("start", 1) != 1:
            self._add_error("an ordered list starts at 1")
        items = []
        for item in node.children:
            self._enter(item)
            items.append({"spans": self._single_paragraph(item, "list item")})
        return {"type": "list", "ordered": node.type == "ordered_list", "items": items}

    def _single_paragraph(self, node: SyntaxTreeNode, name: str) -> list[Span]:
        """Return the text spans of a quote or list item, which may contain only one paragraph."""
        if not node.children:
            self._add_error(f"an empty {name}: write a text or remove it")
            return []
        first, *others = node.children
        spans = []
        if first.type == "paragraph":
            self._enter(first)
            spans = self._spans(first)
        else:
            others = [first]
        if others:
            self._enter(others[0])
            self._add_error(f"a {name} must be one paragraph: remove lists, headings and other paragraphs")
        return spans

    def _spans(self, block: SyntaxTreeNode) -> list[Span]:
        """Return the text spans of a heading or paragraph. Adjacent spans with the same marks and link are merged."""
        spans: list[Span] = []
        for span in self._inline(block.children[0].children):
            if spans and spans[-1]["marks"] == span["marks"] and spans[-1]["href"] == span["href"]:
                spans[-1]["text"] += span["text"]
            elif span["text"]:
                spans.append(span)
        return spans

    def _inline(
        self, nodes: Sequence[SyntaxTreeNode], marks: Sequence[str] = (), href: str | None = None
    ) -> Iterator[Span]:
        for node in nodes:
            match node.type:
                case "text" | "text_special":
                    yield _span(node.content, marks, href)
                case "softbreak" | "hardbreak":
                    self._line += 1
                    yield _span(BREAK_TEXTS[node.type], marks, href)
                case "code_inline":
                    yield _span(node.content, [*marks, "code"], href)
                case "strong" | "em":
                    yield from self._inline(node.children, [*marks, MARK_NAMES[node.type]], href)
                case "link":
                    yield from self._inline(node.children, marks, self._link(str(node.attrs["href"])))
                case "image":
                    self._add_error("an image must be the only content of its line")
                case _:
                    self._reject(node)

    def _link(self, href: str) -> str:
        if not (href.startswith(("https://", "mailto:", "#")) or re.match(r"/(?!/)", href)):
            self._add_error(f"a link to {href[:60]!r}: use https://, mailto:, a path such as /journey, or #an-anchor")
        self.document.links.append((self._line, href))
        return href


def _span(text: str, marks: Sequence[str], href: str | None) -> Span:
    return {"text": text, "marks": list(marks), "href": href}
