"""Reads the part of CommonMark that the product uses; everything else is a fault with its line.

The part is small on purpose (docs/content.md), so that clients handle six kinds of block.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from app.core.markdown.document import Block, Document, Span, plain_text, span_text
from app.core.markdown.rendering import parse
from app.core.text_fields import anchor

LEVELS = range(2, 5)  # the title is level 1
MOST_NESTING = 100  # marks and links inside each other; the tree is built and read recursively
BREAKS = {"softbreak": " ", "hardbreak": "\n"}
MARKS = {"strong": "strong", "em": "emphasis"}
INSTEAD = {
    "html_block": "raw HTML isn't used; write it in Markdown",
    "html_inline": "raw HTML isn't used; write it in Markdown",
    "fence": "code blocks aren't used; write a paragraph or a quote",
    "code_block": "code blocks aren't used; remove the indentation",
    "table": "tables aren't used; write a list",
}


@dataclass(frozen=True, slots=True)
class MarkdownFault:
    """What is wrong in a text and what would be right; the first line is 1."""

    line: int
    message: str


def read_markdown(markdown: str) -> tuple[Document, list[MarkdownFault]]:
    """Read a text; with faults, the document holds what could be read."""
    reader = _Reader(parse(markdown))
    return reader.document, reader.faults


class _Reader:
    """Walks the syntax tree in the order of the text, collecting blocks, headings, links and faults."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.document = Document(tokens)
        self.faults: list[MarkdownFault] = []
        self._line = 1
        self._level = 1
        self._limit_nesting(tokens)
        self.document.blocks = [block for node in SyntaxTreeNode(tokens).children for block in self._blocks(node)]
        self.document.text = plain_text(self.document.blocks)

    def _limit_nesting(self, tokens: Sequence[Token]) -> None:
        """Empty the paragraphs that are nested too deeply for a recursive reader."""
        for token in tokens:
            if token.map and any(child.level > MOST_NESTING for child in token.children or []):
                self._line = token.map[0] + 1
                self._fault("marks are nested too deeply: write *one* or **two**")
                token.children = []

    def _blocks(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """One block, or none with a fault."""
        self._enter(node)
        match node.type:
            case "heading":
                yield self._heading(node)
            case "paragraph":
                yield self._paragraph(node)
            case "bullet_list" | "ordered_list":
                yield self._list(node)
            case "blockquote":
                yield {"type": "quote", "spans": self._only_paragraph(node, "quote")}
            case "hr":
                yield {"type": "divider"}
            case _:
                self._refuse(node)

    def _enter(self, node: SyntaxTreeNode) -> None:
        if node.map:
            self._line = node.map[0] + 1

    def _fault(self, message: str) -> None:
        self.faults.append(MarkdownFault(self._line, message))

    def _refuse(self, node: SyntaxTreeNode) -> None:
        if message := INSTEAD.get(node.type):
            self._fault(message)

    def _heading(self, node: SyntaxTreeNode) -> Block:
        level = int(node.tag[1])
        if level not in LEVELS:
            self._fault(f"a heading of level {level}: the title is level 1, use ## to ####")
        elif level > self._level + 1:
            self._fault(f"a heading of level {level} under one of level {self._level}: use {'#' * (self._level + 1)}")
        self._level = level
        spans = self._spans(node)
        title = span_text(spans)
        if not title:
            self._fault("an empty heading: write something or remove it")
        unique = self._unique_anchor(title)
        node.attrs["id"] = unique  # of the token, so that the HTML has it too
        self.document.contents.append({"id": unique, "level": level, "title": title})
        return {"type": "heading", "id": unique, "level": level, "spans": spans}

    def _unique_anchor(self, title: str) -> str:
        name = anchor(title) or "section"
        taken = {entry["id"] for entry in self.document.contents}
        return next(each for n in range(1, len(taken) + 2) if (each := f"{name}-{n}" if n > 1 else name) not in taken)

    def _paragraph(self, node: SyntaxTreeNode) -> Block:
        match node.children[0].children:
            case [only] if only.type == "image":
                return self._image(only)
        return {"type": "paragraph", "spans": self._spans(node)}

    def _image(self, node: SyntaxTreeNode) -> Block:
        url = str(node.attrs["src"])
        if urlsplit(url).scheme != "https":
            self._fault("an image needs an https address")
        if not node.content.strip():
            self._fault("an image needs a text for those who can't see it: ![what it shows](https://...)")
        caption = str(node.attrs.get("title") or "") or None
        return {"type": "image", "url": url, "alt": node.content, "caption": caption}

    def _list(self, node: SyntaxTreeNode) -> Block:
        if node.attrs.get("start", 1) != 1:
            self._fault("an ordered list starts at 1")
        items = []
        for item in node.children:
            self._enter(item)
            items.append({"spans": self._only_paragraph(item, "list item")})
        return {"type": "list", "ordered": node.type == "ordered_list", "items": items}

    def _only_paragraph(self, node: SyntaxTreeNode, name: str) -> list[Span]:
        """The spans of the single paragraph that a quote or a list item may hold."""
        if not node.children:
            self._fault(f"an empty {name}: write something or remove it")
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
            self._fault(f"a {name} is one paragraph: no list, heading or second paragraph inside")
        return spans

    def _spans(self, block: SyntaxTreeNode) -> list[Span]:
        """The text of a heading or paragraph; neighbours of the same marks and link are one span."""
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
                    yield _span(BREAKS[node.type], marks, href)
                case "code_inline":
                    yield _span(node.content, [*marks, "code"], href)
                case "strong" | "em":
                    yield from self._inline(node.children, [*marks, MARKS[node.type]], href)
                case "link":
                    yield from self._inline(node.children, marks, self._link(str(node.attrs["href"])))
                case "image":
                    self._fault("an image needs a line of its own")
                case _:
                    self._refuse(node)

    def _link(self, href: str) -> str:
        if not (href.startswith(("https://", "mailto:", "#")) or re.match(r"/(?!/)", href)):
            self._fault(f"a link to {href[:60]!r}: use https://, mailto:, a path such as /journey, or #an-anchor")
        self.document.links.append((self._line, href))
        return href


def _span(text: str, marks: Sequence[str], href: str | None) -> Span:
    return {"text": text, "marks": list(marks), "href": href}
