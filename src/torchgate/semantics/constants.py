"""Folding of constants: what Python would compute for string and number expressions of constants."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.values import NOTHING, UNKNOWN, Const, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.semantics.values import Value

# Longer text, and numbers longer when written out, are not folded: no name that matters is, and a template
# that repeats its argument could ask for gigabytes.
_LIMIT = 10_000
_LARGEST = 10**100
_STRING_METHODS = frozenset(
    {
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "removeprefix",
        "removesuffix",
        "casefold",
        "title",
    }
)


def binary(operator: ast.operator, left: Value, right: Value) -> Value:
    """``left + right`` and ``left % right`` of constants."""
    if not isinstance(left, Const):
        return UNKNOWN
    if isinstance(operator, ast.Add) and isinstance(right, Const):
        return _add(left.value, right.value)
    if isinstance(operator, ast.Mod) and isinstance(left.value, str):
        return _percent(left.value, right)
    return UNKNOWN


def _add(left: object, right: object) -> Value:
    if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= _LIMIT:
        return Const(left + right)
    if isinstance(left, bytes) and isinstance(right, bytes) and len(left) + len(right) <= _LIMIT:
        return Const(left + right)
    if type(left) is int and type(right) is int and _is_small(left) and _is_small(right):
        return Const(left + right)
    return UNKNOWN


def _percent(template: str, right: Value) -> Value:
    values = _plain(right)
    if values is None or "*" in template:
        return UNKNOWN
    if any(character.isdigit() for character in template):
        return UNKNOWN  # a width could ask for a gigabyte
    parts = [*values, *values.values()] if isinstance(values, dict) else values
    if not _is_modest(template, parts if isinstance(parts, list | tuple) else [parts]):
        return UNKNOWN
    try:
        return Const(template % values)
    except (TypeError, ValueError, KeyError, OverflowError):
        return UNKNOWN


def _plain(value: Value) -> object | None:
    match value:
        case Const():
            return value.value
        case Sequence(items=items, node=ast.Tuple()) if all(isinstance(item, Const) for item in items):
            return tuple(item.value for item in items if isinstance(item, Const))
        case Mapping(complete=True) if all(isinstance(item, Const) for item in value.items.values()):
            return {key: item.value for key, item in value.items.items() if isinstance(item, Const)}
    return None


def joined(parts: list[Value]) -> Value:
    """An f-string of constants."""
    texts: list[str] = []
    for part in parts:
        value = part.value if isinstance(part, Const) else None
        if not isinstance(value, str | int) or isinstance(value, bool) or not _is_small(value):
            return UNKNOWN
        texts.append(str(value))
    text = "".join(texts)
    return Const(text) if len(text) <= _LIMIT else UNKNOWN


def _is_small(value: object) -> bool:
    """Whether a constant is short when it is written out."""
    if isinstance(value, int):
        return -_LARGEST < value < _LARGEST
    return not isinstance(value, str | bytes) or len(value) <= _LIMIT


def _is_modest(template: str, values: Iterable[object], times: int | None = None) -> bool:
    """Whether ``template`` stays small with each of ``values`` filled in as often as it could be."""
    times = len(template) if times is None else times
    widest = 0
    for value in values:
        if not _is_small(value):
            return False
        widest = max(widest, len(value) if isinstance(value, str | bytes) else 100)
    return len(template) <= _LIMIT and times * widest <= 100 * _LIMIT


def negative(value: Value) -> Value:
    """``-value`` of a number."""
    if isinstance(value, Const) and isinstance(value.value, int | float):
        return Const(-value.value)
    return UNKNOWN


def is_constant(value: Value) -> bool:
    """Whether ``value`` is a constant, None included."""
    return value is NOTHING or isinstance(value, Const)


def truth(value: Value) -> bool | None:
    """Whether a constant is true; None where it is not constant."""
    if value is NOTHING:
        return False
    return bool(value.value) if isinstance(value, Const) else None


def method(text: object, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    """A method of a constant string: ``join``, ``format`` and the case and trimming methods."""
    if not isinstance(text, str) or not _is_small(text):
        return UNKNOWN
    if name == "join" and len(arguments) == 1 and isinstance(arguments[0], Sequence):
        parts = [item.value for item in arguments[0].items if isinstance(item, Const)]
        strings = [part for part in parts if isinstance(part, str)]
        if len(strings) == len(arguments[0].items) and _is_modest(text, [*strings, text], len(strings)):
            return Const(text.join(strings))
        return UNKNOWN
    values = [item.value for item in arguments if isinstance(item, Const)]
    named = {key: item.value for key, item in keywords.items() if isinstance(item, Const)}
    if len(values) != len(arguments) or len(named) != len(keywords):
        return UNKNOWN
    if not _is_modest(text, [*values, *named.values()]):
        return UNKNOWN
    try:
        if name == "format" and ":" not in text:
            return Const(text.format(*values, **named))
        if name in _STRING_METHODS and not named and all(isinstance(value, str) for value in values):
            result = getattr(text, name)(*values)
            return Const(result) if len(result) <= _LIMIT else UNKNOWN
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return UNKNOWN
    return UNKNOWN


def has_parts(name: str, most: int = 0) -> bool:
    """Whether a text that the program has made is a dotted name: no part is empty, and there are no more than
    ``most`` (if given). No import statement has another; ``import_module("app..mod")`` finds nothing."""
    parts = name.split(".")
    return all(parts) and (not most or len(parts) <= most)
