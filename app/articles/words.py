"""The words of a search, and where they stand in a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rapidfuzz.distance import OSA
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

LONGEST = 40  # characters of a word that is indexed
MOST_WORDS = 12
ONE_SLIP, TWO_SLIPS = 4, 8  # letters from which on a word may be misspelled so often
AROUND = 120  # characters of a passage on each side of its first word


def _analyzer(*filters: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for each in (Filter.remove_long(LONGEST), Filter.lowercase(), Filter.ascii_fold(), *filters):
        builder = builder.filter(each)
    return builder.build()


PLAIN = _analyzer()
STEMMED = _analyzer(Filter.stemmer("english"))

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody looks for, split as the index splits its texts."""

    all: Sequence[str]
    stems: frozenset[str]

    PREFIX: ClassVar[int] = 3

    @classmethod
    def of(cls, query: str) -> "Words":
        plain = list(dict.fromkeys(PLAIN.analyze(query)))[:MOST_WORDS]
        return cls(plain, frozenset(stem for word in plain for stem in STEMMED.analyze(word)))

    @staticmethod
    def tolerance(word: str) -> int:
        """How many letters of a word may be wrong: none in short ones, two in long ones."""
        return (len(word) >= ONE_SLIP) + (len(word) >= TWO_SLIPS)

    def ranges(self, text: str) -> list[Range]:
        """Where the words stand in a text, in characters, first to last."""
        stems = STEMMED.pre_tokenize(text).tokens
        plain = PLAIN.pre_tokenize(text).tokens
        return [
            (token.char_offset_from, token.char_offset_to)
            for token, stem in zip(plain, stems, strict=True)
            if stem.text in self.stems or self._is_like(token.text)
        ]

    def passage(self, text: str) -> tuple[str, list[Range]] | None:
        """The part of a longer text with most of the words close together."""
        found = self.ranges(text)
        if not found:
            return None
        best = max(found, key=lambda here: sum(here[0] <= start < here[0] + 2 * AROUND for start, _ in found))
        start, end = _whole_words(text, best[0] - AROUND // 2, best[0] + 2 * AROUND)
        return text[start:end], [(a - start, b - start) for a, b in found if start <= a and b <= end]

    def _is_like(self, token: str) -> bool:
        last = self.all[-1]
        if len(last) >= self.PREFIX and token.startswith(last):
            return True
        return any(
            OSA.distance(token, word, score_cutoff=distance) <= distance
            for word in self.all
            if (distance := self.tolerance(word))
        )


def _whole_words(text: str, start: int, end: int) -> Range:
    """The bounds moved outward to where words begin and end, within the paragraph's lines."""
    start, end = max(start, 0), min(end, len(text))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end
