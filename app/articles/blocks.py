"""The forms in which an article's body is served."""

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
    """A run of text that looks the same; a line break is a newline character."""

    text: str = Field(examples=["Loneliness is a signal."])
    marks: list[Mark] = Field(examples=[[]])
    href: str | None = Field(
        description="A link: `https:`, `mailto:`, a path of the frontend, or `#` and an anchor.", examples=[None]
    )


class HeadingBlock(BaseModel):
    type: Literal["heading"]
    id: str = Field(description="Its anchor.", examples=["1-start-small"])
    level: int = Field(description="2 to 4; the title is level 1.", examples=[3])
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
    """The body as blocks; a client passes over a `type` that it doesn't know."""

    format: Literal["blocks"]
    blocks: list[Block]


class TextBody(BaseModel):
    """The body as one text."""

    format: Literal["html", "markdown", "text"]
    content: str = Field(examples=["Loneliness is a signal."])


Body = Annotated[BlocksBody | TextBody, Field(discriminator="format")]
