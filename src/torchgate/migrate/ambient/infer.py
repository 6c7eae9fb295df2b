"""The kinds of expressions, from all that binds the names in them."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import mutation, results
from torchgate.migrate.ambient.call_kinds import FLOATING_LAYERS, CallKinds
from torchgate.migrate.ambient.declared import promised
from torchgate.migrate.ambient.kinds import Kinds
from torchgate.semantics.values import is_device

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import File
    from torchgate.migrate.ambient.files import Files
    from torchgate.migrate.ambient.names import Bound
    from torchgate.migrate.factories import FactoryTable

_ROUNDS = 5
_DEEPEST = 60
_DIVISIONS = (ast.Div,)


class Inference(CallKinds):
    """Answers for the expressions of a project's files; every answer is kept."""

    def __init__(self, files: Files, table: FactoryTable) -> None:
        self._files = files
        self._table = table
        self._known: dict[tuple[object, str], Kinds] = {}
        self._assumed: dict[tuple[object, str], Kinds] = {}
        self._used: set[tuple[object, str]] = set()
        self._depth = 0

    def kinds(self, file: File, node: ast.expr) -> Kinds:
        """The kinds of an expression."""
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._kinds(file, node)
        finally:
            self._depth -= 1

    def _kinds(self, file: File, node: ast.expr) -> Kinds:
        match node:
            case ast.Constant(value=value):
                return k.of(_constant(value))
            case ast.JoinedStr():
                return k.of("str")
            case ast.Tuple() | ast.List():
                return self._display(file, node)
            case ast.Set(elts=items) if not any(isinstance(item, ast.Starred) for item in items):
                return k.container("set", k.union(self.kinds(file, item) for item in items))
            case ast.Set() | ast.SetComp():
                return k.container("set", None)
            case ast.Dict() | ast.DictComp():
                return k.container("dict", None)
            case ast.ListComp():
                return k.container("list", self.kinds(file, node.elt))
            case ast.Name():
                return self._name(file, node)
            case ast.NamedExpr() | ast.Await():
                return self.kinds(file, node.value)
            case ast.IfExp():
                return k.union([self.kinds(file, node.body), self.kinds(file, node.orelse)])
            case ast.BoolOp():
                return k.union(self.kinds(file, part) for part in node.values)
            case ast.UnaryOp():
                inside = self.kinds(file, node.operand)
                if isinstance(node.op, ast.Not):
                    return k.of("bool")
                if inside is not None and not k.maybe(inside, frozenset(["bool", "tensor"])):
                    return inside if k.only(inside, k.NUMBERS | k.TENSORS) or not inside else None
                return inside if k.only(inside, k.TENSORS) else None
            case ast.BinOp():
                return self._binary(file, node)
            case ast.Compare():
                return self._compare(file, node)
            case ast.Subscript():
                return self._subscript(file, node)
            case ast.Attribute():
                return self._attribute(file, node)
            case ast.Call():
                return self._call(file, node)
        return None

    def _display(self, file: File, node: ast.Tuple | ast.List) -> Kinds:
        name = "tuple" if isinstance(node, ast.Tuple) else "list"
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return k.container(name, None)
        return k.display(name, [self.kinds(file, item) for item in node.elts])

    def _binary(self, file: File, node: ast.BinOp) -> Kinds:
        left, right = self.kinds(file, node.left), self.kinds(file, node.right)
        if k.only(left, frozenset(["str"])) and isinstance(node.op, ast.Mod | ast.Add | ast.Mult):
            return k.of("str")
        if isinstance(node.op, ast.MatMult):
            both = k.only(left, k.FLOATING) and k.only(right, k.FLOATING)
            return left if both else k.of("tensor") if k.only(left, k.TENSORS) else None
        if isinstance(node.op, ast.Pow) and k.only(left, k.NUMBERS) and k.only(right, k.NUMBERS):
            return k.of("int", "float", "complex")
        if isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor | ast.LShift | ast.RShift):
            return k.of("tensor") if k.only(left, k.TENSORS) and k.only(right, k.TENSORS) else None
        if isinstance(node.op, ast.Add) and (joined := k.concatenated(left, right)) is not None:
            return joined
        if isinstance(node.op, ast.Mult) and (listed := self._repeated(node, left, right)) is not None:
            return listed
        return k.arithmetic(left, right, division=isinstance(node.op, _DIVISIONS))

    def _repeated(self, node: ast.BinOp, left: Kinds, right: Kinds) -> Kinds:
        """``[0] * 3`` and ``3 * [0]``."""
        for held, number, given in ((left, right, node.right), (right, left, node.left)):
            if k.only(number, k.INTEGERS):
                times = given.value if isinstance(given, ast.Constant) else None
                return k.repeated(held, times if type(times) is int else None)
        return None

    def _compare(self, file: File, node: ast.Compare) -> Kinds:
        if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
            return k.of("bool")
        if len(node.comparators) > 1:
            return None
        sides = [self.kinds(file, node.left), self.kinds(file, node.comparators[0])]
        if any(k.only(side, k.TENSORS) for side in sides):
            return k.of("bool-tensor")
        return k.of("bool") if all(k.is_plain(side) or k.only(side, k.CLASSES) for side in sides) else None

    def _subscript(self, file: File, node: ast.Subscript) -> Kinds:
        held = self.kinds(file, node.value)
        if held is None:
            return None
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        found: list[Kinds] = []
        for kind in held:
            if kind.name in k.TENSORS:
                found.append(frozenset([kind]))
            elif isinstance(node.slice, ast.Slice):
                found.append(k.container(kind.name, k.elements(frozenset([kind]))))
            elif (
                kind.items is not None and type(index) is int and -len(kind.items) <= index < len(kind.items)
            ):
                found.append(kind.items[index])
            elif kind.name in ("list", "tuple", "range", "str"):
                found.append(k.elements(frozenset([kind])))
            else:
                return None
        return k.union(found)

    def _attribute(self, file: File, node: ast.Attribute) -> Kinds:
        dotted = file.module.dotted(node)
        if dotted:
            if torch_name(file.module, file.module.value(node)) in results.BY_DTYPE:
                return k.of("dtype")
            return k.of("float") if dotted in _CONSTANTS else None
        inside = self.kinds(file, node.value)
        if k.only(inside, k.TENSORS):
            return results.attribute(inside, node.attr)
        if node.attr == "shape" and inside is None and not self._files.has_both("shape", "shape"):
            return results.attribute(inside, "shape")  # of a tensor or an array: nothing else has one
        if node.attr == "weight" and self.module_class(file, node) in FLOATING_LAYERS:
            return k.of("float-tensor", "complex-tensor")
        return None

    # Names.

    def _name(self, file: File, node: ast.Name) -> Kinds:
        value = file.module.value(node)
        if torch_name(file.module, value) in results.BY_DTYPE:
            return k.of("dtype")
        bound = file.names.bindings(node)
        scope = file.names.scope_of(node)
        if bound is None or scope is None:
            return None
        if is_device(value) and len(bound) == 1:
            return k.of("device")
        found = self._settle((scope.node, node.id), lambda: self._bound(file, bound))
        if scope is file.names.root and self._files.is_written(file, node.id):
            return None
        if k.is_mutable(found):
            deep = k.has_mutable_parts(found)
            if not mutation.is_unchanged(self._files, file, scope, node.id, deep=deep):
                return k.forgotten(found)
        return found

    def _settle(self, key: tuple[object, str], compute: _Compute) -> Kinds:
        """The least kinds that agree with themselves, for what may depend on itself."""
        if key in self._known:
            return self._known[key]
        if key in self._assumed:
            self._used.add(key)
            return self._assumed[key]
        outside, self._used = self._used, set()
        found: Kinds = frozenset()
        for _ in range(_ROUNDS):
            self._assumed[key] = found
            new = compute()
            if new == found or new is None:
                found = new
                break
            found = new
        else:
            found = None
        del self._assumed[key]
        self._used.discard(key)
        if not self._used:
            self._known[key] = found
        self._used |= outside
        return found

    def _bound(self, file: File, bound: list[Bound]) -> Kinds:
        steady = k.union(self._of_binding(file, item) for item in bound if item.how != "augment")
        for item in bound:
            if item.how == "augment" and item.value is not None and isinstance(item.node, ast.AugAssign):
                more = self.kinds(file, item.value)
                division = isinstance(item.node.op, _DIVISIONS)
                for _ in range(3):
                    steady = k.union([steady, k.arithmetic(steady, more, division=division)])
        return steady

    def _of_binding(self, file: File, bound: Bound) -> Kinds:
        match bound.how:
            case "assign" if bound.value is not None:
                return self.kinds(file, bound.value)
            case "unpack" | "element" if bound.value is not None:
                return self._iterated(file, bound)
            case "parameter" if isinstance(bound.node, ast.arg):
                return self._declared(file, bound.node)
        return None

    def _iterated(self, file: File, bound: Bound) -> Kinds:
        return None if bound.value is None else k.elements(self.kinds(file, bound.value))

    def _declared(self, file: File, parameter: ast.arg) -> Kinds:
        """What an annotation promises, or all calls give."""
        annotation = parameter.annotation
        parent = file.module.parent(parameter)
        if isinstance(parent, ast.arguments) and parameter is parent.vararg:
            return k.container("tuple", None)
        if annotation is None:
            given = self._files.arguments_of(file, parameter)
            if not given:
                return None
            return self._settle(
                (parameter, "given"), lambda: k.union(self.kinds(there, node) for there, node in given)
            )
        return promised(file, annotation)


if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    _Compute: TypeAlias = Callable[[], Kinds]


def _constant(value: object) -> str:
    return "none" if value is None else type(value).__name__


_CONSTANTS = frozenset(["math.pi", "math.e", "math.tau", "math.inf", "math.nan", "numpy.pi", "numpy.inf"])
