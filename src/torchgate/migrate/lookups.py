"""What runs text, loads modules and files, or reads the cache of modules: by names that may be made at run
time (``torchgate.migrate.handles.computed``). What reads annotations (``handles.classes_read``)."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.lint.imports import LOADERS, PROBES, RUNNERS, anchor, constant_head, dynamic_imports
from torchgate.semantics.facts import Call, Reference
from torchgate.semantics.module import Module
from torchgate.semantics.values import Ref

BY_PATH = ("spec_from_file_location", "SourceFileLoader", "run_path", "load_source")
CACHE = "sys.modules"
_CACHE_READS = frozenset({"get", "pop", "setdefault", "__getitem__", "values", "items", "copy"})
# What resolves annotations, or hands them out.
ANNOTATION_READERS = ("get_type_hints", "get_annotations", "eval_str", "__annotations__", "__annotate__")


def looks_up(module: Module) -> bool:
    """Whether a file may have any of these, by a name that is not constant."""
    for call in module.calls:
        callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
        name = callee.rpartition(".")[2]
        if (name in BY_PATH or callee in RUNNERS or callee in LOADERS) and _may_look_up(module, call, callee):
            return True
    for reference in module.references:
        value = reference.value
        if isinstance(value, Ref) and value.dotted.startswith(CACHE) and reads_cache(module, reference):
            return True
    return False


def _may_look_up(module: Module, call: Call, callee: str) -> bool:
    if callee.rpartition(".")[2] in BY_PATH:
        return True
    keyword = RUNNERS.get(callee, LOADERS.get(callee))
    argument = call.argument(0, keyword) if keyword is not None else None
    if argument is None or isinstance(argument, ast.Name):
        return argument is not None
    begins = callee in LOADERS and constant_head(module, argument)
    return not begins and module.text(argument) is None


def reads_cache(module: Module, reference: Reference) -> bool:
    """Whether ``sys.modules`` is read by anything but a constant or the file's own name."""
    value, node = reference.value, reference.node
    if not isinstance(value, Ref) or not value.dotted.startswith(CACHE):
        return False
    parent, method = module.parent(node), value.dotted.removeprefix(CACHE).lstrip(".")
    key: ast.expr | None = None
    match parent:
        case ast.Compare() | ast.Delete():
            return False
        case ast.Subscript(value=base, slice=key, ctx=context) if base is node:
            if not isinstance(context, ast.Load):
                return False
        case ast.Call(func=func, args=[key, *_]) if func is node:
            pass
    if method and method not in _CACHE_READS:
        return False
    return key is None or (module.text(key) is None and module.dotted(key) != "builtins.__name__")


def runs(module: Module) -> bool:
    """Whether a file runs text."""
    return any(isinstance(call.callee, Ref) and call.callee.dotted in RUNNERS for call in module.calls)


def loads(module: Module) -> Iterator[tuple[ast.expr, str, bool]]:
    """Where a file loads a module by its name, what is named, and whether that is only the package of what is
    loaded."""
    for load in dynamic_imports(module):
        if load.kind != PROBES:
            yield load.node, load.dotted, load.open_ended
    for call in module.calls:
        if isinstance(call.callee, Ref) and call.callee.dotted == "importlib.import_module":
            package = anchor(module, call.argument(1, "package"))
            if package and module.text(call.argument(0, "name")) is None:
                yield call.node, package, True


def annotations_read_at(module: Module) -> int:
    """The first line of a file that reads annotations; 0 where none does."""
    for node in module.within(module.tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=name):
                if name in ANNOTATION_READERS:
                    return node.lineno
    return 0
