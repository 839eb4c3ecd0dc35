from typing import Annotated, Any

from fastapi import Depends, Path, Query

from app.articles.blocks import BodyFormat
from app.articles.queries import Filters
from app.articles.services import ArticleServices
from app.core.text_fields import LONGEST_SLUG, SLUG
from app.web.routes import PartOfState

MOST_SLUGS = 20

SlugFilter = Annotated[str, Query(pattern=SLUG, max_length=LONGEST_SLUG)]


def slug_like(example: str) -> Any:
    return Path(pattern=SLUG, max_length=LONGEST_SLUG, description="As a list names it.", examples=[example])


ArticleSlug = Annotated[str, slug_like("overcoming-loneliness-the-science-of-social-connection")]
TopicSlug = Annotated[str, slug_like("loneliness")]
AuthorSlug = Annotated[str, slug_like("21day-team")]


async def read_filters(
    topic: Annotated[
        list[SlugFilter],
        Query(max_length=MOST_SLUGS, description="Articles with any of these topics.", examples=[["loneliness"]]),
    ] = [],
    category: Annotated[
        list[SlugFilter],
        Query(max_length=MOST_SLUGS, description="In any of these categories.", examples=[["mental-health"]]),
    ] = [],
    author: Annotated[
        list[SlugFilter],
        Query(max_length=MOST_SLUGS, description="By any of these authors.", examples=[["21day-team"]]),
    ] = [],
) -> Filters:
    return Filters(topics=topic, categories=category, authors=author)


Format = Annotated[BodyFormat, Query(alias="format", description="How texts come.", examples=["html"])]
Services = Annotated[ArticleServices, PartOfState("articles")]
ArticleFilters = Annotated[Filters, Depends(read_filters)]
