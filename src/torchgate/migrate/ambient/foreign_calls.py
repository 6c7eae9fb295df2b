"""Calls of Python's own functions, and of other packages."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless, operators
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.method_calls import MethodCalls
from torchgate.migrate.ambient.promotion import promotion
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Ref

if TYPE_CHECKING:
    pass


class ForeignCalls(MethodCalls):
    """Judges calls of what neither the project nor torch defines."""

    def _foreign(self, node: ast.Call, dotted: str) -> None:
        package, _, rest = dotted.partition(".")
        if package == "builtins":
            self._builtin(node, rest)
        elif dotted == "functools.partial":
            self._make_partial(node)
        elif dotted in harmless.CALLING:
            self._calling(node, dotted)
        elif package in harmless.MODULES or dotted in harmless.LOCKS:
            self._standard(node, dotted)
        elif dotted in harmless.LIBRARIES and len(node.args) <= 1:
            self._handed_over(node)
        elif package == "torch":
            self._unknown(node, "the project has a module of that name")
        else:
            detail = f"{self.reader.shown(node)} is outside the project (`{package}`)"
            self.reader.refuse(node, R.THIRD_PARTY_CALLEE, detail)

    def _make_partial(self, node: ast.Call) -> None:
        if node in self.called or self.analysis.callbacks.is_only_called(self.file, node):
            return  # what the calls of it do is looked at there
        target = node.args[0] if node.args else None
        made = self.analysis.files.function(self.file, self.file.module.value(target)) if target else None
        name = self.file.torch(target) if target is not None else ""
        reaches = made is not None and self.analysis.reaches(made, self.aspect)
        if name:
            factory = self.analysis.table.entry(name)
            reaches = factory is None or factory.honours_device or factory.honours_dtype
        elif made is None:
            reaches = True
        if reaches:
            self.reader.refuse(
                node, R.DEFERRED_CODE, f"{self.reader.shown(node)} may be called after the block"
            )

    def _calling(self, node: ast.Call, dotted: str) -> None:
        if dotted == "functools.reduce" and node.args and isinstance(node.args[0], ast.Lambda):
            return
        if dotted.startswith("pickle."):
            self.reader.by_name(node, ["__reduce__", "__reduce_ex__", "__setstate__", "__getstate__"])
            return
        detail = f"{self.reader.shown(node)} runs code that it is given"
        self.reader.refuse(node, R.UNKNOWN_CALLEE, detail)

    def _standard(self, node: ast.Call, dotted: str) -> None:
        self._handed_over(node)
        if dotted.startswith("inspect.") or dotted == "sys._getframe":
            self._unknown(node, "it looks at the code that runs")
        if dotted.startswith("logging.") or dotted.startswith("warnings."):
            self.reader.format(node, [*node.args, *(item.value for item in node.keywords)])
        if dotted.startswith("copy."):
            self.reader.by_name(node, ["__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__"])
        if (
            dotted.startswith("collections.")
            and node.args
            and self.analysis.is_function(self.file, node.args[0])
        ):
            made = self.analysis.files.function(self.file, self.file.module.value(node.args[0]))
            if made is None or self.analysis.reaches(made, self.aspect):
                self._unknown(node, "it calls what it is given")

    def _builtin(self, node: ast.Call, name: str) -> None:
        dotted = f"builtins.{name}"
        if name.endswith(("Error", "Exception", "Warning", "Interrupt", "Exit")) or name == "StopIteration":
            return
        if name not in harmless.BUILTINS:
            self._unknown(node, "it runs code that cannot be seen")
            return
        given = [*node.args, *(item.value for item in node.keywords)]
        if name in ("locals", "vars", "dir") and not given:
            self._unknown(node, "it shows the names of the function, to which one may be added")
        elif name in ("print", "repr", "str", "format", "ascii"):
            self.reader.format(node, given)
        elif dotted in harmless.COMPARING | harmless.ADDING:
            self._compared(node, name)
        elif name in (
            "abs",
            "round",
            "divmod",
            "pow",
            "len",
            "bool",
            "int",
            "float",
            "hash",
            "reversed",
            "next",
        ):
            self._numeric(node, name, given)
        elif name == "getattr":
            self._getattr(node)
        elif name in ("map", "filter"):
            self._mapped(node)
        elif name == "setattr":
            self.reader.by_name(node, ["__setattr__"])
        elif name == "isinstance":
            self.reader.by_name(node, ["__instancecheck__"])

    def _compared(self, node: ast.Call, name: str) -> None:
        several = len(node.args) > 1 and name in ("min", "max")
        parts = [self.reader.kinds(item) for item in node.args]
        if not several:
            inside = k.elements(parts[0]) if parts else None
            parts = [inside, inside if name != "sum" else k.union([inside, k.of("int")])]
        if self.aspect == "dtype" and any(
            operators.promotes(a, b) for index, a in enumerate(parts) for b in parts[index:]
        ):
            given = list(zip(node.args, parts, strict=False))
            detail = promotion(self.reader.shown, node, given, elements=not several)
            self.reader.refuse(node, R.INTEGER_PROMOTION, detail)
        if not all(k.only(part, k.TENSORS | k.PLAIN) for part in parts):
            self.reader.by_name(node, ["__add__", "__radd__"] if name == "sum" else ["__lt__", "__gt__"])
        for item in node.keywords:
            if item.arg == "key" and not isinstance(item.value, ast.Lambda):
                self._called_back(node, item.value)

    def _called_back(self, node: ast.Call, function: ast.expr) -> None:
        """A function that the callee calls at once."""
        value = self.file.module.value(function)
        made = self.analysis.files.function(self.file, value)
        if made is not None:
            if self.analysis.reaches(made, self.aspect):
                self.reader.refuse(
                    node, R.FUNCTION_ESCAPES, f"`{made.name}` is called by {self.reader.shown(node.func)}"
                )
            return
        if isinstance(value, Ref) and value.package in ("builtins", "math", "operator"):
            return
        if not (isinstance(function, ast.Constant) and function.value is None):
            self._unknown(node, f"it calls {self.reader.shown(function)}")

    def _numeric(self, node: ast.Call, name: str, given: list[ast.expr]) -> None:
        kinds = [self.reader.kinds(item) for item in given]
        if (
            self.aspect == "dtype"
            and name in ("divmod", "pow")
            and any(k.maybe(item, k.TENSORS) for item in kinds)
        ):
            operands = list(zip(given, kinds, strict=True))
            self.reader.refuse(node, R.INTEGER_PROMOTION, promotion(self.reader.shown, node, operands))
        if not all(k.only(item, k.TENSORS | k.PLAIN | k.CONTAINERS) for item in kinds):
            extra = {"bool": ["__bool__", "__len__"], "next": ["__next__"]}.get(name, [f"__{name}__"])
            self.reader.by_name(node, extra)

    def _getattr(self, node: ast.Call) -> None:
        name = self.file.module.text(node.args[1]) if len(node.args) > 1 else None
        if name is None:
            self.reader.by_name(node, ["__getattr__", "__getattribute__"])
            return
        self.reader.implicitly(node, self.analysis.files.properties_named(name))
        self.reader.by_name(node, ["__getattr__", "__getattribute__"])

    def _mapped(self, node: ast.Call) -> None:
        if not node.args or isinstance(node.args[0], ast.Lambda):
            if node.args and node.args[0] not in self.reader.immediate:
                self._handed_over(node)
            return
        self._called_back(node, node.args[0])
