"""Which methods the classes of the standard library have, from which those of a project derive."""

from __future__ import annotations

import builtins
import collections
import enum

_NAMED_TUPLE = collections.namedtuple("_NAMED_TUPLE", "")
_TEST_CASE = frozenset(["unittest.TestCase", "unittest.case.TestCase"])


def may_have(base: str, method: str) -> bool:
    """Whether a class, by its dotted name, or what makes it may have a method; one that is not known may."""
    package, _, name = base.partition(".")
    if base in _TEST_CASE:
        from unittest import TestCase  # with argparse, pprint and more

        return hasattr(TestCase, method)
    if base in ("typing.NamedTuple", "typing_extensions.NamedTuple"):
        return hasattr(_NAMED_TUPLE, method)
    known = getattr({"builtins": builtins, "enum": enum}.get(package), name, None)
    return not isinstance(known, type) or hasattr(known, method) or hasattr(type(known), method)
