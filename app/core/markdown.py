"""Markdown as the product writes it: read once when content is loaded, kept in the forms that are served.

The accepted part of CommonMark is small on purpose (docs/content.md), so that clients meet six kinds of
block and no surprises. Everything else is a fault with its line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from urllib.parse import urljoin, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.core.blocks import Block, joined, plain_text
from app.core.text_fields import anchor

RENDERING = 1  # raised when the same Markdown comes out differently, so that a load renders it anew
WORDS_PER_MINUTE = 238  # silent reading of non-fiction: Brysbaert (2019), doi:10.1016/j.jml.2019.104047

LEVELS = range(2, 5)  # the title is level 1
TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "img", "hr", "strong", "em", "code", "a", "br"}
ATTRIBUTES = {"h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "a": {"href"}, "img": {"src", "alt", "title"}}
MARKS = {"strong_open": "strong", "em_open": "emphasis"}
BREAKS = {"softbreak": " ", "hardbreak": "\n"}
INSTEAD = {
    "html_block": "raw HTML isn't used; write it in Markdown",
    "html_inline": "raw HTML isn't used; write it in Markdown",
    "fence": "code blocks aren't used; write a paragraph or a quote",
    "code_block": "code blocks aren't used; remove the indentation",
    "table_open": "tables aren't used; write a list",
}

_parser = MarkdownIt("commonmark").enable("table")
_parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 - _Reader says which line


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a text and what would be right; the first line is 1."""

    line: int
    message: str


@dataclass(slots=True)
class Document:
    """One text in every form that is served. `blocks` and `contents` are plain JSON values."""

    tokens: Sequence[Token]
    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)

    @property
    def html(self) -> str:
        html = _parser.renderer.render(self.tokens, _parser.options, {})
        return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None)

    @property
    def word_count(self) -> int:
        return len(re.findall(r"\w+(?:['’-]\w+)*", self.text))

    @property
    def reading_minutes(self) -> int:
        return max(1, ceil(self.word_count / WORDS_PER_MINUTE))


def with_whole_links(html: str, base: str) -> str:
    """Links that work elsewhere: paths and anchors resolved against the address of the text."""

    def resolve(_tag: str, attribute: str, value: str) -> str:
        return urljoin(base, value) if attribute == "href" else value

    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None, attribute_filter=resolve)


def read(markdown: str) -> tuple[Document, list[Fault]]:
    """Read a text; with faults, the document holds what could be read."""
    reader = _Reader(_parser.parse(markdown))
    document = reader.document
    document.blocks = list(reader.blocks())
    document.text = "\n\n".join(plain_text(document.blocks))
    return document, reader.faults


class _Reader:
    """Walks the parser's flat list of tokens, collecting blocks, headings, links and faults."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.document = Document(tokens)
        self.faults: list[Fault] = []
        self._tokens = tokens
        self._at = 0
        self._line = 1
        self._level = 1

    def blocks(self) -> Iterator[Block]:
        while self._at < len(self._tokens):
            token = self._next()
            match token.type:
                case "heading_open":
                    yield self._heading(token)
                case "paragraph_open":
                    yield self._paragraph()
                case "bullet_list_open" | "ordered_list_open":
                    yield self._list(token)
                case "blockquote_open":
                    yield {"type": "quote", "spans": self._only_paragraph("blockquote_close", "quote")}
                case "hr":
                    yield {"type": "divider"}
                case _:
                    self._refuse(token)

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        if token.map:
            self._line = token.map[0] + 1
        return token

    def _fault(self, message: str) -> None:
        self.faults.append(Fault(self._line, message))

    def _refuse(self, token: Token) -> None:
        if message := INSTEAD.get(token.type):
            self._fault(message)
        if token.nesting == 1:
            self._skip_to(token.type.removesuffix("_open") + "_close", token.level)

    def _skip_to(self, closing: str, level: int) -> None:
        while self._at < len(self._tokens):
            token = self._next()
            if token.type == closing and token.level == level:
                return

    def _heading(self, token: Token) -> Block:
        level = int(token.tag[1])
        if level not in LEVELS:
            self._fault(f"a heading of level {level}: the title is level 1, use ## to ####")
        elif level > self._level + 1:
            self._fault(f"a heading of level {level} under one of level {self._level}: use {'#' * (self._level + 1)}")
        self._level = level
        spans = self._spans(self._next())
        self._next()
        title = joined(spans)
        if not title:
            self._fault("an empty heading: write something or remove it")
        name = anchor(title) or "section"
        taken = {entry["id"] for entry in self.document.contents}
        unique = next(each for n in range(1, len(taken) + 2) if (each := f"{name}-{n}" if n > 1 else name) not in taken)
        token.attrSet("id", unique)
        self.document.contents.append({"id": unique, "level": level, "title": title})
        return {"type": "heading", "id": unique, "level": level, "spans": spans}

    def _paragraph(self) -> Block:
        inline = self._next()
        self._next()
        children = inline.children or []
        if len(children) == 1 and children[0].type == "image":
            return self._image(children[0])
        return {"type": "paragraph", "spans": self._spans(inline)}

    def _image(self, token: Token) -> Block:
        url = str(token.attrs["src"])
        if urlsplit(url).scheme != "https":
            self._fault("an image needs an https address")
        if not token.content.strip():
            self._fault("an image needs a text for those who can't see it: ![what it shows](https://...)")
        caption = str(token.attrs.get("title") or "") or None
        return {"type": "image", "url": url, "alt": token.content, "caption": caption}

    def _list(self, opening: Token) -> Block:
        if opening.attrs.get("start", 1) != 1:
            self._fault("an ordered list starts at 1")
        items = []
        while self._next().type == "list_item_open":
            items.append({"spans": self._only_paragraph("list_item_close", "list item")})
        return {"type": "list", "ordered": opening.type == "ordered_list_open", "items": items}

    def _only_paragraph(self, closing: str, name: str) -> list[dict[str, Any]]:
        """The spans of the single paragraph that a quote or a list item may hold."""
        level = self._tokens[self._at - 1].level
        token = self._next()
        if token.type == closing:
            self._fault(f"an empty {name}: write something or remove it")
            return []
        spans = []
        if token.type == "paragraph_open":
            spans = self._spans(self._next())
            self._next()
            token = self._next()
        if token.type != closing:
            self._fault(f"a {name} is one paragraph: no list, heading or second paragraph inside")
            self._skip_to(closing, level)
        return spans

    def _spans(self, inline: Token) -> list[dict[str, Any]]:
        spans: list[dict[str, Any]] = []
        marks: list[str] = []
        href: str | None = None
        for token in inline.children or []:
            match token.type:
                case "text" | "text_special" | "softbreak" | "hardbreak":
                    self._line += token.type in BREAKS
                    self._add(spans, BREAKS.get(token.type, token.content), marks, href)
                case "code_inline":
                    self._add(spans, token.content, [*marks, "code"], href)
                case "strong_open" | "em_open":
                    marks = [*marks, MARKS[token.type]]
                case "strong_close" | "em_close":
                    marks = marks[:-1]
                case "link_open":
                    href = self._link(str(token.attrs["href"]))
                case "link_close":
                    href = None
                case "image":
                    self._fault("an image stands on a line of its own")
                case _:
                    self._refuse(token)
        return spans

    @staticmethod
    def _add(spans: list[dict[str, Any]], text: str, marks: list[str], href: str | None) -> None:
        if not text:
            return
        if spans and spans[-1]["marks"] == marks and spans[-1]["href"] == href:
            spans[-1]["text"] += text
        else:
            spans.append({"text": text, "marks": list(marks), "href": href})

    def _link(self, href: str) -> str:
        if not (href.startswith(("https://", "mailto:", "#")) or re.match(r"/(?!/)", href)):
            self._fault(f"a link to {href[:60]!r}: use https://, mailto:, a path such as /journey, or #an-anchor")
        self.document.links.append((self._line, href))
        return href
