"""Formats of an article's body, and the schema of the blocks format."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class BodyFormat(StrEnum):
    BLOCKS = "blocks"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class Mark(StrEnum):
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"


class Span(BaseModel):
    """A piece of text with uniform formatting. Line breaks are newline characters."""

    text: str = Field(examples=["Loneliness is a signal."])
    marks: list[Mark] = Field(examples=[[]])
    href: str | None = Field(
        description="Link target: an `https:` or `mailto:` URL, a frontend path, or `#` and an anchor.", examples=[None]
    )


class HeadingBlock(BaseModel):
    type: Literal["heading"]
    id: str = Field(description="Anchor of the heading, unique in the article.", examples=["1-start-small"])
    level: int = Field(description="Heading level, 2 to 4. The title of the article is level 1.", examples=[3])
    spans: list[Span]


class ParagraphBlock(BaseModel):
    type: Literal["paragraph"]
    spans: list[Span]


class ListItem(BaseModel):
    spans: list[Span]


class ListBlock(BaseModel):
    type: Literal["list"]
    ordered: bool
    items: list[ListItem]


class QuoteBlock(BaseModel):
    type: Literal["quote"]
    spans: list[Span]


class ImageBlock(BaseModel):
    type: Literal["image"]
    url: str = Field(examples=["https://www.example.org/walk.jpg"])
    alt: str = Field(examples=["Two people walking side by side"])
    caption: str | None = Field(examples=[None])


class DividerBlock(BaseModel):
    type: Literal["divider"]


Block = Annotated[
    HeadingBlock | ParagraphBlock | ListBlock | QuoteBlock | ImageBlock | DividerBlock, Field(discriminator="type")
]


class BlocksBody(BaseModel):
    """The body of an article as a list of typed blocks. Clients should skip blocks with an unknown `type`."""

    format: Literal["blocks"]
    blocks: list[Block]


class TextBody(BaseModel):
    """The body of an article as a single string."""

    format: Literal["html", "markdown", "text"]
    content: str = Field(examples=["Loneliness is a signal."])


Body = Annotated[BlocksBody | TextBody, Field(discriminator="format")]
