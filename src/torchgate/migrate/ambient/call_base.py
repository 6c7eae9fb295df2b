"""What every judgement of a call needs: the walk that it belongs to, and how findings are noted."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.obstacles import Obstacle
from torchgate.migrate.ambient.reading import Keyword
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Instance

if TYPE_CHECKING:
    from torchgate.migrate.ambient.reads import Reader


class CallBase:
    """The calls of one walk."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.file = reader.file
        self.analysis = reader.analysis
        self.aspect = reader.aspect
        self.called: set[ast.AST] = set()  # what is handed over only to be called
        self.consumed: set[ast.AST] = set()  # calls whose generator is run through at once

    def _unknown(self, node: ast.Call, why: str) -> None:
        self.reader.refuse(node, R.UNKNOWN_CALLEE, f"{self.reader.shown(node)}: {why}")

    def _take(self, node: ast.AST, found: Keyword | Obstacle | None) -> None:
        if isinstance(found, Keyword):
            self.reader.reading.keywords.append(found)
            return
        if isinstance(found, Obstacle):
            if found.reason is R.PLACEMENT_MAYBE_NONE and self._is_own_parameter(node):
                self.reader.reading.keywords.append(Keyword(self.file, node, own=True))  # type: ignore[arg-type]
                return
            self.reader.reading.obstacles.append(found)

    def _is_own_parameter(self, node: ast.AST) -> bool:
        """Whether a call passes on the parameter ``device`` (``dtype``) of the function around it, by its
        name, and that parameter does nothing else."""
        if not isinstance(node, ast.Call):
            return False
        given = [item.value for item in node.keywords if item.arg == self.aspect]
        if len(given) != 1 or not isinstance(given[0], ast.Name) or given[0].id != self.aspect:
            return False
        return not self.reader.is_block and self.analysis.owns(self.file, given[0], self.aspect)

    def _handed_over(self, node: ast.Call) -> None:
        """Functions handed to somebody who may call them in the block."""
        for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
            if isinstance(item, ast.Lambda) and item not in self.reader.immediate:
                made = self.analysis.files.of_node(self.file, item)
                if made is not None and self.analysis.reaches(made, self.aspect):
                    detail = f"{self.reader.shown(item)} is handed to {self.reader.shown(node.func)}"
                    self.reader.refuse(item, R.DEFERRED_CODE, detail)

    def is_generator_call(self, node: ast.Call) -> bool:
        """Whether a call makes a generator of the project."""
        made = self.analysis.files.function(self.file, self.file.module.value(node.func))
        return made is not None and made.is_generator

    def iterated(self, node: ast.expr) -> None:
        """Somebody iterates over a value."""
        kinds = self.reader.kinds(node)
        if k.only(kinds, k.TENSORS | k.CONTAINERS | k.PLAIN):
            return
        if isinstance(node, ast.Call) and self.is_generator_call(node):
            return
        if self.analysis.is_iterable(self.file, node) or self.analysis.is_function(self.file, node):
            return
        own = isinstance(self.file.module.value(node), Instance) or any(
            self.analysis.reaches(item, self.aspect) for item in self.analysis.files.methods_named("__iter__")
        )
        if self.aspect == "device" and not own:
            shown = self.reader.shown(node)
            if self._is_loader(node):
                self.reader.refuse(node, R.DATA_LOADING, f"{shown} loads data, and is iterated over")
            else:
                detail = (
                    f"what iterating over {shown} runs is not known: a DataLoader reads the default device"
                )
                self.reader.refuse(node, R.IMPLICIT_CALL, detail)
        self.reader.by_name(node, ["__iter__", "__next__", "__getitem__", "__len__", "__bool__"])

    def _is_loader(self, node: ast.expr) -> bool:
        """Whether a value is declared or made as something that loads data; its own name says nothing."""
        bound = self.file.names.bindings(node) if isinstance(node, ast.Name) else None
        said = [node.func] if isinstance(node, ast.Call) else []
        for item in bound or ():
            annotation = item.node.annotation if isinstance(item.node, ast.arg) else None
            made = item.value.func if isinstance(item.value, ast.Call) else None
            said += [made] if made is not None else []
            said += _heads(annotation) if annotation is not None else []
        return any(word in _last_name(part).lower() for part in said for word in _LOADING)


def _last_name(node: ast.expr) -> str:
    """What something is called: in `datasets.values` only `values` says what it is."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Constant(value=str() as text):
            return text
    return ""


def _heads(annotation: ast.expr) -> list[ast.expr]:
    """The classes that an annotation names, without what they hold: not the data sets of a list of them."""
    match annotation:
        case ast.BinOp(left=left, right=right):
            return _heads(left) + _heads(right)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inside) if name in (
            "Optional",
            "Union",
            "Annotated",
        ):
            parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            return [head for part in parts for head in _heads(part)]
        case ast.Subscript(value=value):
            return [value]
    return [annotation]


_LOADING = ("dataloader", "data_loader", "dataset", "datamodule", "sampler")
