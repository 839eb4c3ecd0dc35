"""In-memory full-text search over articles. The index is rebuilt from the database after each content release.

The index includes articles scheduled for later, which searches exclude until their publication time. Searches return
only ids, and callers load the articles from the database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tantivy import Document, FieldType, Index, Occur, Order, Query, Schema, SchemaBuilder, Searcher

from app.articles.highlights import PLAIN_ANALYZER, PREFIX_MIN_LENGTH, STEMMING_ANALYZER, SearchTerms, max_typos
from app.articles.queries import Filters
from app.core.errors import Unavailable

WRITER_HEAP_BYTES = 32_000_000  # buffer size at which the index writer flushes a segment
TITLE_WEIGHT, BODY_WEIGHT = 4.0, 1.0
SIMILAR_TITLE_WEIGHT, SIMILAR_BODY_WEIGHT = 1.5, 0.3  # weights of words that match with typos or as a prefix
TOPIC_WEIGHT = 3.0  # weight of each topic that a related article shares


class SearchWarmingUp(Unavailable):
    code = "search_warming_up"
    message = "The search is still starting up. Please try again in a moment."


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """The fields of an article that the search index uses."""

    id: UUID
    title: str
    sort_title: str
    text: str
    topics: Sequence[str]
    category: str
    author: str
    public_from: datetime


@dataclass(frozen=True, slots=True)
class SearchResult:
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
SORT_FIELDS = {
    "-published_on": ("public_from", Order.Desc),
    "title": ("sort_title", Order.Asc),
    "relevance": (None, Order.Desc),
}


class SearchIndex:
    """The in-memory search index. A rebuild replaces it atomically, so that searches continue during a rebuild."""

    def __init__(self) -> None:
        self._searcher: Searcher | None = None

    def rebuild(self, articles: Iterable[IndexedArticle]) -> None:
        index = Index(SCHEMA)
        index.register_tokenizer("stemmed", STEMMING_ANALYZER)
        index.register_tokenizer("plain", PLAIN_ANALYZER)
        writer = index.writer(heap_size=WRITER_HEAP_BYTES, num_threads=1)
        for article in articles:
            writer.add_document(_document(article))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def search(
        self, terms: SearchTerms, filters: Filters, *, sort: str, now: datetime, offset: int, limit: int
    ) -> SearchResult:
        """Return a page of the articles that match every search word, by stem, with typos or as a prefix.

        Raise SearchWarmingUp if the index hasn't been built yet.
        """
        if self._searcher is None:
            raise SearchWarmingUp
        last = len(terms.stem_by_word) - 1
        clauses = [
            (Occur.Must, _word_query(word, stem, is_last=index == last))
            for index, (word, stem) in enumerate(terms.stem_by_word.items())
        ]
        if not clauses:
            return SearchResult((), 0)
        query = Query.boolean_query([*clauses, *_public_clauses(now), *_filter_clauses(filters)])
        field, order = SORT_FIELDS[sort]
        return self._run_query(query, limit=limit, offset=offset, field=field, order=order)

    def related(self, article: IndexedArticle, *, now: datetime, limit: int) -> Sequence[UUID]:
        """Return the ids of the most similar articles, by topics and text. Empty if the index hasn't been built yet."""
        if self._searcher is None:
            return ()
        fields = {"title": [article.title], "body": [article.text]}
        same_words = Query.more_like_this_document_fields_query(SCHEMA, fields, min_doc_frequency=2, min_word_length=4)
        same_topics = [Query.boost_query(_term_query("topic", topic), TOPIC_WEIGHT) for topic in article.topics]
        similar = Query.boolean_query([(Occur.Should, query) for query in (same_words, *same_topics)])
        itself = _term_query("id", str(article.id))
        query = Query.boolean_query([(Occur.Must, similar), (Occur.MustNot, itself), *_public_clauses(now)])
        return self._run_query(query, limit=limit).ids

    def _run_query(
        self, query: Query, *, limit: int, offset: int = 0, field: str | None = None, order: Order = Order.Desc
    ) -> SearchResult:
        searcher = self._searcher
        assert searcher is not None
        result = searcher.search(query, limit, offset=offset, order_by_field=field, order=order)
        ids = [UUID(searcher.doc(address)["id"][0]) for _, address in result.hits]
        return SearchResult(ids, result.count or 0)  # type: ignore[attr-defined]  # missing in tantivy's stubs


def _document(article: IndexedArticle) -> Document:
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
    document.add_integer("public_from", _unix_milliseconds(article.public_from))
    return document


def _word_query(word: str, stem: str, *, is_last: bool) -> Query:
    """Return a query that matches a word by its stem or with typos, and the last word also as a prefix."""
    alternatives = [
        Query.boost_query(_term_query("title", stem), TITLE_WEIGHT),
        Query.boost_query(_term_query("body", stem), BODY_WEIGHT),
    ]
    distance = max_typos(word)
    for field, weight in (("title_words", SIMILAR_TITLE_WEIGHT), ("body_words", SIMILAR_BODY_WEIGHT)):
        if distance:
            alternatives.append(Query.boost_query(Query.fuzzy_term_query(SCHEMA, field, word, distance), weight))
        if is_last and len(word) >= PREFIX_MIN_LENGTH:
            prefix = Query.fuzzy_term_query(SCHEMA, field, word, 0, prefix=True)
            alternatives.append(Query.boost_query(prefix, weight))
    return Query.boolean_query([(Occur.Should, alternative) for alternative in alternatives])


def _filter_clauses(filters: Filters) -> list[tuple[Occur, Query]]:
    slugs_by_field = (("topic", filters.topics), ("category", filters.categories), ("author", filters.authors))
    return [
        (Occur.Must, Query.const_score_query(Query.term_set_query(SCHEMA, field, list(slugs)), 0.0))
        for field, slugs in slugs_by_field
        if slugs
    ]


def _public_clauses(now: datetime) -> list[tuple[Occur, Query]]:
    published = Query.range_query(SCHEMA, "public_from", FieldType.Integer, None, _unix_milliseconds(now))
    return [(Occur.Must, Query.const_score_query(published, 0.0))]


def _term_query(field: str, value: str) -> Query:
    return Query.term_query(SCHEMA, field, value)


def _unix_milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
