"""Calls inside a walk: who is called, what the default does there, and what is handed over to be called."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.obstacles import Obstacle
from torchgate.migrate.ambient.reading import Keyword, Passing
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.scopes import FUNCTIONS
from torchgate.semantics.values import Class, Function, Instance, Ref, Value

if TYPE_CHECKING:
    from torchgate.migrate.ambient.files import ClassDefinition, Definition
    from torchgate.migrate.ambient.reads import Reader

_SORTING = frozenset(["builtins.sorted", "builtins.min", "builtins.max"])
_LAZY = frozenset(["builtins.map", "builtins.filter"])


class Calls:
    """The calls of one walk."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.file = reader.file
        self.analysis = reader.analysis
        self.aspect = reader.aspect
        self.consumed: set[ast.AST] = set()  # calls whose generator is run through at once

    def visit(self, node: ast.Call) -> None:
        """A call: its callee, its arguments, what it does."""
        value = self.file.module.value(node.func)
        self._callee(node.func)
        if not self.reader.shielded and self._starts_work(node, value):
            detail = f"{self.reader.shown(node)} gives work to another thread or process"
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
        if not self.file.is_certain(function):
            self._unknown(node, "which of its definitions is called depends on the path taken")
            return
        self._judge(node, value)

    def _starts_work(self, node: ast.Call, value: Value) -> bool:
        if isinstance(value, Ref):
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
            if isinstance(item, ast.Starred) and not self.reader.shielded:
                self.reader.by_name(inner, ["__iter__"])
        if dotted in harmless.ITERATING and not self.reader.shielded:
            for item in node.args:
                if not isinstance(item, ast.GeneratorExp | ast.Lambda | ast.Starred):
                    self.iterated(item)

    def iterated(self, node: ast.expr) -> None:
        """Somebody iterates over a value."""
        kinds = self.reader.kinds(node)
        if k.only(kinds, k.TENSORS | k.CONTAINERS | k.PLAIN):
            return
        if self.analysis.is_iterable(self.file, node) or self.analysis.is_function(self.file, node):
            return
        own = isinstance(self.file.module.value(node), Instance) or any(
            self.analysis.reaches(item, self.aspect) for item in self.analysis.files.methods_named("__iter__")
        )
        if self.aspect == "device" and not own:
            detail = f"{self.reader.shown(node)} is iterated over, and may be a DataLoader"
            self.reader.refuse(node, R.DATA_LOADING, detail)
        self.reader.by_name(node, ["__iter__", "__next__", "__getitem__", "__len__", "__bool__"])

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
        return dotted in (
            "functools.partial",
            "builtins.isinstance",
            "builtins.issubclass",
            "builtins.callable",
        )

    # Who is called.

    def _judge(self, node: ast.Call, value: Value) -> None:
        name = self.file.torch(node.func)
        if name:
            self._torch(node, name)
        elif self.analysis.files.is_project(value):
            self._project(node, value)
        elif isinstance(value, Ref):
            self._foreign(node, value.dotted)
        elif isinstance(value, Instance):
            self._instance(node, value)
        elif isinstance(node.func, ast.Lambda):
            pass
        elif isinstance(node.func, ast.Attribute):
            self._method(node, node.func)
        elif self._made_module(node, node.func) or self._partial(node, node.func):
            pass
        else:
            self._unknown(node, f"what {self.reader.shown(node.func)} is cannot be told")

    def _unknown(self, node: ast.Call, why: str) -> None:
        self.reader.refuse(node, R.UNKNOWN_CALLEE, f"{self.reader.shown(node)}: {why}")

    def _torch(self, node: ast.Call, name: str) -> None:
        found = self.analysis.torch.judge(self.file, node, name, self.aspect)
        self._take(node, found)
        factory = self.analysis.table.entry(name)
        if factory is None:
            self._handed_over(node)

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

    # Functions and classes of the project.

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
        if made.is_generator and not self._runs_at_once(node, made):
            if self.analysis.reaches(made, self.aspect):
                detail = f"{self.reader.shown(node)} makes a generator, which runs when it is iterated over"
                self.reader.refuse(node, R.DEFERRED_CODE, detail)
            return
        if isinstance(made.node, ast.AsyncFunctionDef):
            if self.analysis.reaches(made, self.aspect):
                self.reader.refuse(node, R.DEFERRED_CODE, f"{self.reader.shown(node)} makes a coroutine")
            return
        if made.owner is not None and self._is_overridden(node, made):
            return
        self.pass_on(node, made)

    def _is_wrapped(self, node: ast.Call, made: Definition) -> bool:
        """Refuses a function behind a decorator that is not known: the decorator's code runs too."""
        known = harmless.TRANSPARENT | harmless.CACHES | harmless.CONTEXT_MANAGERS
        for name in self.analysis.decorators(made):
            if self.analysis.table.canonical(name) not in known:
                detail = f"`{made.name}` is decorated, and {self.reader.shown(node)} calls the decorator's function"
                self.reader.refuse(node, R.DECORATED_FUNCTION, detail)
                return True
        return False

    def _runs_at_once(self, node: ast.Call, made: Definition) -> bool:
        return node in self.consumed or (made.value.context_manager and node in self.entered_calls())

    def entered_calls(self) -> set[ast.AST]:
        """Calls that a ``with`` statement enters."""
        parent_of = self.file.module.parent
        return {node for node in [*self.consumed] if isinstance(parent_of(node), ast.withitem)}

    def is_generator_call(self, node: ast.Call) -> bool:
        """Whether a call makes a generator of the project."""
        made = self.analysis.files.function(self.file, self.file.module.value(node.func))
        return made is not None and made.is_generator

    def pass_on(self, node: ast.Call, made: Definition) -> None:
        """A call of a project function that may need the default."""
        name = getattr(made.node, "name", "")
        replaced = self.analysis.files.is_replaced
        if name and name != "__init__" and replaced(name, at_top=made.owner is None):
            detail = f"{self.reader.shown(node)}: something else may be put in the place of `{made.name}`"
            self.reader.refuse(node, R.FUNCTION_ESCAPES, detail)
            return
        for item in node.keywords:
            if item.arg == self.aspect:
                self._passed(node, made, item.value)
                return
        takes = made.node.args.kwarg is not None or self.analysis.threading.has_own(made, self.aspect)
        if takes and any(item.arg is None for item in node.keywords):
            if self.analysis.reaches(made, self.aspect):
                detail = f"{self.reader.shown(node)} may pass `{self.aspect}` in `**`"
                self.reader.refuse(node, R.STAR_ARGUMENTS, detail)
                return
        if self._by_position(node, made):
            return
        self.reader.reading.passings.append(Passing(self.file, node, made))

    def _passed(self, node: ast.Call, made: Definition, given: ast.expr) -> None:
        if isinstance(given, ast.Constant) and given.value is None:
            self.reader.reading.passings.append(Passing(self.file, node, made, replaces=given))
        elif self.analysis.never_none(self.file, given):
            self.reader.reading.passings.append(Passing(self.file, node, made, closed=True))
        elif self._is_own_parameter(node):
            self.reader.reading.passings.append(Passing(self.file, node, made, own=True))
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
        if made.owner is None or "staticmethod" in _decorators(made.node):
            return False
        if made.node.name == "__init__" if not isinstance(made.node, ast.Lambda) else False:
            return True
        function = node.func
        if isinstance(function, ast.Attribute):
            return not isinstance(self.file.module.value(function.value), Class)
        return False

    def _is_overridden(self, node: ast.Call, made: Definition) -> bool:
        """Refuses a method of which there are several, if one of them needs the default."""
        family = self.analysis.family(made)
        if len(family) <= 1:
            return False
        if any(self.analysis.reaches(item, self.aspect) for item in family):
            detail = f"`{made.name}` is overridden; which one {self.reader.shown(node)} calls depends on the object"
            self.reader.refuse(node, R.METHOD_OVERRIDDEN, detail)
            return True
        for item in family:
            self.reader.implicitly(node, [item])
        return True

    def _construct(self, node: ast.Call, cls: ClassDefinition) -> None:
        self._handed_over(node)
        self.analysis.classes.construct(self, node, cls)

    # Objects.

    def _instance(self, node: ast.Call, value: Instance) -> None:
        """An object that is called."""
        cls = self.analysis.files.klass(self.file, value.cls)
        if cls is None:
            self._unknown(node, "the class of the object is not the project's")
            return
        for name in ("__call__", "forward"):
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
                self.reader.refuse(
                    node, R.INTEGER_PROMOTION, f"{self.reader.shown(node)}: not known to be floating"
                )
            return True
        detail = f"the forward pass of `{name}` is not in the table of factories"
        self.reader.refuse(node, R.NOT_IN_FACTORY_TABLE, detail)
        return True

    def _partial(self, node: ast.Call, function: ast.expr) -> bool:
        return False

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
        if len(bound) != 1 or bound[0].how != "other":
            return False
        item = self.file.module.parent(bound[0].node)
        if not isinstance(item, ast.withitem) or not isinstance(item.context_expr, ast.Call):
            return False
        return self.file.module.dotted(item.context_expr.func) == "contextlib.ExitStack"

    def _tensor_method(self, node: ast.Call, function: ast.Attribute) -> None:
        name = f"torch.Tensor.{function.attr}"
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

    def _plain_method(self, node: ast.Call, function: ast.Attribute) -> None:
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
                return True
            self.reader.refuse(
                node, R.NOT_IN_FACTORY_TABLE, f"{self.reader.shown(node)} is not in the table of factories"
            )
            return True
        return made == "torch.Generator" and function.attr in harmless.GENERATOR_METHODS

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
            self._unknown(node, f"the class of {self.reader.shown(function.value)} is not known")
            return
        self.reader.by_name(node, [name])

    def _is_method_of_tensors(self, node: ast.Call, function: ast.Attribute) -> bool:
        name = function.attr
        if name in harmless.CONTAINER_METHODS or name in harmless.STR_METHODS:
            return True
        table, dotted = self.analysis.table, f"torch.Tensor.{name}"
        reader = table.reader(dotted)
        if reader is not None and self.aspect in reader.aspects:
            given = [function.value, *node.args, *(item.value for item in node.keywords)]
            self._take(node, self.analysis.torch.reads(self.file, node, reader, self.aspect, given))
            return True
        if reader is not None or table.is_inert(dotted) or name in harmless.TENSOR_METHODS:
            return True
        factory = table.entry(dotted)
        return factory is not None or name in harmless.MODULE_METHODS or name in harmless.OPTIMIZER_METHODS

    # Python's own, and other packages.

    def _foreign(self, node: ast.Call, dotted: str) -> None:
        package, _, rest = dotted.partition(".")
        if package == "builtins":
            self._builtin(node, rest)
        elif dotted == "functools.partial":
            self._make_partial(node)
        elif dotted in harmless.CALLING:
            self._calling(node, dotted)
        elif package in harmless.MODULES:
            self._standard(node, dotted)
        elif package == "torch":
            self._unknown(node, "the project has a module of that name")
        else:
            detail = f"{self.reader.shown(node)} is outside the project (`{package}`)"
            self.reader.refuse(node, R.THIRD_PARTY_CALLEE, detail)

    def _make_partial(self, node: ast.Call) -> None:
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
        if self.aspect == "dtype":
            from torchgate.migrate.ambient import operators

            if any(operators.promotes(a, b) for index, a in enumerate(parts) for b in parts[index:]):
                self.reader.refuse(
                    node, R.INTEGER_PROMOTION, f"{self.reader.shown(node)}: not known to be floating"
                )
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
            self.reader.refuse(
                node, R.INTEGER_PROMOTION, f"{self.reader.shown(node)}: not known to be floating"
            )
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


def _decorators(node: ast.AST) -> list[str]:
    found: list[str] = []
    for decorator in getattr(node, "decorator_list", ()):
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.append(inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", ""))
    return found


__all__ = ["FUNCTIONS", "Calls", "Function"]
