"""Objects under a name of a module or of another object: what else may be put there, from anywhere."""

from __future__ import annotations

import _ast as ast
import re

from torchgate.migrate.ambient.classes import mro
from torchgate.migrate.ambient.definitions import ClassDefinition, File
from torchgate.migrate.ambient.files import Files
from torchgate.migrate.ambient.replaced_text import PATCH, patch_line
from torchgate.semantics.facts import Write
from torchgate.semantics.values import Instance, Value


def replaced_at(files: Files, file: File, node: ast.expr) -> str:
    """Where another object may be put in the place of one that a chain of names leads to, or of one on the
    way, as ``file.py:3``; empty if nowhere. Tests like to do that."""
    while isinstance(node, ast.Attribute) and isinstance(file.module.value(node), Instance):
        place = _attribute(files, file, node)
        if place:
            return place
        node = node.value
    if isinstance(node, ast.Name) and file.names.scope_of(node) is file.names.root:
        return files.replaced_at(f"{file.module.info.module_name}.{node.id}", at_top=True)
    return ""


def _attribute(files: Files, file: File, node: ast.Attribute) -> str:
    wanted = _class(files, file, file.module.value(node))
    holder = _class(files, file, file.module.value(node.value))
    family = _family(files, holder) if holder is not None else None
    word = re.escape(node.attr.encode())
    patch = re.compile(PATCH % (word, word))
    for path in files.holding(node.attr):
        line = patch_line(files.texts[path], patch)
        if line:
            return f"{path.rpartition('/')[2]}:{line}"
    for other in files.naming([node.attr]):
        for write in other.module.writes:
            if write.name == node.attr and not write.item and not _is_alike(files, other, write, wanted):
                base = _class(files, other, write.base)
                if family is None or base is None or base.node in family:
                    return other.where(write.node)
    return ""


def _is_alike(files: Files, file: File, write: Write, wanted: ClassDefinition | None) -> bool:
    """Whether a write puts an object of the same class there, or None, which has no methods."""
    if isinstance(write.value_node, ast.Constant) and write.value_node.value is None:
        return True
    made = _class(files, file, write.value) if write.value is not None else None
    return made is not None and wanted is not None and made.node is wanted.node


def _class(files: Files, file: File, value: Value) -> ClassDefinition | None:
    return files.klass(file, value.cls) if isinstance(value, Instance) else None


def _family(files: Files, cls: ClassDefinition) -> set[ast.ClassDef]:
    """The classes whose methods may write to the object's own attributes."""
    lineages = [mro(files, item) for item in (cls, *files.subclasses(cls))]
    return {item.node for lineage in lineages for item in lineage if isinstance(item, ClassDefinition)}
