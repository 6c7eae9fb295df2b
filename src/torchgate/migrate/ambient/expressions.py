"""Expressions inside a walk: operators, attributes, text, and the calls that nobody wrote."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import operators, protocols
from torchgate.migrate.ambient.promotion import Operand, promotion
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Class, Function, Ref

if TYPE_CHECKING:
    from torchgate.migrate.ambient.calls import Calls

from torchgate.migrate.ambient.walk import Walk

# Containers that ask another key only where the hashes are the same.
_HASHING = frozenset({"dict", "set"})


class Expressions(Walk):
    """Visits expressions."""

    calls: Calls

    def _call(self, node: ast.Call) -> None:
        self.calls.visit(node)

    def _binary(self, node: ast.BinOp) -> None:
        self.visit_all([node.left, node.right])
        left, right = self.kinds(node.left), self.kinds(node.right)
        if isinstance(node.op, ast.Mod) and k.only(left, frozenset(["str", "bytes"])):
            self.format(node, [node.right])
            return
        self._operator(node, node.op, (node.left, left), (node.right, right))
        if isinstance(node.op, ast.Mult):  # of a list and something that counts
            for one, other in ((left, node.right), (right, node.left)):
                if not k.only(one, k.TENSORS | k.NUMBERS):
                    self.asked(other, ("__index__",))

    def asked(self, node: ast.expr, names: tuple[str, ...]) -> None:
        """Python's own code uses an object: the project's methods of these names may run."""
        parts: list[ast.expr | None] = []
        match node:
            case ast.Tuple() | ast.List():
                parts = [*node.elts]
            case ast.Slice():
                parts = [node.lower, node.upper, node.step]
            case ast.Starred():
                parts = [node.value]
        for part in parts:
            if part is not None:
                self.asked(part, names)
        if parts or self.shielded or isinstance(node, ast.GeneratorExp | ast.Lambda | ast.Constant):
            return
        is_own = operators.is_own_throughout if protocols.is_deep(names) else operators.has_own_operators
        if is_own(self.kinds(node)) or self.analysis.is_function(self.file, node):
            return
        keyed = "__hash__" in names
        self.by_name(node, [name for name in names if name != "__eq__" or not keyed])
        if "__eq__" in names and keyed:  # of a key, which has a hash
            found = self.analysis.files.methods_named("__eq__")
            self.implicitly(node, [item for item in found if self.analysis.files.has_own(item, "__hash__")])

    def _operator(self, node: ast.AST, op: ast.AST, left: Operand, right: Operand) -> None:
        if self.shielded:
            return
        if self.aspect == "dtype" and operators.reads_dtype(op, left[1], right[1]):
            self.refuse(node, R.INTEGER_PROMOTION, promotion(self.shown, node, [left, right]))
        self.by_name(node, operators.dunders(op, left[1], right[1]))

    def _unary(self, node: ast.UnaryOp) -> None:
        self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            self.truth(node.operand)
        elif not operators.has_own_operators(self.kinds(node.operand)):
            self.by_name(node, operators.dunders(node.op))

    def _compare(self, node: ast.Compare) -> None:
        self.visit_all([node.left, *node.comparators])
        left: ast.expr = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                self._contains(node, left, right)
            elif not isinstance(op, ast.Is | ast.IsNot):
                self._operator(node, op, (left, self.kinds(left)), (right, self.kinds(right)))
            left = right

    def _contains(self, node: ast.AST, left: ast.expr, right: ast.expr) -> None:
        if self.shielded:
            return
        item, held = self.kinds(left), self.kinds(right)
        if k.is_plain(item) and (operators.is_own_throughout(held) or k.only(held, _HASHING)):
            return
        inside = k.elements(held)
        if self.aspect == "dtype" and operators.promotes(item, inside):
            detail = promotion(self.shown, node, [(left, item), (right, inside)])
            self.refuse(node, R.INTEGER_PROMOTION, f"{detail}: each element is compared")
        if not operators.has_own_operators(held):
            self.by_name(node, protocols.CONTAINED)
        elif not operators.is_own_throughout(item) or not operators.is_own_throughout(held):
            self.by_name(node, ["__eq__", "__hash__"])

    def _joined(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit_all([part.value, part.format_spec])
                self.format(part, [part.value])

    def format(self, node: ast.AST, given: list[ast.expr]) -> None:
        """Values are turned into text."""
        unknown = next((item for item in given if not self._has_plain_text(item)), None)
        if self.shielded or unknown is None:
            return
        if self.aspect == "dtype":
            holds = k.only(self.kinds(unknown), k.CONTAINERS)
            what = f"what {self.shown(unknown)} holds" if holds else self.shown(unknown)
            self.refuse(node, R.PRINTS_TENSOR, f"{what} may be a tensor")
        self.by_name(node, protocols.SHOWN)

    def _has_plain_text(self, node: ast.expr) -> bool:
        kinds = self.kinds(node)
        return k.is_plain(kinds) or k.only(kinds, k.CLASSES) or self.analysis.has_plain_text(self.file, node)

    def _attribute(self, node: ast.Attribute) -> None:
        held = self.file.module.value(node.value)
        is_name = isinstance(held, Ref) and not self.analysis.files.is_object(
            held
        )  # of a module, of what it defines
        if not is_name:
            self.visit(node.value)
        self.value_use(node)
        if isinstance(held, Ref):
            self.implicitly(node, self.analysis.implicit.looked_up(held.dotted, node.attr))
        if self.shielded or is_name or k.only(self.kinds(node.value), k.TENSORS | k.PLAIN):
            return
        self.implicitly(node, self.analysis.files.properties_named(node.attr))
        if isinstance(node.ctx, ast.Load):
            self.by_name(node, protocols.READ)
        else:
            self.by_name(node, protocols.WRITTEN)

    def _subscript(self, node: ast.Subscript) -> None:
        self.visit_all([node.value, node.slice])
        self.asked(node.slice, protocols.KEYED)
        if self.shielded or operators.has_own_operators(self.kinds(node.value)):
            return
        if isinstance(node.ctx, ast.Load):
            self.item_read(node)
        else:
            self.by_name(node, ["__setitem__", "__delitem__"])

    def item_read(self, node: ast.Subscript) -> None:
        """Something is taken out of what may be an object of the project, or of a class."""
        self.by_name(node, ["__getitem__", "__missing__", "__class_getitem__"])
        if not self.analysis.is_indexable(self.file, node.value):
            detail = f"what {self.shown(node)} runs is not known: it may be a data set, or a defaultdict"
            self.refuse(node, R.IMPLICIT_CALL, detail)

    def _starred(self, node: ast.Starred) -> None:
        if isinstance(node.value, ast.GeneratorExp):
            self.immediate.add(node.value)
        self.calls.consumed.add(node.value)
        self.visit(node.value)
        if isinstance(node.ctx, ast.Load):
            self.unpacked(node)

    def unpacked(self, node: ast.Starred) -> None:
        """What stands behind a star is iterated over; torch is given sizes so, with no items of their own."""
        outer = self.file.module.parent(node)
        while isinstance(outer, ast.Tuple | ast.List | ast.keyword):
            outer = self.file.module.parent(outer)
        func = outer.func if isinstance(outer, ast.Call) else None
        held = func.value if isinstance(func, ast.Attribute) else None
        of_tensor = held is not None and k.only(self.kinds(held), k.TENSORS)
        is_size = func is not None and (of_tensor or bool(self.file.torch(func)))
        self.asked(node.value, ("__iter__",) if is_size else protocols.ITERATED)

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.value_use(node)

    def value_use(self, node: ast.Name | ast.Attribute) -> None:
        """A function or factory that is used as a value, not called."""
        if self.shielded or not isinstance(node.ctx, ast.Load):
            return
        value = self.file.module.value(node)
        if not isinstance(value, Function | Ref | Class) or self._is_passed_over(node):
            return
        name = self.file.torch(node)
        if name:
            factory = self.analysis.table.entry(name)
            honours = factory is not None and (
                factory.honours_device if self.aspect == "device" else factory.honours_dtype
            )
            if honours or self.analysis.table.reader(name) is not None:
                self.refuse(
                    node, R.FUNCTION_ESCAPES, f"`{name}` is handed on, and may be called in the block"
                )
            return
        made = self.analysis.files.function(self.file, value)
        if made is not None and self.analysis.reaches(made, self.aspect):
            self.refuse(
                node, R.FUNCTION_ESCAPES, f"`{made.name}` is handed on, and may be called in the block"
            )

    def _is_passed_over(self, node: ast.expr) -> bool:
        """Whether the use of a value cannot lead to a call that is not seen."""
        parent = self.file.module.parent(node)
        match parent:
            case ast.Call(func=function) if function is node:
                return True
            case ast.Attribute() | ast.Compare() | ast.withitem() | ast.Return():
                return True
            case ast.Assign(targets=[ast.Name()]):
                return True
            case ast.Call():
                return self.calls.takes(parent, node)
            case ast.keyword():
                outer = self.file.module.parent(parent)
                return isinstance(outer, ast.Call) and self.calls.takes(outer, node)
        return False

    # Truth, hashes, unpacking: calls that nobody wrote.

    def truth(self, node: ast.expr) -> None:
        """Somebody asks whether a value is true."""
        if isinstance(node, ast.Compare | ast.BoolOp) or self.shielded:
            return
        if not operators.has_own_operators(self.kinds(node)):
            self.by_name(node, protocols.TRUE)

    def _tested(self, node: ast.If | ast.While | ast.IfExp | ast.Assert) -> None:
        self.children(node)
        self.truth(node.test)

    def _boolean(self, node: ast.BoolOp) -> None:
        self.children(node)
        for part in node.values:
            self.truth(part)

    def _hashed(self, node: ast.Dict | ast.Set) -> None:
        self.children(node)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None:
                    self.asked(value, protocols.MAPPED)
        for part in node.keys if isinstance(node, ast.Dict) else node.elts:
            if part is not None:
                self.asked(part, protocols.KEYED)

    def _assign(self, node: ast.Assign) -> None:
        self.children(node)
        unpacks = any(isinstance(target, ast.Tuple | ast.List) for target in node.targets)
        if unpacks and not isinstance(node.value, ast.Tuple | ast.List):
            self.asked(node.value, protocols.ITERATED)
        for target in node.targets:
            sliced = isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice)
            if sliced and not k.only(self.kinds(target.value), k.TENSORS):  # type: ignore[attr-defined]
                self.asked(node.value, protocols.ITERATED)

    def _nothing(self, node: ast.AST) -> None:
        """Nothing runs here."""
