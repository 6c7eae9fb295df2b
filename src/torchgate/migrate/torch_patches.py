"""What the project puts in the place of torch's own functions, classes and methods: writes, a test's patches.

What stands there while the code runs need not take the keyword that a call is given, nor follow the default.
"""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.project import Migration, Unit
from torchgate.semantics.codetext import code_only
from torchgate.semantics.module import Module
from torchgate.semantics.values import Ref, Value

_DICT = ".__dict__"
_ANY = "*"
# What may write to an attribute that it is told by name: not to one of ``self`` itself. The second is looked
# for in code alone; the word is in many comments.
_SETTERS = re.compile(rb"(?:\b|_)(?:setattr|delattr)\b(?!\(\s*(?:self|cls)\s*,)|__dict__")
_PATCHERS = re.compile(rb"(?:\b|_)(?:(?:monkey)?patch(?:ed|er)?|mock(?:er)?|stub|spy)\b")
_CALLEES = re.compile(
    r"(?:\b|_)(?:(?:monkey)?patch(?:ed|er)?|setattr|delattr|mock(?:er)?|stub|spy)\b", re.IGNORECASE
)
_WRITE = re.compile(rb"(?<![\w.])((?:\w+\.)+\w+)[ \t]*(?:[-+*/|@&^%]|//|\*\*)?=(?!=)")
_OTHERS = re.compile(rb"\bdel\b([^\n]*)|^[ \t]*((?:[\w.]+[ \t]*,[ \t]*)+[\w.]*)[ \t]*=(?!=)", re.M)
# What these look for has one of these in it, which is found at the speed of memory.
_CALLEE_HINTS = ("patch", "setattr", "delattr", "mock", "stub", "spy")
_SETTER_HINTS = (b"setattr", b"delattr", b"__dict__")
_PATCHER_HINTS = (b"patch", b"mock", b"stub", b"spy")
_COMPUTED_HINTS = (b"setattr(", b"patch.object(", b"patch.multiple(", b"patch.dict(")
# The attribute's name is made at run time.
_COMPUTED = re.compile(
    rb"(?:setattr|patch\.object)\((?!\s*(?:self|cls)\s*,)\s*[\w.]+\s*,\s*[^'\"\s]|\bpatch\.(?:multiple|dict)\("
)


@dataclass(frozen=True, slots=True)
class Patch:
    """Something that replaces ``dotted`` of torch (``torch.nn.*``: some attribute of it)."""

    dotted: str
    unit: Unit
    node: ast.AST


class TorchPatches:
    """Answers for one run."""

    def __init__(
        self,
        migration: Migration,
        holding: Callable[[str], Iterable[str]],
        canonical: Callable[[str], str] = str,
    ) -> None:
        """``holding`` gives the files that hold a word; ``canonical`` the one name of what torch has under
        several."""
        self._migration = migration
        self._holding = holding
        self._canonical = canonical
        # The words that a file writes to as attributes; None where it may write to any.
        self._written: dict[str, frozenset[bytes] | None] = {}
        self._computed: list[str] | None = None
        self._files: dict[str, list[Patch]] = {}
        self._answers: dict[str, Patch | None] = {}

    def at(self, dotted: str) -> Patch | None:
        """What is put in the place of ``dotted``, of what holds it, or of something that it holds."""
        if dotted not in self._answers:
            self._answers[dotted] = next(self._find(self._canonical(dotted)), None)
        return self._answers[dotted]

    def operators(self) -> Patch | None:
        """What is put in the place of an operator of tensors."""
        found = self.at("torch.Tensor")
        return found if found is not None and re.fullmatch(r"__\w+__|\*", found.dotted[13:]) else None

    def _find(self, dotted: str) -> Iterator[Patch]:
        for path in self._paths(dotted):
            for patch in self._in_file(path):
                if _concerns(self._canonical(patch.dotted), dotted):
                    yield patch

    def _paths(self, dotted: str) -> list[str]:
        """The files that may replace it: cheap to tell, and not all are understood yet."""
        if self._computed is None:
            texts = ((path, self._text(path)) for path in self._holding("torch"))
            self._computed = [path for path, text in texts if _found(_COMPUTED, _COMPUTED_HINTS, text)]
        last = dotted.rpartition(".")[2]
        found = {path for path in self._holding(last) if self._may_write(path, last.encode())}
        return sorted(found.union(self._computed))

    def _may_write(self, path: str, word: bytes) -> bool:
        if path not in self._written:
            text = self._text(path)
            self._written[path] = None if _may_be_told(text) else _written_words(text)
        words = self._written[path]
        return words is None or word in words

    def _text(self, path: str) -> bytes:
        return self._migration.data(path) if path.endswith(".py") else b""

    def _in_file(self, path: str) -> list[Patch]:
        if path not in self._files:
            unit = self._migration.unit(path)
            self._files[path] = [] if unit is None else list(_patches(unit))
        return self._files[path]


def _found(pattern: re.Pattern[bytes], hints: tuple[bytes, ...], text: bytes) -> bool:
    return any(hint in text for hint in hints) and pattern.search(text) is not None


def _may_be_told(text: bytes) -> bool:
    """Whether something in the text may write to an attribute that it is told by name."""
    if _found(_SETTERS, _SETTER_HINTS, text):
        return True
    return _found(_PATCHERS, _PATCHER_HINTS, text) and _PATCHERS.search(code_only(text) or text) is not None


def _written_words(text: bytes) -> frozenset[bytes]:
    """Every name in what is assigned to or deleted as an attribute, but the attributes of ``self`` itself."""
    chains = [match[1].split(b".") for match in _WRITE.finditer(text)]
    words = {
        word for chain in chains if len(chain) > 2 or chain[0] not in (b"self", b"cls") for word in chain
    }
    others = (match[1] or match[2] for match in _OTHERS.finditer(text))
    return frozenset(words.union(*(re.findall(rb"\w+", other) for other in others)))


def _concerns(replaced: str, dotted: str) -> bool:
    if replaced.endswith(f".{_ANY}"):
        return f"{dotted}.".startswith(replaced.removesuffix(_ANY))
    return f"{dotted}.".startswith(f"{replaced}.") or replaced.startswith(f"{dotted}.")


def _patches(unit: Unit) -> Iterator[Patch]:
    module = unit.module
    for write in module.writes:
        base = _torch(module, write.base)
        if not base or (write.item and not base.endswith(_DICT)) or not write.where.runs:
            continue
        yield Patch(f"{base.removesuffix(_DICT)}.{write.name or _ANY}", unit, write.node)
    for node in module.within(module.tree) if _may_call_patches(unit.source.text) else ():
        if isinstance(node, ast.Call):
            for dotted in _patched_by(module, node):
                yield Patch(dotted, unit, node)


def _may_call_patches(text: str) -> bool:
    """Whether a name in the text may say that it replaces something. What is not ASCII may be another way to
    write such a name."""
    lowered = text.lower()
    if not text.isascii():
        return True
    if not any(hint in lowered for hint in _CALLEE_HINTS) or _CALLEES.search(text) is None:
        return False
    code = code_only(text.encode())
    return code is None or _CALLEES.search(code.decode()) is not None


def _patched_by(module: Module, call: ast.Call) -> Iterator[str]:
    """What a patch names: ``monkeypatch.setattr(torch, "zeros", fake)``, ``patch("torch.zeros")``,
    ``patch.multiple(torch, zeros=fake)``, ``patch.dict(torch.__dict__, {"zeros": fake})``."""
    if not call.args or not _is_patch(call.func):
        return
    first, *rest = call.args
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    owner = _named(module, text) if text else _torch(module, module.value(first))
    if not owner:
        return
    if getattr(call.func, "attr", "") in ("multiple", "dict"):
        owner = owner.removesuffix(_DICT)
        names = [item.arg or _ANY for item in call.keywords] if not rest else [_ANY]
        yield from (f"{owner}.{name}" for name in names)
    elif text:
        yield owner
    elif rest:
        name = rest[0].value if isinstance(rest[0], ast.Constant) else _ANY
        yield f"{owner}.{name!s}"


def _is_patch(function: ast.expr) -> bool:
    """Whether a callee's name says that it replaces something."""
    names = (getattr(node, "attr", getattr(node, "id", "")) for node in _chain(function))
    return any(_CALLEES.search(name) for name in names)


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    while isinstance(node, ast.Attribute):
        node = node.value
        yield node


def _named(module: Module, text: str) -> str:
    """The name of torch's that a dotted text means: ``torch.zeros``, ``app.ops.torch.zeros``."""
    package = text.partition(".")[0]
    if not text.replace(".", "").isidentifier():
        return ""
    if package == "torch" or package in module.config.project_names:
        return _torch(module, Ref(text))
    return ""


def _torch(module: Module, value: Value) -> str:
    resolver = module.resolver
    if isinstance(value, Ref) and value.package != "torch" and resolver is not None:
        value = resolver.settle(value)
    return torch_name(module, value)
