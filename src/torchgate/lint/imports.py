"""How modules get in at run time without an import statement: loaders, ``sys.modules``, executed text."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.wrappers import wrapped
from torchgate.semantics.calls import absolute_name
from torchgate.semantics.constants import has_parts
from torchgate.semantics.module import analyze
from torchgate.semantics.values import Const, Ref, Result
from torchgate.source import Source, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from torchgate.semantics.facts import Call, Where
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

    Check: TypeAlias = Callable[[Module], Iterator[object]]

IMPORTS = "imports"
PROBES = "probes"  # looks a module up without importing it
CACHED = "cached"  # takes what sys.modules already holds
RUNS = "runs"  # text handed to exec, eval or compile

# Callee -> keyword of its first parameter, the module's name.
LOADERS = {
    "builtins.__import__": "name",
    "builtins.__lazy_import__": "name",
    "importlib.__import__": "name",
    "importlib.import_module": "name",
    "pkgutil.resolve_name": "name",
    "pytest.importorskip": "modname",
    "runpy.run_module": "mod_name",
}
_PROBES = {
    "importlib.find_loader": "name",
    "importlib.machinery.PathFinder.find_spec": "fullname",
    "importlib.util.find_spec": "name",
    "pkgutil.find_loader": "fullname",
    "pkgutil.get_loader": "module_or_name",
}
NAMING = LOADERS.keys() | _PROBES.keys()  # what is given the name of a module
RUNNERS = {"builtins.exec": "", "builtins.eval": "", "builtins.compile": "source"}
_CACHE_METHODS = frozenset({"get", "setdefault", "pop", "__getitem__"})


class DynamicImport:
    """One place: the absolute name asked for, by what (``importlib.import_module``), and which kind it is.

    ``open_ended``: only the beginning of the name is constant (``f"torch.{backend}"``). ``through``: the
    function of the project that is called with the name and hands it on.
    """

    __slots__ = ("by", "dotted", "kind", "node", "open_ended", "stmt", "through", "where")

    def __init__(
        self,
        node: ast.expr,
        stmt: ast.stmt,
        where: Where,
        *,
        dotted: str,
        by: str,
        kind: str,
        open_ended: bool = False,
        through: str = "",
    ) -> None:
        self.node = node
        self.stmt = stmt
        self.where = where
        self.dotted = dotted
        self.by = by
        self.kind = kind
        self.open_ended = open_ended
        self.through = through


def prefixes(dotted: str) -> Iterator[str]:
    """``a``, ``a.b``, ``a.b.c``: every module that importing ``a.b.c`` imports."""
    end = dotted.find(".")
    while end >= 0:
        yield dotted[:end]
        end = dotted.find(".", end + 1)
    if dotted:
        yield dotted


def dynamic_imports(module: Module) -> Sequence[DynamicImport]:
    """Every dynamic import of this file whose module name is constant, at least up to its first dot."""
    return module.once("dynamic imports", lambda: list(_dynamic_imports(module)))


def _dynamic_imports(module: Module) -> Iterator[DynamicImport]:
    for call in module.calls:
        if isinstance(call.callee, Ref):
            found = _by_call(module, call, call.callee.dotted)
            if found is not None:
                yield found
    yield from _through_functions(module)
    yield from _from_cache(module)


def _through_functions(module: Module) -> Iterator[DynamicImport]:
    """``load("torch")``, where ``load`` is a function of the project that imports what it is told."""
    for call, name, open_ended, handed in wrapped(module, lambda node: _named(module, node)):
        ways = [
            (kind, callee, open_ended or not is_whole)
            for callee, place, is_whole in handed
            for kind, keywords in ((IMPORTS, LOADERS), (PROBES, _PROBES))
            if callee in keywords and place in (0, keywords[callee])
        ]
        if ways:
            kind, callee, goes_on = min(ways, key=lambda way: (way[0] == PROBES, way[2]))
            yield DynamicImport(
                call.node,
                call.stmt,
                call.where,
                dotted=name,
                by=callee,
                kind=kind,
                open_ended=goes_on,
                through=getattr(call.node.func, "attr", getattr(call.node.func, "id", "lambda")),
            )


def _by_call(module: Module, call: Call, callee: str) -> DynamicImport | None:
    if callee == "importlib.util.LazyLoader":
        dotted, open_ended, kind = _lazy(module, call), False, IMPORTS
    elif callee in LOADERS:
        (dotted, open_ended), kind = _named_by(module, call, LOADERS[callee]), IMPORTS
    elif callee in _PROBES:
        (dotted, open_ended), kind = _named_by(module, call, _PROBES[callee]), PROBES
    else:
        return None
    if not dotted:
        return None
    return DynamicImport(
        call.node, call.stmt, call.where, dotted=dotted, by=callee, kind=kind, open_ended=open_ended
    )


def _named_by(module: Module, call: Call, keyword: str) -> tuple[str, bool]:
    return _named(module, call.argument(0, keyword), call.argument(1, "package"))


def _named(module: Module, node: ast.expr | None, package: ast.expr | None = None) -> tuple[str, bool]:
    """The module that an expression names, absolute, and whether the name goes on beyond its constant part;
    ``package`` is what a relative name starts from."""
    name = module.text(node)
    if name is None:
        head = constant_head(module, node) if node is not None else ""
        if head.startswith(".") and (_is_name(head.removesuffix(".")) or not head.strip(".")):
            level = len(head) - len(head.lstrip("."))
            below = head[level:].rpartition(".")[0]
            return absolute_name(anchor(module, package), level, below), True
        return (
            (head.rpartition(".")[0], True)
            if _is_name(head.removesuffix(".")) and "." in head[1:]
            else ("", False)
        )
    name = name.replace(":", ".").rstrip(".")
    if not _is_name(name):
        return "", False
    if not name.startswith("."):
        return name, False
    level = len(name) - len(name.lstrip("."))
    return absolute_name(anchor(module, package), level, name[level:]), False


def anchor(module: Module, node: ast.expr | None) -> str:
    """The package that a relative name starts from: a constant, ``__package__`` or ``__name__``."""
    if node is None:
        return ""
    own = module.info.module_name
    match module.dotted(node):
        case "builtins.__name__":
            return own
        case "builtins.__package__":
            return own if module.info.is_package else own.rpartition(".")[0]
    return module.text(node) or ""


def _is_name(name: str) -> bool:
    return has_parts(name.lstrip(".")) and name.replace(".", "").isidentifier()


def constant_head(module: Module, node: ast.expr) -> str:
    """The constant text that a string expression begins with."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        node = node.left
        text = module.text(node)
        if text is not None:
            return text
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return text
        case ast.BinOp(op=ast.Mod(), left=left):
            return (module.text(left) or "").partition("%")[0]
        case ast.Call(func=ast.Attribute(value=owner, attr="format")):
            return (module.text(owner) or "").partition("{")[0]
        case ast.Call(
            func=ast.Attribute(value=owner, attr="join"),
            args=[ast.List(elts=[first, _, *_]) | ast.Tuple(elts=[first, _, *_])],
        ):
            text, between = module.text(first), module.text(owner)
            return text + between if text is not None and between is not None else ""
    return ""


def _lazy(module: Module, call: Call) -> str:
    """``LazyLoader(spec.loader)``: the module whose spec it is."""
    argument = call.argument(0, "loader")
    if not (isinstance(argument, ast.Attribute) and argument.attr == "loader"):
        return ""
    spec = module.value(argument.value)
    if not isinstance(spec, Result) or spec.callee.dotted not in _PROBES:
        return ""
    found = call.__class__(spec.node, spec.callee, call.stmt, call.where)
    return _named_by(module, found, _PROBES[spec.callee.dotted])[0]


def _from_cache(module: Module) -> Iterator[DynamicImport]:
    """Reads of ``sys.modules["name"]``, by subscript or method."""
    for reference in module.references:
        if not isinstance(reference.value, Ref) or not reference.value.dotted.startswith("sys.modules"):
            continue
        node: ast.expr | None = None
        key: ast.expr | None = None
        around = module.parent(reference.node)
        if reference.value.dotted == "sys.modules":
            if (
                isinstance(around, ast.Subscript)
                and around.value is reference.node
                and isinstance(around.ctx, ast.Load)
            ):
                node, key = around, around.slice
        elif (
            reference.value.dotted.removeprefix("sys.modules.") in _CACHE_METHODS
            and isinstance(around, ast.Call)
            and around.func is reference.node
            and around.args
        ):
            node, key = around, around.args[0]
        name = module.text(key)
        if node is not None and name and _is_name(name):
            yield DynamicImport(
                node, reference.stmt, reference.where, dotted=name, by="sys.modules", kind=CACHED
            )


def executed(module: Module, checks: Sequence[Check], words: Iterable[str]) -> Iterator[DynamicImport]:
    """Calls of ``exec``, ``eval`` and ``compile`` with constant text in which a check finds anything.

    Text without any of ``words`` is not looked at.
    """
    wanted = tuple(words)
    for call in module.calls:
        callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
        if callee not in RUNNERS:
            continue
        argument = call.argument(0, RUNNERS[callee])
        text = _source_text(module.value(argument)) if argument is not None else ""
        if any(word in text for word in wanted) and _finds(module, text, checks):
            yield DynamicImport(call.node, call.stmt, call.where, dotted="", by=callee[9:], kind=RUNS)


def _source_text(value: Value) -> str:
    content = value.value if isinstance(value, Const) else ""
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    return content if isinstance(content, str) else ""


def _finds(module: Module, text: str, checks: Sequence[Check]) -> bool:
    try:
        inner = analyze(Source.from_text(module.source.path, text.lstrip()), module.config, module.info)
    except (UnreadableError, UnicodeEncodeError):
        return False  # text that Python could not run either
    return any(next(check(inner), None) is not None for check in checks)
