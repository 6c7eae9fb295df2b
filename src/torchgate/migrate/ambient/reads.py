"""Walks through a piece of code and gathers everything that one ambient default reaches in it.

Whatever is not understood is an obstacle. Nothing is assumed of names that are looked up at run time; of
objects whose class is not known only what the project's own classes can do by an operator, an attribute or an
iteration (which no call shows) is looked at, by name.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import operators
from torchgate.migrate.ambient.contexts import Ambient
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle, obstacle, shown
from torchgate.migrate.ambient.reading import Reading
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.scopes import COMPREHENSIONS, FUNCTIONS
from torchgate.semantics.values import Class, Function, Ref

if TYPE_CHECKING:
    from torchgate.migrate.ambient.analysis import Analysis
    from torchgate.migrate.ambient.definitions import Definition, File

_YIELDS = (ast.Yield, ast.YieldFrom)
_AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


class Reader:
    """One walk: over a block (``is_block``), or over a function's body."""

    def __init__(self, analysis: Analysis, file: File, aspect: Aspect, *, is_block: bool) -> None:
        from torchgate.migrate.ambient.calls import Calls

        self.analysis = analysis
        self.file = file
        self.aspect = aspect
        self.is_block = is_block
        self.reading = Reading()
        self.calls = Calls(self)
        self.extent: list[ast.AST] = []
        self.shielded = False  # inside an inner context that sets the same default
        self.immediate: set[ast.AST] = set()  # lambdas and generators that run where they stand

    # Helpers for this walk and for its calls.

    def kinds(self, node: ast.expr) -> k.Kinds:
        """The kinds of an expression."""
        return self.analysis.infer.kinds(self.file, node)

    def refuse(self, node: ast.AST, reason: R, detail: str) -> None:
        """Note an obstacle."""
        self.reading.obstacles.append(obstacle(self.file, node, reason, detail))

    def shown(self, node: ast.AST) -> str:
        """The code of a node, for a message."""
        return shown(self.file, node)

    def implicitly(self, node: ast.AST, functions: Iterable[Definition]) -> None:
        """Functions of the project that ``node`` may run without calling them."""
        if self.shielded:
            return
        for function in functions:
            detail = f"{self.shown(node)} may run `{function.name}`"
            found = obstacle(self.file, node, R.IMPLICIT_CALL, detail)
            self.reading.implicit.append((function, found))

    def by_name(self, node: ast.AST, names: Iterable[str]) -> None:
        """The project's methods of these names may run here."""
        for name in names:
            self.implicitly(node, self.analysis.files.methods_named(name))

    # The walk.

    def visit(self, node: ast.AST) -> None:
        """Everything that running ``node`` does."""
        if isinstance(node, _YIELDS) and self.is_block:
            self.refuse(node, R.YIELD_IN_BLOCK, f"{self.shown(node)} suspends the function inside the block")
        if isinstance(node, _AWAITS) and self.is_block:
            self.refuse(node, R.AWAIT_IN_BLOCK, "other tasks run meanwhile")
        method = _METHODS.get(type(node))
        if method is not None:
            method(self, node)
        else:
            self.children(node)

    def children(self, node: ast.AST) -> None:
        """Everything directly below a node."""
        for field in node._fields:
            value = getattr(node, field, None)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.AST):
                    self.visit(item)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Several nodes, one after the other."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    # Definitions: what runs now, and what may run later.

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        made = self.analysis.files.of_node(self.file, node)
        if made is not None and not self._is_called_only(made):
            self._later(node, made, f"`{node.name}`")

    def _lambda(self, node: ast.Lambda) -> None:
        self.visit_all([*node.args.defaults, *node.args.kw_defaults])
        if node in self.immediate:
            self.visit(node.body)
            return
        made = self.analysis.files.of_node(self.file, node)
        if made is not None and not self._is_called_only(made):
            self._later(node, made, self.shown(node))

    def _later(self, node: ast.AST, made: Definition, name: str) -> None:
        if self.shielded or not self.is_block:
            return
        if self.analysis.reaches(made, self.aspect):
            detail = f"{name} is made in the block and may run after it"
            self.refuse(node, R.DEFERRED_CODE, detail)

    def _is_called_only(self, made: Definition) -> bool:
        """Whether a function made here is only ever called, by its name, where this walk looks."""
        name = _name_of(self.file, made)
        scope = self.file.names.find(self.file.names.home(made.node), name) if name else None
        if scope is None or name in scope.declared or len(scope.bound[name]) != 1:
            return False
        for load in self.file.names.loads(scope, name):
            parent = self.file.module.parent(load)
            if not isinstance(parent, ast.Call) or parent.func is not load:
                return False
            if self.is_block and not self._is_inside(load):
                return False
        return True

    def _is_inside(self, node: ast.AST) -> bool:
        """Whether a node stands in the block."""
        found: ast.AST | None = node
        while found is not None:
            if any(found is part for part in self.extent):
                return True
            found = self.file.module.parent(found)
        return False

    def _class(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *(item.value for item in node.keywords)])
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self.visit_all([*statement.decorator_list, *statement.args.defaults])
                self.visit_all(statement.args.kw_defaults)
                made = self.analysis.files.of_node(self.file, statement)
                if made is not None:
                    self._later(statement, made, f"`{made.name}`")
            else:
                self.visit(statement)

    # Comprehensions.

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> None:
        for generator in node.generators:
            if generator.is_async and self.is_block:
                self.refuse(node, R.AWAIT_IN_BLOCK, "other tasks run meanwhile")
            self.iterate(generator.iter)
            self.visit(generator.target)
            self.visit_all(generator.ifs)
            for condition in generator.ifs:
                self.truth(condition)
        self.visit_all([getattr(node, "key", None), getattr(node, "value", None), getattr(node, "elt", None)])

    def _generator(self, node: ast.GeneratorExp) -> None:
        if node in self.immediate:
            self._comprehension(node)  # type: ignore[arg-type]
            return
        self.iterate(node.generators[0].iter)
        lazily = Reader(self.analysis, self.file, self.aspect, is_block=self.is_block)
        lazily._comprehension(node)  # type: ignore[arg-type]
        reading = lazily.reading
        if not self.shielded and (
            reading.keywords or reading.obstacles or self.analysis.needs(reading, self.aspect)
        ):
            detail = f"{self.shown(node)} is made in the block and may run after it"
            self.refuse(node, R.DEFERRED_CODE, detail)

    def iterate(self, node: ast.expr) -> None:
        """``node`` is visited, and iterated over."""
        if isinstance(node, ast.GeneratorExp):
            self.immediate.add(node)
        self.calls.consumed.add(node)
        self.visit(node)
        if self.shielded or isinstance(node, ast.GeneratorExp):
            return
        if isinstance(node, ast.Call) and self.calls.is_generator_call(node):
            return
        self.calls.iterated(node)

    # Statements.

    def _for(self, node: ast.For) -> None:
        self.iterate(node.iter)
        self.visit(node.target)
        self.visit_all([*node.body, *node.orelse])

    def _with(self, node: ast.With) -> None:
        outside = self.shielded
        self.visit_all([*node.items, *node.body])
        self.shielded = outside

    def _item(self, item: ast.withitem) -> None:
        self._enter(item)
        if item.optional_vars is not None:
            self.visit(item.optional_vars)

    def _enter(self, item: ast.withitem) -> None:
        context = item.context_expr
        found = self.analysis.contexts.recognise(self.file, context)
        if isinstance(found, Obstacle):
            if not self.shielded:
                detail = f"{self.shown(context)} may set a default: {found.detail}"
                self.refuse(context, R.DEFAULT_CHANGED_INSIDE, detail)
            return
        if isinstance(found, Ambient):
            self._inner(context, found)
            return
        self.calls.enter(context)

    def _inner(self, context: ast.expr, found: Ambient) -> None:
        """An inner context that sets defaults: where it sets this one, it wins."""
        if isinstance(context, ast.Call):
            self.visit_all([*context.args, *(item.value for item in context.keywords)])
        else:
            self.visit(context)
        placement = found.of(self.aspect)
        if placement is None or self.shielded:
            return
        if (
            placement.none == "pass"
            and placement.node is not None
            and not self.analysis.never_none(self.file, placement.node)
        ):
            detail = f"{self.shown(context)} leaves the default alone where it is given None"
            self.refuse(context, R.PLACEMENT_MAYBE_NONE, detail)
        self.shielded = True

    def enter_for_good(self, call: ast.Call, context: ast.expr) -> None:
        """An exit stack enters a context, which stays until the end of the block around the stack."""
        before = self.shielded
        item = ast.withitem(context_expr=context, optional_vars=None)
        self._enter(item)
        if self.shielded and not before and self.file.statement(call) not in self.extent:
            detail = f"{self.shown(call)} sets a default, from here on and on this path alone"
            self.refuse(call, R.DEFAULT_CHANGED_INSIDE, detail)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if self.shielded:
            return
        for detail in self.analysis.imports(self.file, node):
            self.refuse(node, R.UNKNOWN_CALLEE, detail)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.visit_all([node.value, node.target])

    def _augmented(self, node: ast.AugAssign) -> None:
        self.visit_all([node.value, node.target])
        if k.only(self.kinds_of_target(node.target), k.TENSORS):
            return  # in place: the tensor keeps its dtype, or raises
        self._operator(node, node.op, self.kinds_of_target(node.target), self.kinds(node.value))

    def kinds_of_target(self, target: ast.expr) -> k.Kinds:
        """The kinds of what an augmented assignment changes."""
        if isinstance(target, ast.Name):
            scope = self.file.names.find(self.file.names.home(target), target.id)
            loads = self.file.names.loads(scope, target.id) if scope is not None else []
            if loads:
                return self.kinds(loads[0])
        return None

    def _match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        if not self.shielded and not k.is_plain(self.kinds(node.subject)):
            for pattern in (case.pattern for case in node.cases):
                for part in self.file.module.within(pattern):
                    if (
                        isinstance(part, ast.MatchValue)
                        and self.aspect == "dtype"
                        and operators.promotes(self.kinds(node.subject), self.kinds(part.value))
                    ):
                        self.refuse(part, R.INTEGER_PROMOTION, f"{self.shown(part)} is compared")
            self.by_name(node.subject, ["__eq__"])
        for case in node.cases:
            self.visit_all([case.guard, *case.body])

    # Expressions.

    def _call(self, node: ast.Call) -> None:
        self.calls.visit(node)

    def _binary(self, node: ast.BinOp) -> None:
        self.visit_all([node.left, node.right])
        left, right = self.kinds(node.left), self.kinds(node.right)
        if isinstance(node.op, ast.Mod) and k.only(left, frozenset(["str", "bytes"])):
            self.format(node, [node.right])
            return
        self._operator(node, node.op, left, right)

    def _operator(self, node: ast.AST, op: ast.AST, left: k.Kinds, right: k.Kinds) -> None:
        if self.shielded:
            return
        if self.aspect == "dtype" and operators.reads_dtype(op, left, right):
            detail = f"{self.shown(node)}: not known to be floating"
            self.refuse(node, R.INTEGER_PROMOTION, detail)
        if not (operators.has_own_operators(left) and operators.has_own_operators(right)):
            self.by_name(node, operators.dunders(op))

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
                self._operator(node, op, self.kinds(left), self.kinds(right))
            left = right

    def _contains(self, node: ast.AST, left: ast.expr, right: ast.expr) -> None:
        if self.shielded:
            return
        item, held = self.kinds(left), self.kinds(right)
        if k.is_plain(item) and operators.has_own_operators(held):
            return
        inside = k.elements(held)
        if self.aspect == "dtype" and operators.promotes(item, inside):
            self.refuse(node, R.INTEGER_PROMOTION, f"{self.shown(node)} compares with each element")
        if not operators.has_own_operators(item) or not operators.has_own_operators(held):
            self.by_name(node, ["__contains__", "__eq__", "__iter__", "__hash__"])

    def _joined(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit_all([part.value, part.format_spec])
                self.format(part, [part.value])

    def format(self, node: ast.AST, given: list[ast.expr]) -> None:
        """Values are turned into text."""
        if self.shielded or all(self._has_plain_text(item) for item in given):
            return
        if self.aspect == "dtype":
            self.refuse(node, R.PRINTS_TENSOR, f"{self.shown(given[0])} may be a tensor")
        self.by_name(node, ["__str__", "__repr__", "__format__"])

    def _has_plain_text(self, node: ast.expr) -> bool:
        return k.is_plain(self.kinds(node)) or self.analysis.has_plain_text(self.file, node)

    def _attribute(self, node: ast.Attribute) -> None:
        value = self.file.module.value(node)
        if not isinstance(value, Ref):
            self.visit(node.value)
        self.value_use(node)
        if self.shielded or isinstance(value, Ref) or k.only(self.kinds(node.value), k.TENSORS | k.PLAIN):
            return
        if isinstance(node.ctx, ast.Load):
            self.implicitly(node, self.analysis.files.properties_named(node.attr))
            self.by_name(node, ["__getattr__", "__getattribute__", "__get__"])
        else:
            self.implicitly(node, self.analysis.files.properties_named(node.attr))
            self.by_name(node, ["__setattr__", "__delattr__", "__set__"])

    def _subscript(self, node: ast.Subscript) -> None:
        self.visit_all([node.value, node.slice])
        held = self.kinds(node.value)
        if self.shielded or operators.has_own_operators(held):
            return
        if not isinstance(node.ctx, ast.Load):
            self.by_name(node, ["__setitem__", "__delitem__"])
            return
        self.by_name(node, ["__getitem__", "__missing__"])
        if not self.analysis.is_indexable(self.file, node.value):
            detail = f"what {self.shown(node)} runs is not known: it may be a data set, or a defaultdict"
            self.refuse(node, R.IMPLICIT_CALL, detail)

    def _starred(self, node: ast.Starred) -> None:
        if isinstance(node.value, ast.GeneratorExp):
            self.immediate.add(node.value)
        self.visit(node.value)
        if isinstance(node.ctx, ast.Load) and not self.shielded:
            self.by_name(node, ["__iter__"])

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
            self.by_name(node, ["__bool__", "__len__"])

    def _tested(self, node: ast.If | ast.While | ast.IfExp | ast.Assert) -> None:
        self.children(node)
        self.truth(node.test)

    def _boolean(self, node: ast.BoolOp) -> None:
        self.children(node)
        for part in node.values:
            self.truth(part)

    def _hashed(self, node: ast.Dict | ast.Set) -> None:
        self.children(node)
        for part in node.keys if isinstance(node, ast.Dict) else node.elts:
            if part is not None and not operators.has_own_operators(self.kinds(part)):
                self.by_name(part, ["__hash__", "__eq__"])

    def _assign(self, node: ast.Assign) -> None:
        self.children(node)
        unpacks = any(isinstance(target, ast.Tuple | ast.List) for target in node.targets)
        if unpacks and not operators.has_own_operators(self.kinds(node.value)):
            self.by_name(node.value, ["__iter__", "__next__", "__getitem__"])

    def _nothing(self, node: ast.AST) -> None:
        """Nothing runs here."""


def _name_of(file: File, made: Definition) -> str:
    """The one name under which a function made in a function is known."""
    if not isinstance(made.node, ast.Lambda):
        return made.node.name
    parent = file.module.parent(made.node)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ""


_METHODS: dict[type[ast.AST], Callable[..., None]] = {
    ast.FunctionDef: Reader._definition,
    ast.AsyncFunctionDef: Reader._definition,
    ast.Lambda: Reader._lambda,
    ast.ClassDef: Reader._class,
    ast.ListComp: Reader._comprehension,
    ast.SetComp: Reader._comprehension,
    ast.DictComp: Reader._comprehension,
    ast.GeneratorExp: Reader._generator,
    ast.For: Reader._for,
    ast.With: Reader._with,
    ast.withitem: Reader._item,
    ast.Import: Reader._import,
    ast.ImportFrom: Reader._import,
    ast.AnnAssign: Reader._annotated,
    ast.AugAssign: Reader._augmented,
    ast.Match: Reader._match,
    ast.Call: Reader._call,
    ast.BinOp: Reader._binary,
    ast.UnaryOp: Reader._unary,
    ast.Compare: Reader._compare,
    ast.JoinedStr: Reader._joined,
    ast.Attribute: Reader._attribute,
    ast.Subscript: Reader._subscript,
    ast.Starred: Reader._starred,
    ast.Name: Reader._name,
    ast.If: Reader._tested,
    ast.While: Reader._tested,
    ast.IfExp: Reader._tested,
    ast.Assert: Reader._tested,
    ast.BoolOp: Reader._boolean,
    ast.Dict: Reader._hashed,
    ast.Set: Reader._hashed,
    ast.Assign: Reader._assign,
    ast.Global: Reader._nothing,
    ast.Nonlocal: Reader._nothing,
}

__all__ = ["COMPREHENSIONS", "FUNCTIONS", "Reader"]
