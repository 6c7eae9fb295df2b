"""What runs text, loads modules and files, or reads the cache of modules: by names that may be made at run
time (``torchgate.migrate.handles.computed``). What reads annotations (``handles.classes_read``)."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.imports import LOADERS, RUNNERS
from torchgate.semantics.module import Module
from torchgate.semantics.values import Ref

BY_PATH = ("spec_from_file_location", "SourceFileLoader", "run_path", "load_source")
CACHE = "sys.modules"
# What resolves annotations, or hands them out.
ANNOTATION_READERS = ("get_type_hints", "get_annotations", "eval_str", "__annotations__", "__annotate__")


def looks_up(module: Module) -> bool:
    """Whether a file has any of these."""
    for call in module.calls:
        callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
        if callee in RUNNERS or callee in LOADERS or callee.rpartition(".")[2] in BY_PATH:
            return True
    values = (reference.value for reference in module.references)
    return any(isinstance(value, Ref) and value.dotted.startswith(CACHE) for value in values)


def annotations_read_at(module: Module) -> int:
    """The first line of a file that reads annotations; 0 where none does."""
    for node in module.within(module.tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=name):
                if name in ANNOTATION_READERS:
                    return node.lineno
    return 0
