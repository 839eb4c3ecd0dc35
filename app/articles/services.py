"""What this folder keeps for a running application."""

from dataclasses import dataclass

from app.articles.search import SearchIndex


@dataclass(frozen=True, slots=True)
class ArticleServices:
    index: SearchIndex
