from typing import Annotated

from fastapi import Depends, Path, Query, Request

from app.articles.queries import Filters
from app.articles.search import SearchIndex
from app.core.slugs import SLUG

MOST_SLUGS = 20

Slug = Annotated[str, Path(pattern=SLUG, max_length=120)]
SlugFilter = Annotated[str, Query(pattern=SLUG, max_length=120)]


async def read_index(request: Request) -> SearchIndex:
    index: SearchIndex = request.app.state.search
    return index


async def read_filters(
    topic: Annotated[
        list[SlugFilter],
        Query(max_length=MOST_SLUGS, description="Articles with any of these topics.", examples=[["loneliness"]]),
    ] = [],
    category: Annotated[list[SlugFilter], Query(max_length=MOST_SLUGS, description="In any of these categories.")] = [],
    author: Annotated[list[SlugFilter], Query(max_length=MOST_SLUGS, description="By any of these authors.")] = [],
) -> Filters:
    return Filters(topics=topic, categories=category, authors=author)


Index = Annotated[SearchIndex, Depends(read_index)]
ArticleFilters = Annotated[Filters, Depends(read_filters)]
