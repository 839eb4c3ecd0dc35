"""Objects shared by the article code for as long as the application runs."""

from dataclasses import dataclass

from app.articles.search import SearchIndex


@dataclass(frozen=True, slots=True)
class ArticleServices:
    index: SearchIndex
