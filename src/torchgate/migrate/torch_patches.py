"""What the project puts in the place of torch's own functions, classes and methods: writes, a test's patches.

What stands there while the code runs need not take the keyword that a call is given, nor follow the default.
"""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from torchgate.lint.filter import is_plain
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.torch_values import (
    ANY,
    CALLEES,
    DICT,
    begun,
    holder,
    is_patch,
    is_written_plainly,
    named,
    torch_of,
)
from torchgate.migrate.torch_writers import indirect
from torchgate.semantics.codetext import code_only, is_attribute
from torchgate.semantics.module import Module, analyze
from torchgate.semantics.searched import Searched
from torchgate.semantics.values import Ref, Value
from torchgate.source import Source, UnreadableError

# What may write to an attribute that it is told by name: not to one of ``self`` itself. The second is looked
# for in code alone; the word is in many comments.
_SETTERS = re.compile(
    rb"(?:\b|_)(?:setattr|delattr)(?:__)?\b(?!\(\s*(?:self|cls)\s*,)|__dict__"
    rb"|\bvars\b(?!\(\s*(?:self|cls)\s*\))|(?<!self\.)\bmodules\b[\s)]*\[|\bsetitem\b"
)
# A call that is given torch and a name, as a setter is.
_GIVEN = rb"\(\s*(?:%b)\b[\w.\s]*,\s*[\"']\w+[\"']\s*,"
_ALIAS = re.compile(rb"\btorch(?:\.\w+)*\s+as\s+(\w+)")
_PATCHERS = re.compile(rb"(?:\b|_)(?:(?:monkey)?patch(?:ed|er)?|mock(?:er)?|stub|spy)\b")
# A module of torch as a target, in the end of a text, or as a keyword.
_HOLDER = rb"""\.%b\s*(?:[,)\]=:]|in\b)|["'.]%b["']|[(,]\s*%b\s*=|\bdel\b(?:(?!\bdel\b)[^\n])*\.%b\b"""
_EQUALS = rb"(?:[-+*/|@&^%]|//|\*\*|<<|>>)?=(?!=)"
# An attribute that is assigned, with those that are taken of it: but one of ``self`` itself.
_WRITE = re.compile(rb"(?<![^\w.]self)(?<![^\w.]cls)((?:\.[\s\\]*+\w++(?:[\s)\]]|\\\r?\n)*+)++)%b" % _EQUALS)
_TARGET = rb"[*(\[ \t]*+\w++[)\]]*+(?:[ \t]*\.[ \t]*\w++[)\]]*+)*+[ \t]*+"
_TARGETS = rb"(%b(?:,(?:%b)?)++[)\]]*+[ \t]*+)=(?!=)" % (_TARGET, _TARGET)
# Where else one may be a target: of ``del``, among others, of ``for``, of ``as``, with an annotation. Each
# with a word that it has.
_OTHERS = [
    (b"del", re.compile(rb"\bdel\b(\s*\([^)]*\)|[^\n]*)")),
    (b",", re.compile(rb"(?:^|;)[ \t]*" + _TARGETS, re.M)),
    (
        b",",
        re.compile(
            rb"\b(?:if|elif|else|for|while|with|try|finally|except|case)\b[^\n]{0,200}?:[ \t]*" + _TARGETS
        ),
    ),
    (b"for", re.compile(rb"\bfor\b([^:=]{0,200}?)\bin\b")),
    (b"as", re.compile(rb"\bas[ \t]*([(\[ \t]*\w+[ \t]*\.[\w. \t,]+)")),
    (b":", re.compile(rb"^[ \t]*((?:\w+\.)+\w+)[ \t]*:", re.M)),
]
# What these look for has one of these in it, which is found at the speed of memory.
_CALLEE_HINTS = (b"patch", b"setattr", b"delattr", b"mock", b"stub", b"spy")
_DICT_HINTS = (b"vars", b"__dict__")
_IN_NAME = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_TO_SELF = re.compile(rb"\(\s*(?:self|cls)\s*,")
_OF_SELF = re.compile(rb"(?<![\w.])(?:self|cls)\.\Z")
_CALL = re.compile(rb"[\s\\)]*[.(]")
_CALL_OR_MORE = re.compile(rb"[\s\\)]*[.(#\"']")
_DICTS = re.compile(rb"(?<!self\.)(?<!cls\.)__dict__|\bvars\b(?!\(\s*(?:self|cls)\s*\))")
_SETTER_HINTS = (b"setattr", b"delattr", b"__dict__", b"vars", b"modules", b"setitem")
_PATCHER_HINTS = (b"patch", b"mock", b"stub", b"spy")
_COMPUTED_HINTS = (b"setattr", b"delattr", b"patch", b"spy", b"__dict__", b"vars")
# The attribute's name need not stand in the text: it is made at run time.
_COMPUTED = re.compile(
    rb"""(?:setattr|delattr|patch\.object|spy)(?:__)?\b(?!\(\s*(?:self|cls)\s*,)"""
    rb"""(?!\(\s*[\w.]+\s*,\s*(?:"\w+"|'\w+')\s*[,)])(?!\(\s*(?:"[\w.]+"|'[\w.]+')\s*[,)])"""
    rb"""|\bpatch\((?!\s*(?:"[\w.]+"|'[\w.]+')\s*[,)])|\bpatch\.(?:multiple|dict)\("""
    rb"""|(?<!self\.)(?<!cls\.)__dict__|\bvars\b(?!\(\s*(?:self|cls)\s*\))"""
)
# What changes a dictionary.
_CHANGERS = frozenset(
    {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__", "__ior__"}
)
_SETS = frozenset({"__setattr__", "__delattr__"})


@dataclass(frozen=True, slots=True)
class Patch:
    """Something that replaces ``dotted`` of torch (``torch.nn.*``: some attribute of it). ``inside``: no more
    than what this module of the project knows by the name."""

    dotted: str
    unit: Unit
    node: ast.AST
    inside: str = ""

    @property
    def shown(self) -> str:
        """What is replaced, for a message."""
        holder = self.dotted.removesuffix(".*")
        return f"`{self.dotted}`" if holder == self.dotted else f"any name of `{holder}`"


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
        self._computed: dict[str, bool] = {}
        self._whole: dict[tuple[str, str], bool] = {}
        self._patterns: dict[str, re.Pattern[bytes]] = {}
        self._files: dict[str, list[Patch]] = {}
        self._answers: dict[str, list[Patch]] = {}

    def at(self, dotted: str, module: str = "") -> Patch | None:
        """What is put in the place of ``dotted``, of what holds it, or of something that it holds, as code of
        ``module`` sees it."""
        if dotted not in self._answers:
            self._answers[dotted] = list(self._find(self._canonical(dotted)))
        return next((patch for patch in self._answers[dotted] if patch.inside in ("", module)), None)

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
        *outer, last = dotted.split(".")
        named = {path for path in self._holding(last) if self._may_concern(path, dotted)}
        found = {path for path in named if self._may_write(path, last.encode(errors="surrogatepass"))}
        for part in outer:
            found.update(
                path
                for path in self._holding(part)
                if self._may_concern(path, dotted) and self._may_hold(path, part)
            )
        for path in self._holding("torch"):
            if self._may_concern(path, dotted) and self._computes(path):
                found.add(path)
        return sorted(found)

    def _may_hold(self, path: str, part: str) -> bool:
        """Whether a file may replace all that torch, or a module of it, holds."""
        key = path, part
        if key not in self._whole:
            word, text = part.encode(errors="surrogatepass"), self._text(path)
            if part not in self._patterns:
                self._patterns[part] = re.compile(_HOLDER % (word, word, word, word))
            held = not text.isascii() or self._patterns[part].search(text) is not None
            self._whole[key] = held and self._may_write(path, word)
        return self._whole[key]

    def _may_concern(self, path: str, dotted: str) -> bool:
        """Whether a file may replace a name, as far as the process tells that has read it."""
        leads = self._migration.leads.get(path)
        return leads is None or any(_concerns(self._canonical(name), dotted) for name in leads.replaced)

    def _computes(self, path: str) -> bool:
        """Whether a file may write to attributes whose names are made at run time."""
        if path not in self._computed:
            text = self._text(path)
            found = _found(_COMPUTED, _COMPUTED_HINTS, text)
            self._computed[path] = found or not is_plain(Searched(text))
        return self._computed[path]

    def _may_write(self, path: str, word: bytes) -> bool:
        if path not in self._written:
            text = self._text(path)
            told = _may_be_told(text) or not is_plain(Searched(text))
            self._written[path] = None if told else _written_words(text)
        words = self._written[path]
        return words is None or word in words

    def _text(self, path: str) -> bytes:
        return self._migration.text(path) if path.endswith(".py") else b""

    def _in_file(self, path: str) -> list[Patch]:
        if path not in self._files:
            unit = self._migration.unit(path)
            self._files[path] = list(_patches(unit)) if unit is not None else []
        return self._files[path]


def _found(pattern: re.Pattern[bytes], hints: tuple[bytes, ...], text: bytes) -> bool:
    return any(hint in text for hint in hints) and pattern.search(text) is not None


def _may_be_told(text: bytes) -> bool:
    """Whether something in the text may write to an attribute that it is told by name."""
    if _found(_SETTERS, _SETTER_HINTS, text):
        return True
    given = _GIVEN % b"|".join(dict.fromkeys([b"torch", *_ALIAS.findall(text)]))
    if b"torch" in text and re.search(given, text) is not None:
        return True
    return _found(_PATCHERS, _PATCHER_HINTS, text) and _PATCHERS.search(code_only(text) or text) is not None


def _written_words(text: bytes) -> frozenset[bytes]:
    """Every name in what is assigned to or deleted as an attribute, but the attributes of ``self`` itself."""
    targets = [match[1] for match in _WRITE.finditer(text)] if b"=" in text else []
    for hint, pattern in _OTHERS:
        targets += pattern.findall(text) if hint in text else ()
    return frozenset(word for target in targets for word in re.findall(rb"\w+", target))


def _concerns(replaced: str, dotted: str) -> bool:
    if replaced.endswith(f".{ANY}"):
        return f"{dotted}.".startswith(replaced.removesuffix(ANY))
    return f"{dotted}.".startswith(f"{replaced}.") or replaced.startswith(f"{dotted}.")


def replaced(module: Module, words: Iterable[bytes] = ()) -> Iterator[str]:
    """What a file replaces of torch; ``words``: those of its text, if they are known."""
    return (dotted for dotted, _, _ in _replaced(module, b" ".join(words)))


def _patches(unit: Unit) -> Iterator[Patch]:
    return (Patch(dotted, unit, node, inside) for dotted, node, inside in _replaced(unit.module))


def _replaced(module: Module, words: bytes = b"") -> Iterator[tuple[str, ast.AST, str]]:
    words = words or module.source.text.encode()
    for write in module.writes:
        if not write.where.runs:
            continue
        base = torch_of(module, write.base)
        if base and (not write.item or base.endswith(DICT)):
            yield f"{base.removesuffix(DICT)}.{write.name or ANY}", write.node, ""
        elif not write.item and write.name:
            yield from _in_project(module, write.base, write.name, write.node)
    may_call_patches = _may_call_patches(module, words.lower())
    for call in module.every_call if may_call_patches else ():
        yield from ((dotted, call, _inside(module, call, dotted)) for dotted in _patched_by(module, call))
        if len(call.args) > 1 and is_patch(module, call.func) and (name := module.text(call.args[1])):
            yield from _in_project(module, module.value(call.args[0]), name, call)
    yield from ((dotted, node, "") for dotted, node in indirect(module, words, may_call_patches))
    for ran in module.calls if "exec" in module.source.text else ():
        if isinstance(ran.callee, Ref) and ran.callee.dotted == "builtins.exec":
            yield from ((dotted, ran.node, "") for dotted in _run(module, module.text(ran.argument(0))))


def _run(module: Module, text: str | None) -> Iterator[str]:
    """What a text replaces that is run."""
    if text is not None and "torch" in text:
        try:
            source = Source.from_text(module.source.path, text.lstrip())
            yield from replaced(analyze(source, module.config, module.info))
        except (UnreadableError, UnicodeEncodeError):
            return  # nobody can run it either


def _in_project(module: Module, base: Value, name: str, node: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
    """``app.ops.zeros = fake``: torch's, as a module of the project knows it."""
    if isinstance(base, Ref) and base.package in module.config.project_names:
        found = named(module, f"{base.dotted}.{name}")
        if found:
            yield found, node, base.dotted if found == "torch" else ""


def _inside(module: Module, call: ast.Call, dotted: str) -> str:
    """The module of which a patch replaces no more than the name: ``patch("app.ops.torch")``."""
    text = module.text(call.args[0]) if call.args else None
    own = dotted == "torch" and text is not None and text.partition(".")[0] != "torch"
    return text.rpartition(".")[0] if own and text else ""


def _may_call_patches(module: Module, words: bytes) -> bool:
    """Whether something that replaces may be called: by its name, or by another that an import or an
    assignment gives it. ``words``: those of the text, in small letters."""
    if not is_written_plainly(module):
        return True
    in_dicts, named = any(hint in words for hint in _DICT_HINTS), bool(_callees(words))
    if not in_dicts and not named:
        return False
    lowered = module.source.text.lower().encode()
    imported = any(item.star or CALLEES.search(f"{item.dotted} {item.bound}") for item in module.imports)
    taken = named and (imported or any(_may_be_taken(lowered, *place) for place in _callees(lowered)))
    if not in_dicts and not taken:
        return False
    code = code_only(lowered)
    if code is None or _found(_DICTS, _DICT_HINTS, code):
        return True
    callees = _callees(code)
    return bool(callees) and (imported or any(_is_taken(code, *place) for place in callees))


def _callees(code: bytes) -> list[tuple[int, int]]:
    """Where the names stand that may say that something is replaced."""
    found = []
    for hint in _CALLEE_HINTS:
        at = code.find(hint)
        while at >= 0:
            start = end = at
            while start and code[start - 1] in _IN_NAME:
                start -= 1
            while end < len(code) and code[end] in _IN_NAME:
                end += 1
            if CALLEES.search(code[start:end].decode()) is not None:
                found.append((start, end))
            at = code.find(hint, end)
    return found


def _may_be_taken(text: bytes, start: int, end: int) -> bool:
    """The same in a text with comments and strings, as far as these leave it open."""
    if text[start:end].strip(b"_") in (b"setattr", b"delattr"):
        return _is_taken(text, start, end)
    before = text[max(start - 80, 0) : start].rstrip(b" \t\f\\")
    return before[-1:] in (b"", b".", b"\n", b"\r") or _CALL_OR_MORE.match(text, end) is not None


def _is_taken(code: bytes, start: int, end: int) -> bool:
    """Whether such a name is called, or may get another name: one that no import brings in is no patch
    without being an attribute of something."""
    if code[start:end].strip(b"_") in (b"setattr", b"delattr"):
        return not _TO_SELF.match(code, end) and not _OF_SELF.search(code[max(start - 6, 0) : start])
    return is_attribute(code, start) or _CALL.match(code, end) is not None


def _patched_by(module: Module, call: ast.Call) -> Iterator[str]:
    """What a patch names: ``monkeypatch.setattr(torch, "zeros", fake)``, ``patch("torch.zeros")``,
    ``patch.multiple(torch, zeros=fake)``, ``patch.dict(torch.__dict__, {"zeros": fake})``,
    ``vars(torch).update(zeros=fake)``, ``torch.__setattr__("zeros", fake)``."""
    method = module.dotted(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")
    keywords = {item.arg: item.value for item in call.keywords}
    first, rest = (call.args[0], call.args[1:]) if call.args else (keywords.get("target"), [])
    changes = method in _CHANGERS or method in _SETS
    own = holder(module, call.func.value) if changes and isinstance(call.func, ast.Attribute) else ""
    if own and (own.endswith(DICT) and method in _CHANGERS):
        names = [item.arg or ANY for item in call.keywords] if not call.args else [ANY]
        yield from (f"{own.removesuffix(DICT)}.{name}" for name in names)
    elif own and method in _SETS:
        yield f"{own}.{module.text(first) or ANY}"
    if first is None or not is_patch(module, call.func):
        return
    text = module.text(first)
    owner = named(module, text) if text is not None else holder(module, first) or begun(module, first)
    if not owner:
        return
    if method in ("multiple", "dict"):
        names = [item.arg or ANY for item in call.keywords if item.arg != "target"]
        yield from (f"{owner.removesuffix(DICT)}.{name}" for name in (names if not rest else [ANY]))
    elif text is not None or owner.endswith(f".{ANY}"):
        yield owner
    else:
        name = rest[0] if rest else keywords.get("attribute") or keywords.get("name")
        if name is not None:
            yield f"{owner.removesuffix(DICT)}.{module.text(name) or ANY}"
