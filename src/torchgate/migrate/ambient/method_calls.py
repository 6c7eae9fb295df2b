"""Calls of methods and of objects: tensors, modules, built-in containers, and what is not known."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless, protocols
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.project_calls import ProjectCalls
from torchgate.migrate.ambient.promotion import promotion
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Instance

if TYPE_CHECKING:
    pass

_STATE_HOOKS = (b"state_dict_hook", b"state_dict_pre_hook", b"state_dict_post_hook")


class MethodCalls(ProjectCalls):
    """Judges calls of objects and of their methods."""

    def _instance(self, node: ast.Call, value: Instance) -> None:
        """An object that is called."""
        cls = self.analysis.files.klass(self.file, value.cls)
        if cls is None:
            self._unknown(node, "the class of the object is not the project's")
            return
        if self._is_exchanged(node):
            return
        for name in ("__call__", "forward"):
            if name == "forward" and self.analysis.has_hooks():
                break
            found, outside = self.analysis.files.method(cls, name)
            if found is not None:
                for item in self.analysis.family(found):
                    self.reader.implicitly(node, [item])
                return
            if outside not in ("", *harmless.BASES):
                break
        self._unknown(node, "what calling the object does is not the project's matter")

    def _made_module(self, node: ast.Call, function: ast.expr) -> bool:
        """``layer(x)`` of a module of torch made in this file."""
        name = self.analysis.torch.made_by(self.file, function)
        if not name.startswith("torch.nn."):
            return False
        replaced = self.analysis.torch.replaced(self.file, node, name)
        if replaced is not None:
            self._take(node, replaced)
            return True
        if self.analysis.has_hooks():
            detail = f"{self.reader.shown(node)} runs the hooks that the project registers"
            self.reader.refuse(node, R.IMPLICIT_CALL, detail)
            return True
        if name in harmless.FORWARD and self.analysis.is_kept(self.file, function):
            if (
                self.aspect == "dtype"
                and not all(k.only(self.reader.kinds(item), k.FLOATING) for item in node.args)
                and name != "torch.nn.Embedding"
            ):
                given = [(item, self.reader.kinds(item)) for item in node.args]
                self.reader.refuse(node, R.INTEGER_PROMOTION, promotion(self.reader.shown, node, given))
            return True
        detail = f"the forward pass of `{name}` is not in the table of factories"
        self.reader.refuse(node, R.NOT_IN_FACTORY_TABLE, detail)
        return True

    def _method(self, node: ast.Call, function: ast.Attribute) -> None:
        receiver = function.value
        if self._made_module(node, function):
            return
        if function.attr == "enter_context" and self._is_stack(receiver) and len(node.args) == 1:
            self.reader.enter_for_good(node, node.args[0])
            return
        kinds = self.reader.kinds(receiver)
        if function.attr == "backward":
            self._tensor_method(node, function)
            return
        if k.only(kinds, k.TENSORS):
            self._tensor_method(node, function)
        elif self._of_library(node, function):
            pass
        elif k.only(kinds, frozenset(["str", "bytes"])):
            self._given(node, function.attr)
            if function.attr == "format":
                self.reader.format(node, [*node.args, *(item.value for item in node.keywords)])
        elif k.only(kinds, k.PLAIN | k.CONTAINERS | k.TENSORS):
            self._plain_method(node, function)
        else:
            self._any_method(node, function)

    def _is_stack(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Name):
            return False
        scope = self.file.names.scope_of(node)
        bound = scope.bound[node.id] if scope is not None else []
        items = [self.file.module.parent(item.node) for item in bound]
        return bool(items) and all(
            isinstance(item, ast.withitem)
            and isinstance(item.context_expr, ast.Call)
            and self.file.module.dotted(item.context_expr.func) == "contextlib.ExitStack"
            for item in items
        )

    def _tensor_method(self, node: ast.Call, function: ast.Attribute) -> None:
        name = f"torch.Tensor.{function.attr}"
        replaced = self.analysis.torch.replaced(self.file, node, name)
        if replaced is not None:
            self._take(node, replaced)
            return
        for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.reader.asked(item, protocols.TORCH)
        if function.attr in harmless.TENSOR_METHODS:
            return
        if function.attr == "backward" and self.analysis.has_hooks():
            detail = f"{self.reader.shown(node)} runs the hooks and backward functions of the project"
            self.reader.refuse(node, R.IMPLICIT_CALL, detail)
            return
        reader = self.analysis.table.reader(name)
        if reader is not None:
            given = [function.value, *node.args, *(item.value for item in node.keywords)]
            self._take(node, self.analysis.torch.reads(self.file, node, reader, self.aspect, given))
            return
        self._take(node, self.analysis.torch.judge(self.file, node, name, self.aspect))
        self._handed_over(node)

    def _given(self, node: ast.Call, method: str) -> None:
        """What a container's or a text's method does with its arguments."""
        for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.reader.asked(item, protocols.asked_by(method))

    def _plain_method(self, node: ast.Call, function: ast.Attribute) -> None:
        self._given(node, function.attr)
        known = harmless.CONTAINER_METHODS | harmless.NUMBER_METHODS | harmless.STR_METHODS | {"sort"}
        if function.attr not in known:
            self._unknown(node, "no method of the built-in types has that name")
        elif function.attr in ("index", "count", "remove", "sort"):
            self.reader.by_name(node, ["__eq__", "__lt__"])

    def _of_library(self, node: ast.Call, function: ast.Attribute) -> bool:
        """Methods of objects that torch's own constructors made."""
        made = self.analysis.torch.made_by(self.file, function.value)
        if made.startswith("torch.optim."):
            if function.attr in harmless.OPTIMIZER_METHODS:
                return True
            if function.attr == "step" and self.analysis.table.is_inert(made) and not node.args:
                return True
            detail = f"{self.reader.shown(node)} steps an optimizer"
            self.reader.refuse(node, R.OPTIMIZER_STATE, detail)
            return True
        if made.startswith("torch.nn.") or k.only(self.reader.kinds(function.value), frozenset(["module"])):
            if function.attr in harmless.MODULE_METHODS:
                self.reader.by_name(node, [function.attr, *protocols.MODULES.get(function.attr, ())])
                self._is_hooked(node, function.attr)
                return True
            self.reader.refuse(
                node, R.NOT_IN_FACTORY_TABLE, f"{self.reader.shown(node)} is not in the table of factories"
            )
            return True
        return made == "torch.Generator" and function.attr in harmless.GENERATOR_METHODS

    def _is_result(self, node: ast.expr) -> bool:
        """Whether a value is what a function of torch gave: no module."""
        name = self.file.torch(node.func) if isinstance(node, ast.Call) else ""
        return name.rpartition(".")[2].islower()

    def _is_hooked(self, node: ast.Call, method: str) -> None:
        """Refuses a method of modules that runs hooks where the project registers such."""
        if method in ("state_dict", "load_state_dict") and any(
            map(self.analysis.files.mentions, _STATE_HOOKS)
        ):
            detail = f"{self.reader.shown(node)} runs the hooks that the project registers"
            self.reader.refuse(node, R.IMPLICIT_CALL, detail)

    def _any_method(self, node: ast.Call, function: ast.Attribute) -> None:
        """A method of an object whose class is not known: only where every class that could have it is."""
        name = function.attr
        if name == "step":
            detail = f"{self.reader.shown(node)} may step an optimizer"
            self.reader.refuse(node, R.OPTIMIZER_STATE, detail)
            return
        own = self.analysis.files.methods_named(name)
        for item in own:
            if self.analysis.reaches(item, self.aspect):
                self._unknown(node, f"the object may have the project's `{item.name}`")
                return
        if name in harmless.SHARED_METHODS or not self._is_method_of_tensors(node, function):
            self._unknown(node, self.analysis.classes.unknown(self, function))
            return
        held = self.analysis.files.held_at(name)
        if held is not None:
            self._unknown(node, f"the object may have what is put under `{name}` at {held}")
            return
        self.reader.by_name(node, [name])
        if not self._is_result(function.value):
            self.reader.by_name(node, protocols.MODULES.get(name, ()))
            self._is_hooked(node, name)
        if name in harmless.CONTAINER_METHODS:
            self.reader.implicitly(node, self.analysis.implicit.behind_mixins)
        if name in harmless.CONTAINER_METHODS | harmless.STR_METHODS:
            self._given(node, name)

    def _is_method_of_tensors(self, node: ast.Call, function: ast.Attribute) -> bool:
        name = function.attr
        if name in harmless.CONTAINER_METHODS or name in harmless.STR_METHODS:
            return True
        table, dotted = self.analysis.table, f"torch.Tensor.{name}"
        replaced = self.analysis.torch.replaced(self.file, node, dotted)
        if replaced is not None:
            self._take(node, replaced)
            return True
        reader = table.reader(dotted)
        if reader is not None and self.aspect in reader.aspects:
            given = [function.value, *node.args, *(item.value for item in node.keywords)]
            self._take(node, self.analysis.torch.reads(self.file, node, reader, self.aspect, given))
            return True
        if reader is not None or table.is_inert(dotted) or name in harmless.TENSOR_METHODS:
            return True
        factory = table.entry(dotted)
        return factory is not None or name in harmless.MODULE_METHODS or name in harmless.OPTIMIZER_METHODS
