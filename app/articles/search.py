"""Full-text search over articles: an index in memory, rebuilt from the database with each release.

It holds scheduled articles too, and is filtered by now. What it finds is only ever ids: the rows come from
the database, through the one predicate of what is public.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tantivy import Document, FieldType, Index, Occur, Order, Query, Schema, SchemaBuilder, Searcher

from app.articles.highlights import PLAIN, PREFIX, STEMMED, Words, tolerance
from app.articles.queries import Filters
from app.core.errors import Unavailable

HEAP = 32_000_000  # bytes that the writer fills before it makes a segment
TITLE, BODY, TITLE_LIKE, BODY_LIKE = 4.0, 1.0, 1.5, 0.3  # how much a match counts, exact and merely alike


class SearchWarmingUp(Unavailable):
    code = "search_warming_up"
    says = "The search is still being prepared."


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index knows of an article."""

    id: UUID
    title: str
    sort_title: str
    text: str
    topics: Sequence[str]
    category: str
    author: str
    public_from: datetime


@dataclass(frozen=True, slots=True)
class Found:
    ids: Sequence[UUID]
    total: int


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("title", "body"):
        builder.add_text_field(name, tokenizer_name="stemmed")
        builder.add_text_field(f"{name}_words", tokenizer_name="plain", index_option="basic")
    for name in ("topic", "category", "author"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("sort_title", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("public_from", indexed=True, fast=True)
    return builder.build()


SCHEMA = _schema()
ORDERS = {
    "-published_on": ("public_from", Order.Desc),
    "title": ("sort_title", Order.Asc),
    "relevance": (None, Order.Desc),
}


class SearchIndex:
    """One process's index; a rebuild replaces it as a whole."""

    def __init__(self) -> None:
        self._searcher: Searcher | None = None

    def rebuild(self, articles: Iterable[Indexed]) -> None:
        index = Index(SCHEMA)
        index.register_tokenizer("stemmed", STEMMED)
        index.register_tokenizer("plain", PLAIN)
        writer = index.writer(heap_size=HEAP, num_threads=1)
        for article in articles:
            writer.add_document(_document(article))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def search(self, words: Words, filters: Filters, *, sort: str, now: datetime, offset: int, limit: int) -> Found:
        """A page of the articles that have every one of the words, or one like it."""
        if self._searcher is None:
            raise SearchWarmingUp
        last = len(words.stems) - 1
        each = [(Occur.Must, _like(*pair, is_last=n == last)) for n, pair in enumerate(words.stems.items())]
        if not each:
            return Found((), 0)
        query = Query.boolean_query([*each, *_public(now), *_only(filters)])
        field, order = ORDERS[sort]
        return self._find(query, limit=limit, offset=offset, field=field, order=order)

    def related(self, article: Indexed, *, now: datetime, limit: int) -> Sequence[UUID]:
        """The nearest articles by shared topics and by what the text says. Before the first index: none."""
        if self._searcher is None:
            return ()
        fields = {"title": [article.title], "body": [article.text]}
        alike = Query.more_like_this_document_fields_query(SCHEMA, fields, min_doc_frequency=2, min_word_length=4)
        shared = [Query.boost_query(_term("topic", topic), 3.0) for topic in article.topics]
        near = Query.boolean_query([(Occur.Should, query) for query in (alike, *shared)])
        others = [(Occur.Must, near), (Occur.MustNot, _term("id", str(article.id))), *_public(now)]
        return self._find(Query.boolean_query(others), limit=limit).ids

    def _find(
        self, query: Query, *, limit: int, offset: int = 0, field: str | None = None, order: Order = Order.Desc
    ) -> Found:
        searcher = self._searcher
        assert searcher is not None
        result = searcher.search(query, limit, offset=offset, order_by_field=field, order=order)
        ids = [UUID(searcher.doc(address)["id"][0]) for _, address in result.hits]
        return Found(ids, result.count or 0)  # type: ignore[attr-defined]  # missing in tantivy's stubs


def _document(article: Indexed) -> Document:
    document = Document()
    document.add_text("id", str(article.id))
    document.add_text("sort_title", article.sort_title)
    for name, text in (("title", article.title), ("body", article.text)):
        document.add_text(name, text)
        document.add_text(f"{name}_words", text)
    for topic in article.topics:
        document.add_text("topic", topic)
    document.add_text("category", article.category)
    document.add_text("author", article.author)
    document.add_integer("public_from", _milliseconds(article.public_from))
    return document


def _like(plain: str, stem: str, *, is_last: bool) -> Query:
    """A word by its stem, or spelled nearly so; the last one may still be being typed."""
    ways = [Query.boost_query(_term("title", stem), TITLE), Query.boost_query(_term("body", stem), BODY)]
    distance = tolerance(plain)
    for field, weight in (("title_words", TITLE_LIKE), ("body_words", BODY_LIKE)):
        if distance:
            ways.append(Query.boost_query(Query.fuzzy_term_query(SCHEMA, field, plain, distance), weight))
        if is_last and len(plain) >= PREFIX:
            ways.append(Query.boost_query(Query.fuzzy_term_query(SCHEMA, field, plain, 0, prefix=True), weight))
    return Query.boolean_query([(Occur.Should, way) for way in ways])


def _only(filters: Filters) -> list[tuple[Occur, Query]]:
    kinds = (("topic", filters.topics), ("category", filters.categories), ("author", filters.authors))
    return [
        (Occur.Must, Query.const_score_query(Query.term_set_query(SCHEMA, field, list(slugs)), 0.0))
        for field, slugs in kinds
        if slugs
    ]


def _public(now: datetime) -> list[tuple[Occur, Query]]:
    due = Query.range_query(SCHEMA, "public_from", FieldType.Integer, None, _milliseconds(now))
    return [(Occur.Must, Query.const_score_query(due, 0.0))]


def _term(field: str, value: str) -> Query:
    return Query.term_query(SCHEMA, field, value)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
