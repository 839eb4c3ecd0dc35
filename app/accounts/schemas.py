from pydantic import BaseModel, Field


class ConsentRead(BaseModel):
    """A purpose that members may agree to, in the version that is asked for now."""

    purpose: str = Field(examples=["health_data"])
    version: str = Field(examples=["1"])
    title: str = Field(examples=["Keeping what you write here"])
    text: str = Field(
        description="Plain text; paragraphs are separated by an empty line.", examples=["We keep what you write."]
    )


class ConsentPage(BaseModel):
    items: list[ConsentRead]
    total: int = Field(examples=[1])
    next: str | None = Field(examples=[None])
