"""Walks through a piece of code and gathers everything that one ambient default reaches in it.

Whatever is not understood is an obstacle. Nothing is assumed of names that are looked up at run time; of
objects whose class is not known only what the project's own classes can do by an operator, an attribute or an
iteration (which no call shows) is looked at, by name.
"""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import operators, protocols
from torchgate.migrate.ambient.contexts import Ambient
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle
from torchgate.migrate.ambient.promotion import promotion
from torchgate.migrate.refusals.reason import RefusalReason as R

if TYPE_CHECKING:
    from torchgate.migrate.ambient.analysis import Analysis
    from torchgate.migrate.ambient.definitions import Definition, File

from torchgate.migrate.ambient.calls import Calls
from torchgate.migrate.ambient.definitions import ClassDefinition
from torchgate.migrate.ambient.expressions import Expressions


class Reader(Expressions):
    """Visits definitions and statements."""

    def __init__(self, analysis: Analysis, file: File, aspect: Aspect, *, is_block: bool) -> None:
        super().__init__(analysis, file, aspect, is_block=is_block)
        self.calls = Calls(self)
        self.stack = ""  # the exit stack that enters what begins the block

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
        self.class_made(node, [*node.bases, *(item.value for item in node.keywords)])
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self.visit_all([*statement.decorator_list, *statement.args.defaults])
                self.visit_all(statement.args.kw_defaults)
                made = self.analysis.files.of_node(self.file, statement)
                if made is not None:
                    self._later(statement, made, f"`{made.name}`")
            else:
                self.visit(statement)

    def class_made(self, node: ast.AST, bases: list[ast.expr]) -> None:
        """A class is made: its bases and its metaclass have a say, and members of an enumeration are made."""
        self.by_name(node, protocols.CLASS_MADE)
        files = self.analysis.files
        for base in bases:
            for part in base.elts if isinstance(base, ast.Tuple) else [base]:
                cls = files.klass(self.file, self.file.module.value(part))
                for item in files.lineage(cls) if cls is not None else ():
                    if isinstance(item, ClassDefinition):
                        made = (files.of_node(item.file, maker) for maker in item.makers)
                        self.implicitly(node, [found for found in made if found is not None])

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
        if isinstance(node, ast.DictComp | ast.SetComp):
            self.asked(node.key if isinstance(node, ast.DictComp) else node.elt, protocols.KEYED)

    def _generator(self, node: ast.GeneratorExp) -> None:
        if node in self.immediate:
            self._comprehension(node)  # type: ignore[arg-type]
            return
        self.iterate(node.generators[0].iter)
        lazily = Reader(self.analysis, self.file, self.aspect, is_block=self.is_block)
        lazily._comprehension(node)  # type: ignore[arg-type]
        reading = lazily.reading
        if not self.shielded and (
            reading.keywords
            or reading.obstacles
            or reading.unverified
            or self.analysis.needs(reading, self.aspect)
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
        if self.analysis.may_leave(self.file, placement):
            detail = f"{self.shown(context)} leaves the default alone where it is given None"
            self.refuse(context, R.PLACEMENT_MAYBE_NONE, detail)
        self.shielded = True

    def enter_for_good(self, call: ast.Call, context: ast.expr) -> None:
        """An exit stack enters a context, which stays until the end of the block around the stack."""
        before = self.shielded
        item = ast.withitem(context_expr=context, optional_vars=None)
        self._enter(item)
        if not self.shielded or before:
            return
        if self.file.statement(call) not in self.extent:
            detail = f"{self.shown(call)} sets a default, from here on and on this path alone"
            self.refuse(call, R.DEFAULT_CHANGED_INSIDE, detail)
        elif not self._closes_inside(call):
            detail = f"{self.shown(call)} restores what it found here after the block"
            self.refuse(call, R.DEFAULT_CHANGED_INSIDE, detail)

    def _closes_inside(self, call: ast.Call) -> bool:
        """Whether the exit stack is the block's own, or is closed before the block is left."""
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not isinstance(owner, ast.Name):
            return False
        opened = [part.optional_vars for part in self.extent if isinstance(part, ast.withitem)]
        inside = any(isinstance(target, ast.Name) and target.id == owner.id for target in opened)
        return inside or owner.id == self.stack

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if self.shielded:
            return
        for detail in self.analysis.imports(self.file, node):
            self.refuse(node, R.UNKNOWN_CALLEE, detail)
        for item in self.file.module.imports:
            if item.stmt is node and isinstance(node, ast.ImportFrom):
                module, _, name = item.dotted.rpartition(".")
                self.implicitly(node, self.analysis.implicit.looked_up(module, name))

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.visit_all([node.value, node.target])

    def _augmented(self, node: ast.AugAssign) -> None:
        self.visit_all([node.value, node.target])
        match node.target:
            case ast.Subscript(value=held) if not operators.has_own_operators(self.kinds(held)):
                self.item_read(node.target)
            case ast.Attribute(value=held) if not k.only(self.kinds(held), k.TENSORS | k.PLAIN):
                self.by_name(node.target, protocols.READ)
        if k.only(self.kinds_of_target(node.target), k.TENSORS):
            return  # in place: the tensor keeps its dtype, or raises
        target = self.kinds_of_target(node.target)
        self._operator(node, node.op, (node.target, target), (node.value, self.kinds(node.value)))
        if not k.only(self.kinds_of_target(node.target), k.TENSORS | k.PLAIN):
            self.asked(node.value, protocols.IN_PLACE.get(type(node.op), ()))  # a list, perhaps, or a dict

    def kinds_of_target(self, target: ast.expr) -> k.Kinds:
        """The kinds of what an augmented assignment changes."""
        if isinstance(target, ast.Name):
            scope = self.file.names.find(self.file.names.home(target), target.id)
            loads = self.file.names.loads(scope, target.id) if scope is not None else []
            if loads:
                return self.kinds(loads[0])
        if isinstance(target, ast.Subscript) and k.only(held := self.kinds(target.value), k.TENSORS):
            return held
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
                        operand = (node.subject, self.kinds(node.subject))
                        self.refuse(part, R.INTEGER_PROMOTION, promotion(self.shown, part, [operand]))
            self.by_name(node.subject, ["__eq__"])
        for case in node.cases:
            self._pattern(node.subject, case.pattern)
            self.visit_all([case.guard])
            if case.guard is not None:
                self.truth(case.guard)
            self.visit_all(case.body)

    def _pattern(self, subject: ast.expr, pattern: ast.pattern) -> None:
        """What a pattern asks of the subject, or of something in it."""
        files = self.analysis.files
        for part in self.file.module.within(pattern):
            match part:
                case ast.MatchSequence() | ast.MatchMapping():
                    self.asked(subject, protocols.MATCHED)
                case ast.MatchClass(patterns=positional, kwd_attrs=names):
                    names = [*names, *(self.analysis.implicit.match_arguments if positional else ())]
                    self.by_name(subject, ("__instancecheck__", *protocols.READ))
                    for name in names:
                        self.implicitly(subject, files.properties_named(name))

    def _raise(self, node: ast.Raise) -> None:
        """A class of exceptions that is raised is called."""
        self.children(node)
        for item in (node.exc, node.cause):
            if item is not None and not isinstance(item, ast.Call) and not self.shielded:
                self.calls.raised(item)


def _name_of(file: File, made: Definition) -> str:
    """The one name under which a function made in a function is known."""
    if not isinstance(made.node, ast.Lambda):
        return made.node.name
    parent = file.module.parent(made.node)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ""


Reader.methods = {
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
    ast.Raise: Reader._raise,
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
