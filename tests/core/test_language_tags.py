"""Tests for language tags: every part of the syntax in BCP 47, the canonical case, and invalid tags."""

import pytest

from app.core.language_tags import canonical_language_tag

CANONICAL_TAGS = {
    "EN": "en",
    "hi-IN": "hi-IN",
    "en_US": "en-US",
    "zh-hans": "zh-Hans",
    "sr_latn_rs": "sr-Latn-RS",
    "zh-yue-HK": "zh-yue-HK",
    "zh-cmn-yue-gan": "zh-cmn-yue-gan",
    "es-419": "es-419",
    "en-0-aa": "en-0-aa",
    "ca-valencia": "ca-valencia",
    "SL-ROZAJ-BISKE-1994": "sl-rozaj-biske-1994",
    "de-DE-u-co-phonebk": "de-DE-u-co-phonebk",
    "en-u-ca-gregory-a-bbb": "en-a-bbb-u-ca-gregory",
    "de-CH-x-Phonebk-a": "de-CH-x-phonebk-a",
    "zh-cmn-hans-cn-boont-u-nu-hanidec-x-private": "zh-cmn-Hans-CN-boont-u-nu-hanidec-x-private",
}
INVALID_TAGS = (
    "",
    "e",
    "english",
    "x-private",
    "i-klingon",
    "en-",
    "en--US",
    "en US",
    "en_US.UTF-8",
    "en-u",
    "en-x",
    "en-US-Latn",
    "en-abcdefghi",
    "de-1996-1996",
    "en-u-ca-gregory-u-nu-latn",
    "\u212aa",  # the Kelvin sign, whose lower case is k
    "en\n",
)


@pytest.mark.parametrize(("tag", "canonical"), CANONICAL_TAGS.items())
def test_canonical_language_tag_has_usual_case(tag: str, canonical: str) -> None:
    assert canonical_language_tag(tag) == canonical
    assert canonical_language_tag(canonical) == canonical


@pytest.mark.parametrize("tag", INVALID_TAGS)
def test_canonical_language_tag_when_invalid_raises_error(tag: str) -> None:
    with pytest.raises(ValueError, match="must"):
        canonical_language_tag(tag)
