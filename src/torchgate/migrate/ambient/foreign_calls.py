"""Calls of Python's own functions, and of other packages."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.ambient import harmless, operators, protocols
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.definitions import ClassDefinition
from torchgate.migrate.ambient.method_calls import MethodCalls
from torchgate.migrate.ambient.promotion import promotion
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Ref


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
            self._asks(node, protocols.of_library(dotted))
            self.reader.by_name(node, protocols.COPIED)  # of what is inside, or is read
            return
        detail = f"{self.reader.shown(node)} runs code that it is given"
        self.reader.refuse(node, R.UNKNOWN_CALLEE, detail)

    def _standard(self, node: ast.Call, dotted: str) -> None:
        self._handed_over(node)
        if dotted.startswith("inspect.") or dotted == "sys._getframe":
            self._unknown(node, "it looks at the code that runs")
        if dotted.startswith("logging.") or dotted.startswith("warnings."):
            self.reader.format(node, [*node.args, *(item.value for item in node.keywords)])
        if dotted.startswith(("copy.", "dataclasses.")):
            self.reader.by_name(node, protocols.COPIED)
        if dotted == "dataclasses.replace":
            self.analysis.classes.replaced(self, node)
        self._asks(node, protocols.of_library(dotted))
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
        self._asks(node, protocols.BUILTINS.get(name, ()))
        if name in ("locals", "vars", "dir") and not given:
            self._unknown(node, "it shows the names of the function, to which one may be added")
        elif name in ("print", "repr", "str", "format", "ascii"):
            self.reader.format(node, given)
            for item in node.keywords:
                if item.arg == "file":
                    self.reader.asked(item.value, protocols.FILED)
        elif dotted in harmless.COMPARING | harmless.ADDING:
            self._compared(node, name)
        elif name in ("divmod", "pow"):
            self._divided(node, given)
        elif name in ("getattr", "hasattr"):
            self._by_attribute(node, protocols.READ)
        elif name in ("setattr", "delattr"):
            self._by_attribute(node, protocols.WRITTEN)
        elif name in ("map", "filter"):
            self._mapped(node)
        elif name in ("all", "any") and node.args:
            self._each_true(node, node.args[0])
        elif name == "iter" and len(node.args) > 1:
            self._called_back(node, node.args[0])
            self.reader.by_name(node, ["__call__", "__eq__"])
        elif name in ("isinstance", "issubclass") and len(node.args) > 1:
            self._looked_at(node, node.args[1])
        elif name == "type" and len(node.args) > 1:
            self.reader.class_made(node, [node.args[1]])

    def _asks(self, node: ast.Call, names: tuple[str, ...]) -> None:
        """Methods of these names run on what a call is given."""
        if names:
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                self.reader.asked(item, names)

    def _each_true(self, node: ast.Call, given: ast.expr) -> None:
        """Each element of what is given is asked whether it is true."""
        if isinstance(given, ast.GeneratorExp | ast.ListComp | ast.SetComp):
            self.reader.truth(given.elt)
        elif not operators.is_own_throughout(k.elements(self.reader.kinds(given))):
            self.reader.by_name(node, protocols.TRUE)

    def _looked_at(self, node: ast.Call, wanted: ast.expr) -> None:
        """A class may say what is an instance of it; every member of a protocol is read."""
        self.reader.by_name(node, protocols.CHECKED)
        for part in wanted.elts if isinstance(wanted, ast.Tuple) else [wanted]:
            cls = self.analysis.files.klass(self.file, self.file.module.value(part))
            for item in self.analysis.files.lineage(cls) if cls is not None else ():
                if isinstance(item, ClassDefinition):
                    for name in item.members:
                        self.reader.implicitly(node, self.analysis.files.properties_named(name))

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
        given_key = any(item.arg == "key" for item in node.keywords)
        if given_key or not all(map(operators.is_own_throughout, parts)):
            self.reader.by_name(
                node, ["__add__", "__radd__"] if name == "sum" else [*protocols.ORDERED, "__eq__"]
            )
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

    def _divided(self, node: ast.Call, given: list[ast.expr]) -> None:
        kinds = [self.reader.kinds(item) for item in given]
        if self.aspect == "dtype" and any(k.maybe(item, k.TENSORS) for item in kinds):
            operands = list(zip(given, kinds, strict=True))
            self.reader.refuse(node, R.INTEGER_PROMOTION, promotion(self.reader.shown, node, operands))

    def _by_attribute(self, node: ast.Call, methods: tuple[str, ...]) -> None:
        """An attribute is read or written by its name."""
        name = self.file.module.text(node.args[1]) if len(node.args) > 1 else None
        if name is not None:
            self.reader.implicitly(node, self.analysis.files.properties_named(name))
        self.reader.by_name(node, methods)

    def _mapped(self, node: ast.Call) -> None:
        if self.file.module.dotted(node.func) == "builtins.filter":
            if isinstance(node.args[0] if node.args else None, ast.Constant):  # `filter(None, ...)`
                self._each_true(node, node.args[-1])
                return
            self.reader.by_name(node, protocols.TRUE)  # of what the function returns
        if not node.args or isinstance(node.args[0], ast.Lambda):
            if node.args and node.args[0] not in self.reader.immediate:
                self._handed_over(node)
            return
        self._called_back(node, node.args[0])
