"""Calls inside a walk: who is called, what the default does there, and what is handed over to be called."""

from __future__ import annotations

import _ast as ast
from dataclasses import replace

from torchgate.migrate.ambient import harmless, protocols
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.callbacks import combined
from torchgate.migrate.ambient.classes import decorator_names, mro
from torchgate.migrate.ambient.definitions import ClassDefinition
from torchgate.migrate.ambient.foreign_calls import ForeignCalls
from torchgate.migrate.ambient.obstacles import obstacle
from torchgate.migrate.ambient.reading import Keyword
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Instance, Ref, Value

_SORTING = frozenset(["builtins.sorted", "builtins.min", "builtins.max"])
_OVERLOADS = frozenset(["typing.overload", "typing_extensions.overload"])
_LAZY = frozenset(["builtins.map", "builtins.filter"])


class Calls(ForeignCalls):
    """Visits calls."""

    def visit(self, node: ast.Call) -> None:
        """A call: its callee, its arguments, what it does."""
        value = self.file.module.value(node.func)
        self._callee(node.func)
        if not self.reader.shielded and self._starts_work(node, value):
            detail = f"{self.reader.shown(node)} may have work done in another thread, task or process"
            self.reader.refuse(node, R.THREAD_IN_BLOCK, detail)
            return
        if isinstance(node.func, ast.Attribute) and node.func.attr == "enter_context":
            self._judge(node, value)  # which visits what is entered
            return
        self._arguments(node, value)
        if self.reader.shielded:
            return
        function = node.func
        if isinstance(function, ast.Attribute) and self._is_super(function.value):
            self.analysis.classes.super_call(self, node, function.attr)
            return
        if not self.file.is_certain(function) and not self._is_method(function, value):
            held = f"what {self.reader.shown(function)} holds is not known"
            self._unknown(node, held if isinstance(function, ast.Attribute) else self._of_several(function))
            return
        self._judge(node, value)

    def _of_several(self, function: ast.expr) -> str:
        """Why a name is not one thing for certain."""
        bound = self.file.names.bindings(function) if isinstance(function, ast.Name) else None
        if any(item.how == "parameter" for item in bound or ()):
            return f"what {self.reader.shown(function)} is depends on who calls"
        names = {name for item in bound or () for name in decorator_names(self.file.module, item.node)}
        if not names.isdisjoint(_OVERLOADS):
            return "it has overloads, and a parameter would have to be added to each"
        return "which of its definitions is called depends on the path taken"

    def _starts_work(self, node: ast.Call, value: Value) -> bool:
        if isinstance(value, Ref):
            if value.dotted in harmless.LOCKS:
                return False
            return value.package in harmless.WORKERS or value.dotted.startswith("torch.multiprocessing.")
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return method in harmless.SUBMITTING and not self.analysis.files.is_project(value)

    def _is_super(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self.file.module.dotted(node.func) == "builtins.super"

    def _callee(self, function: ast.expr) -> None:
        if isinstance(function, ast.Attribute):
            if not isinstance(self.file.module.value(function), Ref):
                self.reader.visit(function.value)
        elif isinstance(function, ast.Lambda):
            self.reader.immediate.add(function)
            self.reader.visit(function)
        elif not isinstance(function, ast.Name):
            self.reader.visit(function)

    def _arguments(self, node: ast.Call, value: Value) -> None:
        dotted = value.dotted if isinstance(value, Ref) else ""
        consumes = dotted in harmless.CONSUMERS or self.is_join(node) or bool(self.file.torch(node.func))
        given = [*node.args, *(item.value for item in node.keywords)]
        made = self.analysis.files.function(self.file, value) if self.file.is_certain(node.func) else None
        called = (self.analysis.callbacks.arguments(made, node) or {}) if made is not None else {}
        self.called |= set(called.values())
        self.reader.immediate |= {item for item in called.values() if isinstance(item, ast.Lambda)}
        for item in given:
            inner = item.value if isinstance(item, ast.Starred) else item
            runs_now = consumes or isinstance(item, ast.Starred)
            if isinstance(inner, ast.GeneratorExp) and runs_now:
                self.reader.immediate.add(inner)
            if isinstance(inner, ast.Lambda) and (dotted in _SORTING or self._lambda_runs_now(node, dotted)):
                self.reader.immediate.add(inner)
            if runs_now and not isinstance(inner, ast.Lambda):
                self.consumed.add(inner)
            self.reader.visit(inner)
            if isinstance(item, ast.Starred):
                self.reader.unpacked(item)
        for keyword in node.keywords:
            if keyword.arg is None:
                self.reader.asked(keyword.value, protocols.MAPPED)
        if dotted in harmless.ITERATING and not self.reader.shielded:
            for item in node.args:
                if not isinstance(item, ast.GeneratorExp | ast.Lambda | ast.Starred):
                    self.iterated(item)

    def is_join(self, node: ast.Call) -> bool:
        """``", ".join(...)``."""
        function = node.func
        return (
            isinstance(function, ast.Attribute)
            and function.attr == "join"
            and k.only(self.reader.kinds(function.value), frozenset(["str", "bytes"]))
        )

    def _lambda_runs_now(self, node: ast.Call, dotted: str) -> bool:
        """Whether a lambda handed to this call runs before the call, or the one around it, returns."""
        if dotted == "functools.reduce":
            return True
        parent = self.file.module.parent(node)
        if dotted in _LAZY and isinstance(parent, ast.Call) and parent.func is not node:
            return self.file.module.dotted(parent.func) in harmless.CONSUMERS
        if dotted in _LAZY and isinstance(parent, ast.For | ast.comprehension | ast.Starred):
            return True
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return method == "sort" and k.only(self.reader.kinds(node.func.value), k.CONTAINERS)  # type: ignore[attr-defined]

    def takes(self, call: ast.Call, node: ast.expr) -> bool:
        """Whether a function handed to this call is looked at there."""
        dotted = self.file.module.dotted(call.func)
        return node in self.called or dotted in (
            "functools.partial",
            "builtins.isinstance",
            "builtins.issubclass",
            "builtins.callable",
        )

    # Who is called.

    def _is_method(self, function: ast.expr, value: Value) -> bool:
        """Whether a method of an object is called that its class, of another module, certainly has."""
        held = self.file.module.value(function.value) if isinstance(function, ast.Attribute) else None
        cls = self.analysis.files.klass(self.file, held.cls) if isinstance(held, Instance) else None
        made = self.analysis.files.function(self.file, value) if cls is not None else None
        if made is None or cls is None or not isinstance(function, ast.Attribute):
            return False
        lineage = mro(self.analysis.files, cls)
        owners = (item for item in lineage if isinstance(item, ClassDefinition))
        return any(item.own(function.attr) is made.node for item in owners)

    def _judge(self, node: ast.Call, value: Value) -> None:
        name = self.file.torch(node.func)
        if isinstance(node.func, ast.Lambda):
            return  # its body was taken in where it stands
        if name and self._is_replaced(node.func):
            self._unknown(node, "another file puts something else in its place")
        elif name:
            self._torch(node, name)
        elif self.analysis.files.is_project(value):
            self._project(node, value)
        elif isinstance(value, Ref):
            self._foreign(node, value.dotted)
        elif isinstance(value, Instance):
            self._instance(node, value)
        elif isinstance(node.func, ast.Attribute):
            self._method(node, node.func)
        elif self._made_module(node, node.func) or self._partial(node):
            pass
        elif not self.reader.is_block and self.analysis.callbacks.is_own(self.file, node.func):
            detail = f"{self.reader.shown(node)}: what it is given to call cannot be told"
            self.reader.reading.unverified.append(obstacle(self.file, node, R.UNKNOWN_CALLEE, detail))
        else:
            self._unknown(node, f"what {self.reader.shown(node.func)} is cannot be told")

    def _is_replaced(self, function: ast.expr) -> bool:
        """Whether another file may write to the module's name for a callable of torch."""
        if not isinstance(function, ast.Name):
            return False
        at_top = self.file.names.scope_of(function) is self.file.names.root
        return at_top and self.analysis.files.is_written(self.file, function.id)

    def _partial(self, node: ast.Call) -> bool:
        """A call of a ``functools.partial`` object: the keyword is added there, and handed on."""
        made = self.analysis.callbacks.partial(self.file, node.func)
        if made is None:
            return False
        whole = combined(made, node)
        name, value = self.file.torch(whole.func), self.file.module.value(whole.func)
        target = self.analysis.files.function(self.file, value)
        if not self.file.is_certain(whole.func):
            return False
        if name:
            found = self.analysis.torch.judge(self.file, whole, name, self.aspect)
            self._take(node, replace(found, call=node) if isinstance(found, Keyword) else found)
            return True
        if target is None or target.owner is not None or self.analysis.callbacks.called_only(target):
            return False
        if any(item.arg == self.aspect for item in made.keywords):
            return False
        self._function(node, target)
        return True

    def raised(self, item: ast.expr) -> None:
        """``raise Class``, without a call; of what else is raised only the class is not known."""
        value = self.file.module.value(item)
        cls = self.analysis.files.klass(self.file, value)
        if cls is not None:
            for base in self.analysis.files.lineage(cls):
                if isinstance(base, ClassDefinition):
                    made = (self.analysis.files.of_node(base.file, node) for node in base.makers)
                    self.reader.implicitly(item, [found for found in made if found is not None])
        elif not isinstance(value, Ref | Instance):
            self.reader.implicitly(item, self.analysis.implicit.raising)

    def _torch(self, node: ast.Call, name: str) -> None:
        found = self.analysis.torch.judge(self.file, node, name, self.aspect)
        self._take(node, found)
        for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.reader.asked(item, protocols.TORCH)
        factory = self.analysis.table.entry(name)
        if factory is None:
            self._handed_over(node)
        if name.startswith(harmless.TORCH_CALLING):
            for item in node.args:
                if not isinstance(item, ast.Lambda) and not k.only(
                    self.reader.kinds(item), k.TENSORS | k.PLAIN
                ):
                    self._called_back(node, item)

    # Contexts.

    def enter(self, context: ast.expr) -> None:
        """A ``with`` statement enters a context that sets no default."""
        self.consumed.add(context)
        self.reader.visit(context)
        if self.reader.shielded or not isinstance(context, ast.Call):
            if not self.reader.shielded:
                self._enter_object(context)
            return
        value = self.file.module.value(context.func)
        dotted = self.file.torch(context.func) or (value.dotted if isinstance(value, Ref) else "")
        dotted = self.analysis.table.canonical(dotted)
        self.reader.by_name(context, protocols.CONTEXTS.get(dotted, ()))
        if dotted in harmless.CONTEXTS or self.analysis.contexts.is_device_index(self.file, context):
            return
        made = self.analysis.files.function(self.file, value)
        if made is not None and made.value.context_manager:
            return  # its body was taken in as a call
        self._enter_object(context)

    def _enter_object(self, context: ast.expr) -> None:
        value = self.file.module.value(context)
        cls = self.analysis.files.klass(self.file, value.cls) if isinstance(value, Instance) else None
        if cls is not None:
            for name in ("__enter__", "__exit__"):
                found, _outside = self.analysis.files.method(cls, name)
                if found is None:
                    self.reader.refuse(
                        context,
                        R.UNKNOWN_CALLEE,
                        f"what entering {self.reader.shown(context)} does is not known",
                    )
                    return
                self.reader.implicitly(context, self.analysis.family(found))
            return
        detail = f"what entering {self.reader.shown(context)} does is not known"
        self.reader.refuse(context, R.UNKNOWN_CALLEE, detail)
