"""Language tags (BCP 47): validation of the syntax, and the usual case of letters."""

import re

# The production `langtag` of RFC 5646, section 2.1, in lower case. Languages of 4 to 8 letters are reserved.
LANGUAGE_TAG = re.compile(
    r"""
    (?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3})
    (?P<script>-[a-z]{4})?
    (?P<region>-(?:[a-z]{2}|[0-9]{3}))?
    (?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)
    (?P<extensions>(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*)
    (?P<private_use>-x(?:-[a-z0-9]{1,8})+)?
    """,
    re.VERBOSE,
)
EXTENSION = re.compile(r"-([0-9a-wyz])((?:-[a-z0-9]{2,8})+)")


def canonical_language_tag(tag: str) -> str:
    """Return a language tag with hyphens and the usual case, for example `zh-Hans-TW` for `ZH_hans_tw`.

    Extensions are sorted (RFC 5646, section 4.5). Raise ValueError if the syntax is invalid.
    """
    parts = LANGUAGE_TAG.fullmatch(tag.lower().replace("_", "-")) if tag.isascii() else None
    if parts is None:
        raise ValueError("must be a BCP 47 language tag, such as en or pt-BR")
    variants, extensions = parts["variants"].split("-")[1:], sorted(EXTENSION.findall(parts["extensions"]))
    if len(set(variants)) < len(variants) or len(dict(extensions)) < len(extensions):
        raise ValueError("must not contain a variant or an extension twice")
    return "".join(
        (
            parts["language"],
            (parts["script"] or "").title(),
            (parts["region"] or "").upper(),
            parts["variants"],
            *(f"-{singleton}{subtags}" for singleton, subtags in extensions),
            parts["private_use"] or "",
        )
    )
