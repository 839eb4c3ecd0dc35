from typing import Annotated, Any

from fastapi import Depends, Path, Query

from app.articles.blocks import BodyFormat
from app.articles.queries import Filters
from app.articles.services import ArticleServices
from app.core.text_fields import MAX_SLUG_LENGTH, SLUG
from app.web.routes import FromState

MAX_FILTER_SLUGS = 20

SlugFilter = Annotated[str, Query(pattern=SLUG, max_length=MAX_SLUG_LENGTH)]


def slug_path(example: str) -> Any:
    return Path(
        pattern=SLUG, max_length=MAX_SLUG_LENGTH, description="The slug, as returned by the list.", examples=[example]
    )


ArticleSlug = Annotated[str, slug_path("overcoming-loneliness-the-science-of-social-connection")]
TopicSlug = Annotated[str, slug_path("loneliness")]
AuthorSlug = Annotated[str, slug_path("21day-team")]


async def read_filters(
    topic: Annotated[
        list[SlugFilter],
        Query(
            max_length=MAX_FILTER_SLUGS,
            description="Topic slugs. Matches articles with any of these topics.",
            examples=[["loneliness"]],
        ),
    ] = [],
    category: Annotated[
        list[SlugFilter],
        Query(
            max_length=MAX_FILTER_SLUGS,
            description="Category slugs. Matches articles in any of these categories.",
            examples=[["mental-health"]],
        ),
    ] = [],
    author: Annotated[
        list[SlugFilter],
        Query(
            max_length=MAX_FILTER_SLUGS,
            description="Author slugs. Matches articles by any of these authors.",
            examples=[["21day-team"]],
        ),
    ] = [],
) -> Filters:
    return Filters(topics=topic, categories=category, authors=author)


BodyFormatQuery = Annotated[
    BodyFormat, Query(alias="format", description="Format of the body text.", examples=["html"])
]
Services = Annotated[ArticleServices, FromState("articles")]
ArticleFilters = Annotated[Filters, Depends(read_filters)]
