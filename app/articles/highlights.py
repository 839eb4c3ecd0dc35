"""The words of a search, and their places in a text."""

from collections.abc import Sequence

from rapidfuzz.distance import OSA
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

LONGEST = 40  # characters of a word that is indexed
MOST_WORDS = 12
ONE_SLIP, TWO_SLIPS = 4, 8  # letters from which on a word may be misspelled so often
PREFIX = 3  # letters from which on the last word may be the beginning of one
BEFORE, PASSAGE = 60, 240  # characters shown before the first word of a passage, and from it on


def _analyzer(*filters: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for each in (Filter.remove_long(LONGEST), Filter.lowercase(), Filter.ascii_fold(), *filters):
        builder = builder.filter(each)
    return builder.build()


PLAIN = _analyzer()
STEMMED = _analyzer(Filter.stemmer("english"))

Range = tuple[int, int]


def tolerance(word: str) -> int:
    """How many letters of a word may be wrong: none in short ones, two in long ones."""
    return (len(word) >= ONE_SLIP) + (len(word) >= TWO_SLIPS)


class Words:
    """A search text, split as the index splits its texts."""

    def __init__(self, query: str) -> None:
        pairs = zip(PLAIN.analyze(query), STEMMED.analyze(query), strict=True)
        self.stems = dict(list(dict.fromkeys(pairs))[:MOST_WORDS])
        self._wanted = set(self.stems.values())
        self._slips = [(word, tolerance(word)) for word in self.stems]
        self._alike: dict[str, bool] = {}

    def ranges(self, text: str) -> list[Range]:
        """The places of the words in a text, in characters, first to last."""
        plain, stems = PLAIN.pre_tokenize(text).tokens, STEMMED.pre_tokenize(text).tokens
        return [
            (token.char_offset_from, token.char_offset_to)
            for token, stem in zip(plain, stems, strict=True)
            if stem.text in self._wanted or self._is_like(token.text)
        ]

    def passage(self, text: str) -> tuple[str, list[Range]] | None:
        """The part of a longer text with most of the words close together."""
        found = self.ranges(text)
        if not found:
            return None
        best = _densest(found)
        start, end = _whole_words(text, found[best][0] - BEFORE, found[best][0] + PASSAGE)
        return text[start:end], [(a - start, b - start) for a, b in found if start <= a and b <= end]

    def _is_like(self, token: str) -> bool:
        """Decided once for each word of a text: common ones come back a thousand times."""
        known = self._alike.get(token)
        if known is None:
            known = self._alike[token] = self._begins_with_last(token) or self._is_misspelled(token)
        return known

    def _is_misspelled(self, token: str) -> bool:
        """Most words are told apart by their length."""
        for word, slips in self._slips:
            if abs(len(token) - len(word)) <= slips and OSA.distance(token, word, score_cutoff=slips) <= slips:
                return True
        return False

    def _begins_with_last(self, token: str) -> bool:
        last = next(reversed(self.stems))
        return len(last) >= PREFIX and token.startswith(last)


def _densest(found: Sequence[Range]) -> int:
    """Which range begins the passage that holds the most of them."""
    best, most, end = 0, 0, 0
    for n, (start, _) in enumerate(found):
        while end < len(found) and found[end][0] < start + PASSAGE:
            end += 1
        if end - n > most:
            best, most = n, end - n
    return best


def _whole_words(text: str, start: int, end: int) -> Range:
    """The bounds moved outward to where words begin and end."""
    start, end = max(start, 0), min(end, len(text))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end
