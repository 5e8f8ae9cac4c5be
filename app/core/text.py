"""Words of strangers made fit for mails and pages: names, labels, anything a person typed into a form.

A name field is the cheapest place to write a phishing mail that a merchant then sends for you, so a name
that looks like a message is dropped, not repaired.
"""

from __future__ import annotations

import re
import unicodedata

NAME_LIMIT = 100
FIRST_NAME_LIMIT = 30

# What separates words becomes a space. U+0085, U+2028 and U+2029 are line ends to some header parsers.
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")  # the two no-break spaces belong to amounts and stay
_PLAIN = re.compile(r"[ -~]*")
# Cc control, Cf format (bidi controls, zero width, tags), Cs surrogates, Co private use, Cn unassigned.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters to Unicode, nothing to the eye

_LINK = re.compile(r"(?i)://|@|\bwww\.|\bhttps?\b|[^\W_]{2,}\.[a-z]{2,}(?:[/:?\s]|$)")
_MARKUP = re.compile(r"[<>{}\[\]|\\`]|&#?\w+;")
_MANY_DIGITS = re.compile(r"(?:\D*\d){4}")  # a telephone number or a sum of money, not a name

_TITLES = frozenset("dr prof mr mrs ms miss mx sir madam herr frau m mme mlle sr sra ing mag".split())
_COMPANY = re.compile(
    r"(?i)\b(?:gmbh|ag|kg|ug|ohg|e\.?v|inc|llc|llp|ltd|limited|corp|corporation|company|co|plc|pty|bv|b\.v|nv|oy|ab"
    r"|aps|as|sa|sas|sarl|srl|spa|s\.r\.l|s\.p\.a|team|studio|agency|group|foundation|university|school)\b\.?"
)


def clean_line(raw: str, limit: int | None = None) -> str:
    """One line without invisible characters: no controls, bidi overrides, zero width or line separators."""
    if not _PLAIN.fullmatch(raw):  # most words are plain ASCII and need no walk
        raw = unicodedata.normalize("NFC", _BREAKS.sub(" ", raw))
        raw = "".join(c for c in raw if c not in _BLANK_LETTERS and unicodedata.category(c) not in _DROPPED)
    line = _SPACES.sub(" ", raw).strip()
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_person_name(raw: str | None) -> str | None:
    """A name fit to be shown, at most 100 characters, or None where it is absent or is no name.

    Names with an address, a link, markup or four digits are refused whole: a mended one would still
    carry its message.
    """
    if not raw:
        return None
    name = clean_line(raw[: NAME_LIMIT * 10], NAME_LIMIT)
    looked_through = unicodedata.normalize("NFKC", name).replace("。", ".")  # full-width dots link as well
    if _LINK.search(looked_through) or _MARKUP.search(looked_through) or _MANY_DIGITS.search(looked_through):
        return None
    if name.casefold() in {"none", "null", "undefined", "n/a", "nan", "unknown", "test"}:
        return None
    return name if any(c.isalpha() for c in name) else None


def first_name(raw: str | None, *, family_first: bool = False) -> str | None:
    """What to greet a person by, or None where a greeting without a name is better.

    `Jane Doe` and `Doe, Jane` give `Jane`; a title keeps the whole name; a company gives None.
    `family_first`: languages that put the family name first are greeted by the whole name.
    """
    name = clean_person_name(raw)
    if name is None or _COMPANY.search(name) or "&" in name:
        return None
    if "," in name:
        name = name.split(",", 1)[1].strip() or name
    words = name.split()
    titled = words[0].rstrip(".").casefold() in _TITLES
    initials = re.fullmatch(r"(?:[^\W\d_]\.?)+", words[0]) and (len(words[0]) == 1 or "." in words[0])
    chosen = name if titled or initials or family_first else words[0].strip(",;")
    if len(chosen) > FIRST_NAME_LIMIT or not any(c.isalpha() for c in chosen):
        return None
    shouted_or_mumbled = chosen.islower() or (chosen.isupper() and len(chosen) > 3)
    return chosen.title() if shouted_or_mumbled and "'" not in chosen else chosen
