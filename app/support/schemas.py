from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, Field

from app.core.db.pagination import Page


class SupportKind(StrEnum):
    EMERGENCY = "emergency"
    CRISIS = "crisis"
    VIOLENCE = "violence"
    DIRECTORY = "directory"


class ChannelKind(StrEnum):
    PHONE = "phone"
    TEXT = "text"
    CHAT = "chat"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    WEB = "web"


class Channel(BaseModel):
    kind: ChannelKind = Field(examples=["phone"])
    value: str = Field(description="Phone number, email address or URL.", examples=["988"])
    note: str | None = Field(examples=[None])


class SupportLineRead(BaseModel):
    """A crisis line or help line: how to reach it, where the details come from, and when they were last checked."""

    id: str = Field(examples=["us-988"])
    country: str | None = Field(description="ISO 3166-1 alpha-2 code. Null for international lines.", examples=["US"])
    kind: SupportKind = Field(examples=["crisis"])
    name: str = Field(examples=["988 Suicide & Crisis Lifeline"])
    description: str = Field(examples=["For anyone in the United States who is struggling or worried about someone."])
    channels: list[Channel]
    hours: str | None = Field(
        description="Opening hours. Null if the source does not state them.", examples=["24 hours a day, every day"]
    )
    languages: list[str] = Field(
        description="BCP 47 language tags. Empty if the source does not state them.", examples=[["en", "es"]]
    )
    source_url: str = Field(examples=["https://988lifeline.org"])
    verified_on: date


@dataclass
class SupportPage(Page[SupportLineRead]):
    items: list[SupportLineRead]
