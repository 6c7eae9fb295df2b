"""Whether tests for type checkers in a file say by themselves what they test.

Of a file in which nothing but import statements matters, function bodies without any are not read. That is
enough for ``if TYPE_CHECKING:`` and ``if typing.TYPE_CHECKING:``. Where a body may hand the name on (``self.t
= TYPE_CHECKING``, ``return typing``), what a test means hangs on what is not read.
"""

from __future__ import annotations

import re

from torchgate.semantics.codetext import IN_NAME
from torchgate.semantics.known import decides_for_types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.outline import Outline
    from torchgate.semantics.searched import Searched

# What may stand before such a name in its line: a test, with the module that has it.
_TEST = re.compile(
    rb"(?:^|[\s(])(?:if|and|or|not|elif)(?:[ \t]+|[ \t]*\()(?:(%s+)[ \t]*\.[ \t]*)?\Z" % IN_NAME
)
_IS_BOUND = re.compile(rb"[ \t]*(?::[^=\n]*)?=(?!=)")
_ALWAYS = frozenset({b"TYPE_CHECKING", b"MYPY"})


def tests_plainly(text: Searched, found: Outline) -> bool:
    """Whether every name of ``TYPE_CHECKING`` in a file is tested on the spot, or bound."""
    deciding = [item for item in found.imports if any(map(decides_for_types, (item.dotted, item.name)))]
    imported = {item.bound.encode() for item in found.imports}
    names = _ALWAYS | {item.bound.encode() for item in deciding}
    modules = {item.bound.encode() for item in deciding if "TYPE_CHECKING" not in item.dotted}
    if all(next(_places(name, text.data, found), None) is None for name in names):
        return True  # not even in a comment
    data = text.code.data
    for name in names:
        for match in _places(name, data, found):
            start = match.start()
            before = data[data.rfind(b"\n", 0, start) + 1 : start]
            if re.search(IN_NAME + rb"\Z", before):
                continue  # the end of a longer word
            if name in modules:
                if data[match.end() : match.end() + 1] != b".":
                    return False
            elif before.strip(b" \t") or not _IS_BOUND.match(data, match.end()):
                test = _TEST.search(before)
                if test is None or (test[1] is not None and test[1] not in imported):
                    return False
    return True


def _places(name: bytes, data: bytes, found: Outline) -> Iterator[re.Match[bytes]]:
    """Where a name stands outside import statements, be it as the end of a longer word."""
    if name in data:
        for match in re.finditer(re.escape(name) + rb"(?!%s)" % IN_NAME, data):
            if not any(first <= match.start() < last for first, last in found.spans):
                yield match
