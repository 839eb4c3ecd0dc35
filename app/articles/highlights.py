"""Parse search queries, and find the parts of a text that match them."""

from collections.abc import Sequence

from rapidfuzz.distance import OSA
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

# All lengths are in characters.
MAX_WORD_LENGTH = 40  # Longer words aren't indexed.
MAX_SEARCH_TERMS = 12
ONE_TYPO_MIN_LENGTH = 4  # minimum length of a word to match with one typo
TWO_TYPOS_MIN_LENGTH = 8  # minimum length of a word to match with two typos
PREFIX_MIN_LENGTH = 3  # minimum length of the last search word to match as a prefix
PASSAGE_LEAD = 60  # length of a passage before its first match
PASSAGE_LENGTH = 240  # length of a passage from its first match to its end


def _build_analyzer(*filters: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for token_filter in (Filter.remove_long(MAX_WORD_LENGTH), Filter.lowercase(), Filter.ascii_fold(), *filters):
        builder = builder.filter(token_filter)
    return builder.build()


PLAIN_ANALYZER = _build_analyzer()
STEMMING_ANALYZER = _build_analyzer(Filter.stemmer("english"))

Range = tuple[int, int]


def max_typos(word: str) -> int:
    """Return the number of typos allowed in a word: 0, 1 or 2, depending on its length."""
    return (len(word) >= ONE_TYPO_MIN_LENGTH) + (len(word) >= TWO_TYPOS_MIN_LENGTH)


class SearchTerms:
    """The words of a search query, split and stemmed in the same way as the indexed texts."""

    def __init__(self, query: str) -> None:
        pairs = zip(PLAIN_ANALYZER.analyze(query), STEMMING_ANALYZER.analyze(query), strict=True)
        self.stem_by_word = dict(list(dict.fromkeys(pairs))[:MAX_SEARCH_TERMS])
        self._search_stems = set(self.stem_by_word.values())
        self._typo_limits = [(word, max_typos(word)) for word in self.stem_by_word]
        self._similarity_cache: dict[str, bool] = {}

    def match_ranges(self, text: str) -> list[Range]:
        """Return the character ranges of the words in a text that match the query."""
        plain, stems = PLAIN_ANALYZER.pre_tokenize(text).tokens, STEMMING_ANALYZER.pre_tokenize(text).tokens
        return [
            (token.char_offset_from, token.char_offset_to)
            for token, stem in zip(plain, stems, strict=True)
            if stem.text in self._search_stems or self._is_similar(token.text)
        ]

    def best_passage(self, text: str) -> tuple[str, list[Range]] | None:
        """Return the passage of a text with the most matches, and the ranges of the matches in it.

        Return None if no word matches.
        """
        matches = self.match_ranges(text)
        if not matches:
            return None
        first_match_start, _ = matches[_densest_window(matches)]
        start, end = _expand_to_words(text, first_match_start - PASSAGE_LEAD, first_match_start + PASSAGE_LENGTH)
        ranges = [(left - start, right - start) for left, right in matches if start <= left and right <= end]
        return text[start:end], ranges

    def _is_similar(self, token: str) -> bool:
        # Cached, because common words occur many times in a text.
        is_similar = self._similarity_cache.get(token)
        if is_similar is None:
            is_similar = self._extends_last_word(token) or self._is_misspelling(token)
            self._similarity_cache[token] = is_similar
        return is_similar

    def _is_misspelling(self, token: str) -> bool:
        for word, limit in self._typo_limits:
            # Comparing the lengths first avoids most of the expensive distance computations.
            if abs(len(token) - len(word)) <= limit and OSA.distance(token, word, score_cutoff=limit) <= limit:
                return True
        return False

    def _extends_last_word(self, token: str) -> bool:
        last = next(reversed(self.stem_by_word))
        return len(last) >= PREFIX_MIN_LENGTH and token.startswith(last)


def _densest_window(matches: Sequence[Range]) -> int:
    """Return the index of the first match in the passage that contains the most matches."""
    best_index, best_count, end = 0, 0, 0
    for index, (start, _) in enumerate(matches):
        while end < len(matches) and matches[end][0] < start + PASSAGE_LENGTH:
            end += 1
        if end - index > best_count:
            best_index, best_count = index, end - index
    return best_index


def _expand_to_words(text: str, start: int, end: int) -> Range:
    """Extend a range of characters so that it doesn't cut off words."""
    start, end = max(start, 0), min(end, len(text))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end
