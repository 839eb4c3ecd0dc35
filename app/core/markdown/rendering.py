"""Parsing of Markdown (CommonMark) to tokens, and rendering of tokens to safe HTML."""

from collections.abc import Sequence
from urllib.parse import urljoin

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typing_extensions import override

RENDERER_VERSION = 1  # increment it when rendering changes: the next content load then renders all texts again

ALLOWED_TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "img", "hr", "strong", "em", "code", "a", "br"}
ALLOWED_ATTRIBUTES = {"h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "a": {"href"}, "img": {"src", "alt", "title"}}


class _Parser(MarkdownIt):
    @override
    def validateLink(self, url: str) -> bool:
        """Accept every link. Unsafe links are reported later, with their line numbers."""
        return True


_parser = _Parser("commonmark").enable("table")


def parse(markdown: str) -> Sequence[Token]:
    return _parser.parse(markdown)


def render(tokens: Sequence[Token]) -> str:
    html = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=ALLOWED_TAGS, attributes=ALLOWED_ATTRIBUTES, link_rel=None)


def with_absolute_links(html: str, base: str) -> str:
    """Resolve relative links in HTML against the URL `base`, for use on other sites."""

    def resolve(_tag: str, attribute: str, value: str) -> str:
        return urljoin(base, value) if attribute == "href" else value

    return nh3.clean(html, tags=ALLOWED_TAGS, attributes=ALLOWED_ATTRIBUTES, link_rel=None, attribute_filter=resolve)
