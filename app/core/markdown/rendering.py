"""Parses CommonMark into tokens, and renders tokens as safe HTML."""

from collections.abc import Sequence
from urllib.parse import urljoin

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typing_extensions import override

RENDERING = 1  # raised when the same Markdown comes out differently, so that a load renders it anew

TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "img", "hr", "strong", "em", "code", "a", "br"}
ATTRIBUTES = {"h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "a": {"href"}, "img": {"src", "alt", "title"}}


class _Parser(MarkdownIt):
    @override
    def validateLink(self, url: str) -> bool:
        """Accept every link: the reader refuses unsafe ones, with their lines."""
        return True


_parser = _Parser("commonmark").enable("table")


def parse(markdown: str) -> Sequence[Token]:
    return _parser.parse(markdown)


def render(tokens: Sequence[Token]) -> str:
    html = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None)


def with_whole_links(html: str, base: str) -> str:
    """Links that work elsewhere: paths and anchors resolved against the address of the text."""

    def resolve(_tag: str, attribute: str, value: str) -> str:
        return urljoin(base, value) if attribute == "href" else value

    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None, attribute_filter=resolve)
