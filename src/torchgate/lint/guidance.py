"""Sentences that still teach people to import a facade first. Plain text in, offsets out.

A sentence is guidance if it names the facade, speaks of importing it, puts it first or before torch, and
tells somebody to (an imperative, or a word such as "must" or "always"). Negated and historical ones are not.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

_WORD = r"fac\u0327?ades?|fa\u00e7ades?"
_TORCH = rf"(?<![\w.])(?:py)?torch(?!\w|[\s-]+(?:{_WORD})\b)"
_OTHERS = r"(?:any(?:thing| other| further)|every(?:thing| other)|all other|other imports|the rest)\b"

# Text that is laid out as one line or block of its own also ends a sentence: list items, fields, prompts.
_BREAKS = (
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bcf\.)(?<!\bvs\.)(?<!\s\d\.)(?<!\s\d\d\.)[\"')\]`*]*(?=\s|\Z)"
    r"|\n[ \t]*\n|\n(?=[ \t]*(?:[-*+\u2022]\s|\d+[.)]\s|:\w|@\w|>>>|[-=~^#]{3,}))"
    r"|\n(?=[ \t]*(?:Always|Import|Make sure|NOTE|Note|Please)\b)|\s\#+(?=\s|\Z)"
)
_LEAD = r"[\s\-*+>#\u2022|]*(?:\d+[.)]\s+)?[\s\"'(`*]*"

_IMPORT = r"\b(?:import|load)(?:s|ed|ing)?\b"
# "first" as an adverb; "the first import raises" is none, "must be the first import" is.
_FIRST = (
    r"(?<!\bthe )(?<!\ba )(?<!\bat )(?<!\bvery )\bfirst\b"
    r"(?=\s*(?:[^\w\s-]|\Z)|\s+(?:and|as|because|before|everywhere|followed|here|if|import|importing|in|load|"
    r"or|otherwise|since|so|then|thing|to|when|whenever|with)\b)"
    r"|\b(?:must|should|has to|have to|needs to|always)\b[^.;]*\bthe (?:very )?first\b"
)
_BEFORE = rf"\b(?:before|prior to|ahead of|earlier than|precedes?)\b[^.;:]{{0,60}}?(?:{_TORCH}|\b{_OTHERS})"
_AFTER = rf"{_TORCH}[^.;:]{{0,40}}?\b(?:only )?after\b"

_TELLING = (
    r"\b(?:must|should|shall|has to|have to|needs? to|needs|always|please|ensure|make sure|be sure|remember|"
    r"requires?|required|mandatory|important|crucial|essential|necessary|ought|forget|want to|got to)\b"
)
_IMPERATIVE = (
    r"(?:\A|[:;,\u2013\u2014-]\s*|\b(?:first|then|so|and|just|simply|to|you|or|thus|therefore|hence)\s+)"
    r"(?:import|load)\b(?!\s+(?:order|of|time|errors?|statements?|is|was|are|were)\b)"
)
_PAST = (
    r"\b(?:no longer|removed?|removal|removes|instead|rather than|used to|was|were|had to|previously|"
    r"formerly|historically|in the past|obsolete|deprecated|legacy|outdated|replaced?|replaces|dropped|"
    r"deleted|retired|gone|any ?more|migrated?|migration|old way|old rule|old habit|unnecessary|needless|"
    r"superfluous|until)\b"
)
# Speech about guidance is not guidance.
_REPORTED = (
    r"\b(?:sentences?|guidance|comments?|docstrings?|this|that|which)\b[^.;]*\b(?:tell|teach|say)(?:s|es)?\b"
)
_NEGATED = (
    r"\b(?:not|never|no|nor|neither|nobody|nothing|without|cannot|forbid|forbidden|forbids|banned|"
    r"wrong|mistake)\b"
    r"|n't\b|\b(?:avoid|stop|reject|flags?|reports?)\s+(?:\w+\s+)?(?:import|load)"
)
_REMINDER = r"\b(?:do not|don't|never)\s+forget\b"
_ASIDE = r"\A(?:if|when|whenever|unless|because|since|as|to|for|in)\b[^,]*,"
_CONSEQUENCE = r"[;,\u2013\u2014(]|\b(?:or|otherwise|else|because|since|so|lest)\b"

_STATEMENT = r"(?m)^[ \t>.]*(?:import [\w.]+(?: as \w+)?|from [\w.]+ import [\w, *()]+)[ \t]*$"

# What reStructuredText writes before a name (":mod:`torch`").
_ROLE = r":[A-Za-z][\w.+:-]*:(?=`)"

# Whoever means it says it in fewer characters; patterns take their time on text that never ends.
_LONGEST = 1000

_compiled: dict[str, re.Pattern[str]] = {}


def guidance(text: str, facades: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Offsets of every sentence of ``text`` that tells people to import a facade first.

    ``facades`` are the dotted names that the project configured; without any, the bare word counts only in a
    sentence that names torch too.
    """
    names = tuple(facades)
    for start, end in sentences(text):
        if end - start <= _LONGEST and _teaches(text[start:end], names):
            yield start, end


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of a text, without the spaces, list markers and quotes that lead them."""
    start = 0
    for match in [*_regex(_BREAKS).finditer(text), None]:
        end = match.start() if match else len(text)
        lead = _regex(_LEAD).match(text, start, end)
        begin = lead.end() if lead else start
        sentence = text[begin:end].rstrip()
        if sentence:
            yield begin, begin + len(sentence)
        start = match.end() if match else end


def _is_code(sentence: str) -> bool:
    """Several import statements on lines of their own: code that is commented out, or an example."""
    return len(_regex(_STATEMENT).findall(sentence)) > 1


def may_teach(text: str, facades: Iterable[str]) -> bool:
    """Whether ``text`` holds the words that guidance needs: a cheap look before the real one."""
    lowered = text.lower()
    if "import" not in lowered and "load" not in lowered:
        return False
    if not any(
        word in lowered for word in ("first", "before", "after", "prior to", "ahead of", "earlier", "precede")
    ):
        return False
    return any(word.decode() in lowered for word in facade_words(facades))


def facade_words(facades: Iterable[str]) -> list[bytes]:
    """What a facade is called in lower case, in UTF-8."""
    names = [name.removesuffix(".*").rpartition(".")[2].lower() for name in facades]
    return [word.encode() for word in ("facade", "fa\u00e7ade", "fac\u0327ade", *names)]


def _teaches(sentence: str, facades: tuple[str, ...]) -> bool:
    if sentence.rstrip("\"')]`*").endswith("?") or _is_code(sentence):
        return False
    # Markup and typographic apostrophes give way to plain characters, one for one.
    plain = _regex(_ROLE).sub(" ", sentence) if ":`" in sentence else sentence
    plain = plain.replace("`", " ").replace("*", " ").replace('"', " ").replace("\u2019", "'").lower()
    plain = " ".join(plain.split())
    # What a facade is called says nothing about the sentence (`legacy.facades`).
    plain, count = _regex(_name_pattern(facades)).subn("facade", plain)
    if not count or not _regex(_IMPORT).search(plain):
        return False
    if not facades and not _regex(_TORCH + rf"|\btorch[\s-]+(?:{_WORD})\b").search(plain):
        return False
    named = plain.index("facade")
    order = _order(plain, named)
    if order is None or not (_regex(_TELLING).search(plain) or _regex(_IMPERATIVE).search(plain)):
        return False
    return not _is_withdrawn(plain, min(order, named), max(order, named))


def _name_pattern(facades: tuple[str, ...]) -> str:
    """The word, every dotted name, and its last part unless that is what torch itself is called."""
    import re

    names = {facade.removesuffix(".*").lower() for facade in facades}
    names |= {name.rpartition(".")[2] for name in names} - {"torch", "pytorch"}
    words = "|".join([_WORD, *map(re.escape, sorted(names, reverse=True))])
    return rf"(?<![\w.])(?:{words})(?!\w|\.\w)"


def _order(plain: str, named: int) -> int | None:
    """Where the words end that put the facade first; None where nothing does."""
    first = _regex(_FIRST).search(plain)
    if first:
        return first.end()
    before = _regex(_BEFORE).search(plain)
    if before and named < before.start():
        return before.end()
    after = _regex(_AFTER).search(plain)
    return after.end() if after and after.end() < named else None


def _is_withdrawn(plain: str, start: int, end: int) -> bool:
    """Whether the sentence takes back what it says, or tells how it used to be.

    A negation counts in the clause that gives the advice (it stands between ``start`` and ``end``), not in
    an aside before it ("if the flags are not set, ..."), in another sentence before a semicolon, nor in what
    is said to follow ("..., or they are not set").
    """
    if _regex(_PAST).search(plain) or _regex(_REPORTED).search(plain):
        return True
    consequence = _regex(_CONSEQUENCE).search(plain, end)
    clause = plain[plain.rfind(";", 0, start) + 1 : consequence.start() if consequence else None].lstrip()
    aside = _regex(_ASIDE).match(clause)
    if aside and not _regex(_IMPORT).search(aside[0]):
        clause = clause[aside.end() :]
    return _regex(_NEGATED).search(_regex(_REMINDER).sub(" ", clause)) is not None


def _regex(pattern: str) -> re.Pattern[str]:
    found = _compiled.get(pattern)
    if found is None:
        import re

        found = _compiled[pattern] = re.compile(pattern)
    return found
