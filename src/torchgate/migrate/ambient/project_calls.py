"""Calls of the project's functions and classes: which of them the default is passed on to."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless, protocols
from torchgate.migrate.ambient.call_base import CallBase
from torchgate.migrate.ambient.callbacks import partial_name
from torchgate.migrate.ambient.held_objects import replaced_at
from torchgate.migrate.ambient.reading import Passing
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Instance, Ref, Value

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import ClassDefinition, Definition


class ProjectCalls(CallBase):
    """Judges calls of what the project defines."""

    def _project(self, node: ast.Call, value: Value) -> None:
        made = self.analysis.files.function(self.file, value)
        if made is not None:
            self._function(node, made)
            return
        cls = self.analysis.files.klass(self.file, value)
        if cls is not None:
            self._construct(node, cls)
            return
        self._unknown(
            node, f"the definition of {self.reader.shown(node.func)} cannot be found, or not a single one"
        )

    def _function(self, node: ast.Call, made: Definition) -> None:
        self._handed_over(node)
        if self._is_wrapped(node, made):
            return
        if made.is_generator and not self._runs_at_once(node):
            if self.analysis.reaches(made, self.aspect):
                detail = f"{self.reader.shown(node)} makes a generator, which runs when it is iterated over"
                self.reader.refuse(node, R.DEFERRED_CODE, detail)
            return
        if isinstance(made.node, ast.AsyncFunctionDef):
            if self.analysis.reaches(made, self.aspect):
                self.reader.refuse(node, R.DEFERRED_CODE, f"{self.reader.shown(node)} makes a coroutine")
            return
        if made.owner is not None and self._is_exchanged(node):
            return
        if made.owner is not None and not self._names_class(node, made) and self._is_overridden(node, made):
            return
        self.pass_on(node, made, verified=self._hands_over(node, made))

    def _is_wrapped(self, node: ast.Call, made: Definition) -> bool:
        """Refuses a function behind a decorator that is not known: the decorator's code runs too."""
        known = harmless.TRANSPARENT | harmless.CACHES | harmless.CONTEXT_MANAGERS
        for name in self.analysis.decorators(made):
            if name in harmless.CACHES:
                for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    self.reader.asked(item, protocols.KEYED)
            if self.analysis.table.canonical(name) not in known:
                detail = f"`{made.name}` is decorated: {self.reader.shown(node)} runs the decorator's code"
                self.reader.refuse(node, R.DECORATED_FUNCTION, detail)
                return True
        return False

    def _runs_at_once(self, node: ast.Call) -> bool:
        return node in self.consumed

    def _hands_over(self, node: ast.Call, made: Definition) -> bool:
        """Whether everything that is handed over to be called is known; takes it in as called here."""
        given = self.analysis.callbacks.arguments(made, node)
        known = [self._called_there(node, item) for item in (given or {}).values()]
        return given is not None and all(known)

    def _called_there(self, node: ast.Call, item: ast.expr) -> bool:
        if isinstance(item, ast.Lambda):
            return True  # its body was taken in where it stands
        partial = self.analysis.callbacks.partial(self.file, item) if isinstance(item, ast.Call) else None
        function = partial.args[0] if partial is not None else item
        value = self.file.module.value(function)
        name = self.file.torch(function)
        if name:
            replaced = self.analysis.torch.replaced(self.file, item, name)
            return partial is None and replaced is None and self.analysis.table.is_inert(name)
        target = self.analysis.files.function(self.file, value)
        if target is None or not self.file.is_certain(function) or target.owner is not None:
            return isinstance(value, Ref) and value.package in ("math", "operator")
        if target.is_generator or isinstance(target.node, ast.AsyncFunctionDef):
            return False
        if self.analysis.callbacks.called_only(target) or self._is_wrapped(node, target):
            return False
        if partial is not None:
            self.pass_on(partial, target)
            return True
        spelled = partial_name(self.file)
        if not spelled and self.analysis.reaches(target, self.aspect):
            detail = f"`{target.name}` is handed over as a value; `import functools` would let it be bound"
            self.reader.refuse(item, R.FUNCTION_ESCAPES, detail)
        passing = Passing(self.file, node, target, wraps=item, partial=spelled)
        self.reader.reading.passings.append(passing)
        return True

    def pass_on(self, node: ast.Call, made: Definition, *, verified: bool = False) -> None:
        """A call of a project function that may need the default."""
        name = getattr(made.node, "name", "")
        replaced = self.analysis.files.replaced_at
        place = name != "__init__" and replaced(made.value.dotted, at_top=made.owner is None)
        if name and place:
            detail = (
                f"{self.reader.shown(node)}: something else is put in the place of `{made.name}` ({place})"
            )
            self.reader.refuse(node, R.FUNCTION_ESCAPES, detail)
            return
        exchanged = self.analysis.implicit.exchanged(made)
        if exchanged:
            detail = f"{self.reader.shown(node)}: the code of `{made.name}` may be exchanged ({exchanged})"
            self.reader.refuse(node, R.FUNCTION_ESCAPES, detail)
            return
        for item in node.keywords:
            if item.arg == self.aspect:
                self._passed(node, made, item.value, verified=verified)
                return
        takes = made.node.args.kwarg is not None or self.analysis.threading.has_own(made, self.aspect)
        if (
            takes
            and any(item.arg is None for item in node.keywords)
            and self.analysis.reaches(made, self.aspect)
        ):
            detail = f"{self.reader.shown(node)} may pass `{self.aspect}` in `**`"
            self.reader.refuse(node, R.STAR_ARGUMENTS, detail)
            return
        if self._by_position(node, made):
            return
        self._add(Passing(self.file, node, made, verified=verified))

    def _add(self, passing: Passing) -> None:
        self.reader.reading.passings.append(passing)

    def _passed(self, node: ast.Call, made: Definition, given: ast.expr, *, verified: bool) -> None:
        if isinstance(given, ast.Constant) and given.value is None:
            self._add(Passing(self.file, node, made, replaces=given, verified=verified))
        elif self.analysis.never_none(self.file, given):
            self._add(Passing(self.file, node, made, closed=True, verified=verified))
        elif self._is_own_parameter(node):
            self._add(Passing(self.file, node, made, own=True, verified=verified))
        elif self.analysis.reaches(made, self.aspect):
            detail = f"`{self.aspect}={self.file.text(given)}` may be None"
            self.reader.refuse(node, R.PLACEMENT_MAYBE_NONE, detail)

    def _by_position(self, node: ast.Call, made: Definition) -> bool:
        """Whether the aspect's parameter is passed by position, or may be."""
        arguments = made.node.args
        names = [parameter.arg for parameter in [*arguments.posonlyargs, *arguments.args]]
        if self.aspect not in names:
            return False
        index = names.index(self.aspect) - (1 if self._binds_self(node, made) else 0)
        starred = any(isinstance(item, ast.Starred) for item in node.args)
        if not starred and len(node.args) <= index:
            return False
        if not starred and self.analysis.never_none(self.file, node.args[index]):
            self.reader.reading.passings.append(Passing(self.file, node, made, closed=True))
            return True
        if self.analysis.reaches(made, self.aspect):
            detail = f"{self.reader.shown(node)} passes `{self.aspect}` by position, and it may be None"
            self.reader.refuse(node, R.POSITIONAL_PLACEMENT, detail)
        return True

    def _binds_self(self, node: ast.Call, made: Definition) -> bool:
        """Whether a call's first argument goes to the second parameter."""
        decorators = _decorators(made.node)
        if made.owner is None or "staticmethod" in decorators:
            return False
        if "classmethod" in decorators or getattr(made.node, "name", "") == "__init__":
            return True
        if not isinstance(node.func, ast.Attribute):
            return False
        return self.analysis.files.klass(self.file, self.file.module.value(node.func.value)) is None

    def _is_exchanged(self, node: ast.Call) -> bool:
        """Refuses a call of an object, or of its method, if another object may be put in its place."""
        function = node.func
        held = function.value if isinstance(function, ast.Attribute) else function
        if isinstance(function, ast.Attribute) and isinstance(self.file.module.value(function), Instance):
            held = function
        place = replaced_at(self.analysis.files, self.file, held)
        if place:
            self._unknown(node, f"something else is put in the place of {self.reader.shown(held)} ({place})")
        return bool(place)

    def _is_overridden(self, node: ast.Call, made: Definition) -> bool:
        """Refuses a method of which there are several, if one of them needs the default."""
        family = self.analysis.family(made)
        if len(family) <= 1:
            return False
        if any(self.analysis.reaches(item, self.aspect) for item in family):
            detail = (
                f"`{made.name}` is overridden: what {self.reader.shown(node)} calls depends on the object"
            )
            self.reader.refuse(node, R.METHOD_OVERRIDDEN, detail)
            return True
        for item in family:
            self.reader.implicitly(node, [item])
        return True

    def _names_class(self, node: ast.Call, made: Definition) -> bool:
        """``Base.method(self)`` or ``Base(...).method()``, which no subclass changes."""
        held = node.func.value if isinstance(node.func, ast.Attribute) else None
        held = held.func if isinstance(held, ast.Call) else held
        cls = self.analysis.files.klass(self.file, self.file.module.value(held)) if held is not None else None
        return cls is not None and cls.own(getattr(made.node, "name", "")) is made.node

    def _construct(self, node: ast.Call, cls: ClassDefinition) -> None:
        self._handed_over(node)
        self.analysis.classes.construct(self, node, cls)


def _decorators(node: ast.AST) -> list[str]:
    found: list[str] = []
    for decorator in getattr(node, "decorator_list", ()):
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.append(inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", ""))
    return found
