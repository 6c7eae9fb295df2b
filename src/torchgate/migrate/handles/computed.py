"""Names and modules that are looked up by texts made at run time: ``eval("app.ops." + name)``,
``sys.modules[name]``, ``import_module(f"{__package__}.{name}")``, a file loaded by its path.

What such a text comes to cannot be told. What can: whether the file that makes it has a way to name the
module or the name at all. One that has none is no obstacle.
"""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from torchgate.lint.imports import LOADERS, RUNNERS, anchor, constant_head
from torchgate.migrate.handles import loaders
from torchgate.migrate.handles.importers import importing_files
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.reach import may_run
from torchgate.migrate.lookups import BY_PATH, CACHE, reads_cache
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Call, Reference
from torchgate.semantics.values import UNKNOWN, Ref

_NAMESPACES = frozenset({"builtins.globals", "builtins.locals", "builtins.vars"})
_WORDS = (
    "import_module",
    "__import__",
    "__lazy_import__",
    "resolve_name",
    "importorskip",
    "run_module",
    *BY_PATH,
)
# What takes the attribute that it is told by name.
_TOLD = frozenset({"builtins.getattr", "operator.attrgetter", "operator.methodcaller"})
# What says that a file has one of these; the words alone are in many more.
_CACHE_TEXT = re.compile(r"\bsys\s*\.\s*modules\b|\bfrom\s+sys\s+import\b|\bimport\s+sys\s+as\b")
# A string that begins with a dotted name, and leaves its end to something else.
_BEGUN = re.compile(r"""["']((\w+)(?:\.\w+)*)\.(?:["'{]|%s)""")
_ENDS = re.compile(r"""\.(?:["'{]|%s)""")
# What may stand between two strings, and before one.
_PREFIXES = " \t\r\n\\fFrRbBuU"
# What takes the name of a module and loads none.
NAMERS = frozenset({"logging.getLogger", "structlog.get_logger", "warnings.filterwarnings"})


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Code is run of which only ``parts`` are known; ``head`` is the first, if it begins with one.
    ``inside``: it sees the names of its file."""

    unit: Unit
    node: ast.expr
    parts: tuple[str, ...]
    head: str
    inside: bool


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A module is looked up by a name of which nothing is known; ``how``, in words. ``loads``: by a
    loader."""

    unit: Unit
    node: ast.expr
    how: str
    loads: bool


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """Some module of a package is loaded; ``let_go``: nobody has it then. ``loader``: here stands a
    text that begins the name, and this file loads what is named."""

    unit: Unit
    node: ast.expr
    package: str
    let_go: bool = False
    loader: Unit | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ByPath:
    """A file is loaded by its path."""

    unit: Unit
    node: ast.expr


Form: TypeAlias = Text | Lookup | Below | ByPath


def may_reach(knowledge: Knowledge, own: Unit, name: str) -> Iterator[tuple[Unit, ast.AST, str]]:
    """Where a name of a module may be reached by such a text, and how, in words."""
    module = own.info.module_name
    for form in knowledge.once("computed", lambda: list(_forms(knowledge))) if module else ():
        # A module that is loaded and let go gives nobody its names.
        let_go = isinstance(form, Below) and form.let_go
        how = "" if let_go else _how(knowledge, form, own, name)
        if how:
            yield form.unit, form.node, f"{knowledge.at(form.unit, form.node)} {how}"


def may_load(knowledge: Knowledge, own: Unit) -> Iterator[tuple[Unit, ast.AST, str]]:
    """Where a module, or its file, may be loaded by a name or path that is made at run time."""
    module = own.info.module_name
    for form in knowledge.once("computed", lambda: list(_forms(knowledge))):
        how = _how(knowledge, form, own, "") if isinstance(form, Below | ByPath) else ""
        if how and form.unit is not own:
            yield form.unit, form.node, f"{knowledge.at(form.unit, form.node)} {how}"
    for path in sorted({path for word in loaders.WORDS for path in knowledge.files_with(word)}):
        other = path.endswith(".py") and path != own.path and loaders.may_load(knowledge, path, module, "")
        unit = knowledge.migration.unit(path) if other else None
        if unit is not None:
            yield from ((unit, node, how) for node, how in loaders.loads(knowledge, unit, module, ""))


def own_module(unit: Unit) -> Iterator[ast.expr]:
    """``sys.modules[__name__]``, where more than a written attribute is taken of it."""
    for reference in unit.module.references:
        if isinstance(reference.value, Ref) and reference.value.dotted.startswith(CACHE):
            node = _looked_up(unit, reference)
            if node is not None and not isinstance(unit.module.parent(node), ast.Attribute):
                yield node


def _looked_up(unit: Unit, reference: Reference) -> ast.expr | None:
    """The expression that looks the file's own name up in ``sys.modules``."""
    match unit.module.parent(reference.node):
        case ast.Subscript(slice=key) as found if unit.module.dotted(key) == "builtins.__name__":
            return found
        case ast.Call(func=func, args=[key, *_]) as found if func is reference.node:
            return found if unit.module.dotted(key) == "builtins.__name__" else None
    return None


def _how(knowledge: Knowledge, form: Form, own: Unit, name: str) -> str:
    module = own.info.module_name
    match form:
        case Text(unit=unit) if unit is not own and _may_name(knowledge, form, module, name):
            return f"runs a text that may use `{name}`"
        case Lookup(unit=unit, how=how) if unit is not own and _takes(knowledge, unit, name):
            return f"{how}, and the file takes `{name}` of something"
        case Below(package=package, loader=loader) if module.startswith(f"{package}."):
            if loader is None:
                return f"may load any module of `{package}`"
            by = f"{knowledge.shown(loader.path)} loads modules by names that are made at run time"
            return f"begins the name of a module of `{package}`, and {by}"
        case ByPath(unit=unit):
            file = own.path.rpartition("/")[2]
            strings = (node.value for node in knowledge.lexicon(unit).strings)
            if any(isinstance(text, str) and f"/{text}".endswith(f"/{file}") for text in strings):
                return f"loads a file by its path, and `{file}` is named there"
    return ""


# Which files can name it.


def _may_name(knowledge: Knowledge, form: Text, module: str, name: str) -> bool:
    """Whether a text may speak of a module's name."""
    if any(_speaks_of(part, module, name) for part in form.parts):
        return True
    if form.inside and any(
        _reads_on(form.head, bound, dotted, module, name) for bound, dotted in _bound(form.unit)
    ):
        return True
    if form.head:
        return False
    strings = (node.value for node in knowledge.lexicon(form.unit).strings)
    words = [rf"(?<![\w.]){re.escape(module)}(?!\w)", rf"(?<!\w){re.escape(name)}(?!\w)"]
    return any(isinstance(text, str) and all(re.search(word, text) for word in words) for text in strings)


def _bound(unit: Unit) -> Iterator[tuple[str, str]]:
    """The names that imports bind in a file, and what they stand for."""
    for item in unit.module.imports:
        dotted = getattr(item.value, "dotted", "")
        if item.bound and dotted:
            yield item.bound, dotted


def _reads_on(head: str, bound: str, dotted: str, module: str, name: str) -> bool:
    """Whether a text that begins with ``head`` may go from an imported name to the one asked about."""
    if not f"{module}.{name}.".startswith(f"{dotted}."):
        return False
    first = re.match(r"\s*(\w*)", head)
    if first is None or not first[1]:
        return not head.strip()
    if first[1] != bound:
        return first.end() == len(head) and bound.startswith(first[1])
    whole = dotted + head[first.end() :]
    return f"{module}.{name}".startswith(whole) or _speaks_of(whole, module, name)


def _speaks_of(text: str, module: str, name: str) -> bool:
    """Whether a part of a text names the module, and goes on with the name, or where it cannot be told."""
    for match in re.finditer(rf"(?<![\w.]){re.escape(module)}(?!\w)", text):
        rest = text[match.end() :]
        link = re.match(r"\.(\w*)", rest)
        if link is None:
            return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", rest) is not None or not _is_told(rest)
        if link[1] in ("", name) or link.end() == len(rest):
            return True
    return False


def _is_told(rest: str) -> bool:
    """Whether all names that follow stand in the text."""
    return re.search(r"[\w)\]]\s*$", rest) is not None and not re.search(r"[%{]", rest)


def _takes(knowledge: Knowledge, unit: Unit, name: str) -> bool:
    """Whether a file takes an attribute of that name of something unknown."""
    lexicon = knowledge.lexicon(unit)
    attributes = (node for node in lexicon.named.get(name, ()) if isinstance(node, ast.Attribute))
    if any(unit.module.value(node.value) is UNKNOWN for node in attributes):
        return True
    told = (unit.module.parent(node) for node in lexicon.strings if node.value == name)
    return any(isinstance(call, ast.Call) and unit.module.dotted(call.func) in _TOLD for call in told)


# What there is.


def _forms(knowledge: Knowledge) -> Iterator[Form]:
    """All of the project's, by path."""
    words = ("exec", "eval", "compile", "builtins", "modules", *_WORDS)
    for path in sorted({path for word in words for path in knowledge.files_with(word)}):
        if path.endswith(".py") and _may_have(knowledge, path):
            unit = knowledge.migration.unit(path)
            if unit is not None:
                found = list(_forms_of(knowledge, unit))
                yield from found
                if any(isinstance(form, Lookup) and form.loads for form in found):
                    yield from _begun_names(knowledge, unit)


def _may_have(knowledge: Knowledge, path: str) -> bool:
    """Whether a file may have one of these, as far as its text tells, or the process that has read it."""
    leads = knowledge.migration.leads.get(path)
    if leads is not None:
        return leads.looks_up
    text = knowledge.migration.text(path).decode("utf-8", "replace")
    if any(word in text for word in _WORDS):
        return True
    return may_run(text) or _CACHE_TEXT.search(text) is not None or not text.isascii()


def _forms_of(knowledge: Knowledge, unit: Unit) -> Iterator[Form]:
    module = unit.module
    for call in module.calls:
        callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
        if callee in RUNNERS:
            argument = _whole(knowledge, unit, call.argument(0, RUNNERS[callee]))
            if argument is not None and module.text(argument) is None:
                parts = tuple(_parts(unit, argument))
                head = constant_head(module, argument)
                yield Text(unit, call.node, parts, head, _is_inside(unit, call, callee))
        elif callee.rpartition(".")[2] in BY_PATH:
            yield ByPath(unit, call.node)
        elif callee in LOADERS:
            yield from _loader(knowledge, unit, call, LOADERS[callee])
    for reference in module.references:
        if reads_cache(module, reference):
            yield Lookup(unit, reference.node, "looks modules up in `sys.modules`", loads=False)


def _parts(unit: Unit, node: ast.expr) -> Iterator[str]:
    """What is known of a text that is put together."""
    for inner in unit.module.within(node):
        if isinstance(inner, ast.Constant | ast.Name):
            text = unit.module.text(inner)
            if text is not None:
                yield text


def _is_inside(unit: Unit, call: Call, callee: str) -> bool:
    """Whether the text sees the names of the file: no other dictionary is given."""
    if callee == "builtins.compile":
        return False
    others = [*call.node.args[1:], *(keyword.value for keyword in call.node.keywords)]
    return not others or any(
        isinstance(inner, ast.Call) and unit.module.dotted(inner.func) in _NAMESPACES
        for other in others
        for inner in unit.module.within(other)
    )


def _loader(knowledge: Knowledge, unit: Unit, call: Call, keyword: str) -> Iterator[Form]:
    module = unit.module
    argument = _whole(knowledge, unit, call.argument(0, keyword))
    let_go = isinstance(module.parent(call.node), ast.Expr)
    if argument is None or module.text(argument) is not None:
        return
    head = constant_head(module, argument)
    if head:
        # Where it is no variable the linter has seen it as well.
        if argument is not call.argument(0, keyword) and "." in head:
            yield Below(unit, call.node, head.rpartition(".")[0], let_go)
        return
    package = _own_package(unit, argument)
    if package:
        yield Below(unit, call.node, package, let_go)
    elif not let_go and not call.argument(1, "package"):
        yield Lookup(unit, call.node, "loads a module by a name that is made at run time", loads=True)


def _whole(knowledge: Knowledge, unit: Unit, node: ast.expr | None) -> ast.expr | None:
    """What a variable that is bound once is bound to; the expression itself otherwise."""
    if isinstance(node, ast.Name):
        lexicon = knowledge.lexicon(unit)
        bound = lexicon.bindings_of(lexicon.owner(lexicon.locations[node].scopes, node.id), node.id)
        match unit.module.parent(bound[0]) if len(bound) == 1 else None:
            case ast.Assign(targets=[ast.Name()], value=value):
                return value
    return node


def _begun_names(knowledge: Knowledge, loader: Unit) -> Iterator[Form]:
    """Where a file that loads modules by any name, or one that imports it, begins such a name with a package
    of the project: ``"app." + name``."""
    module = loader.info.module_name
    paths = {loader.path, *(importing_files(knowledge, module) if module else ())}
    for path in sorted(paths):
        text = knowledge.migration.text(path).decode("utf-8", "replace")
        unit = knowledge.migration.unit(path) if _may_begin(text, knowledge.config.project_names) else None
        for node in knowledge.lexicon(unit).strings if unit is not None else ():
            assert unit is not None
            begun = _BEGUN.match(f'"{node.value}"') if isinstance(node.value, str) else None
            if begun and begun[2] in knowledge.config.project_names and not _is_logged(unit, node):
                yield Below(unit, node, begun[1], loader=loader)


def _may_begin(text: str, packages: Container[str]) -> bool:
    """Whether a string of a text may begin with one of these names and a dot."""
    for end in (found.start() for found in _ENDS.finditer(text)):
        start = max(text.rfind('"', 0, end), text.rfind("'", 0, end))
        found = _BEGUN.match(text, start) if start >= 0 else None
        if found is not None and (found[2] in packages or _may_go_on(text, start)):
            return True
    return False


def _may_go_on(text: str, start: int) -> bool:
    """Whether a string may be the second of two that stand side by side, and be one name with the first."""
    if text[start - 2 : start] in ("''", '""'):
        start -= 2  # three quotes
    before = text[max(start - 400, 0) : start].rstrip(_PREFIXES)
    if not before or "#" in before.rpartition("\n")[2]:
        return True
    return before[-1] in "\"'" and before[-2:-1] != " "


def _is_logged(unit: Unit, node: ast.expr) -> bool:
    parent: ast.AST | None = unit.module.parent(node)
    while isinstance(parent, ast.BinOp | ast.JoinedStr | ast.FormattedValue):
        parent = unit.module.parent(parent)
    return isinstance(parent, ast.Call) and unit.module.dotted(parent.func) in NAMERS


def _own_package(unit: Unit, argument: ast.expr) -> str:
    """The package in which the name begins that is put together: the file's own, or an imported module's."""
    module = unit.module
    for node in module.within(argument):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        own = anchor(module, node)
        if own and module.text(node) is None:
            # What is cut off of `__name__` is not followed.
            return own if unit.info.is_package else own.partition(".")[0]
        if isinstance(node, ast.Attribute) and node.attr in ("__name__", "__package__"):
            found = module.dotted(node.value)
            if found.partition(".")[0] in module.config.project_names:
                return found if node.attr == "__name__" else found.partition(".")[0]
    return ""
