"""What loading a module does besides defining names: the question behind every import that is taken away.

Three answers: nothing, only determinism state (which an effect sets again before anybody who holds the handle
runs), or something else. Modules that a module loads count with it. Not counted: *when* torch itself is
loaded, and guards that do nothing but raise, since a run in which they raise is over.
"""

from __future__ import annotations

import _ast as ast
import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchgate.lint.determinism import changes
from torchgate.lint.imports import prefixes
from torchgate.migrate.changes import Place
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.submodules import is_reachable
from torchgate.migrate.project import Unit
from torchgate.semantics import guards
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Class, Ref, Result

if TYPE_CHECKING:
    from torchgate.semantics.values import Value


# Packages outside the standard library whose import changes nothing for torch or the program.
_QUIET_PACKAGES = frozenset({"numpy", "typing_extensions", "attr", "attrs", "torchgate"})
# Parts of the standard library that do something when they are imported.
_LOUD_MODULES = frozenset({"antigravity", "this", "site", "sitecustomize"})
_QUIET_CALLS = frozenset(
    """
    builtins.frozenset builtins.set builtins.dict builtins.list builtins.tuple builtins.int
    builtins.float builtins.str builtins.bytes builtins.bool builtins.len builtins.range builtins.object
    builtins.slice builtins.min builtins.max builtins.sum builtins.abs builtins.round builtins.sorted
    builtins.isinstance collections.namedtuple collections.defaultdict collections.OrderedDict
    collections.Counter collections.deque typing.TypeVar typing.ParamSpec typing.NewType
    typing.NamedTuple typing.cast typing.Literal dataclasses.field dataclasses.dataclass enum.auto
    functools.partial functools.lru_cache functools.cache functools.wraps logging.getLogger re.compile
    pathlib.Path pathlib.PurePath contextvars.ContextVar threading.Lock threading.RLock threading.local
    types.MappingProxyType types.SimpleNamespace os.path.join os.path.dirname os.path.abspath
    os.environ.get os.getenv torch.device torch.finfo torch.iinfo
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
_QUIET_DECORATORS = frozenset(
    """
    builtins.staticmethod builtins.classmethod builtins.property contextlib.contextmanager
    contextlib.asynccontextmanager functools.cache functools.lru_cache functools.cached_property
    functools.wraps functools.total_ordering dataclasses.dataclass abc.abstractmethod typing.final
    typing.overload typing.runtime_checkable typing.override typing_extensions.override torch.no_grad
    torch.enable_grad torch.inference_mode enum.unique
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
_QUIET_BASES = ("builtins.", "typing.", "abc.", "enum.", "collections.", "torch.nn.", "dataclasses.")
# Classes of torch without a metaclass or `__init_subclass__` of torch's own: a test looks at each.
QUIET_CLASSES = frozenset(
    """
    torch.utils.data.Dataset torch.utils.data.IterableDataset torch.utils.data.TensorDataset
    torch.utils.data.ConcatDataset torch.utils.data.Subset torch.utils.data.DataLoader
    torch.utils.data.Sampler torch.utils.data.BatchSampler
    torch.optim.Optimizer torch.optim.Adam torch.optim.AdamW torch.optim.SGD
    torch.optim.lr_scheduler.LRScheduler
    """.split()  # noqa: SIM905 (as above)
)
_PLAIN_EXPRESSIONS = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.keyword,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


@dataclass(frozen=True, slots=True)
class SideEffect:
    """One thing that loading does: in words, where, and the determinism settings it writes (none: it is
    something else)."""

    detail: str
    at: Place | None
    settings: frozenset[str] = frozenset()


class Loaded:
    """The project modules that are loaded by then: ``certain``, and what loading ``imported`` loads, which is
    read no further than until the module that is asked about is among them."""

    def __init__(self, knowledge: Knowledge, certain: Iterable[str], imported: Iterable[str]) -> None:
        self._knowledge = knowledge
        self._waiting = [name for module in imported for name in prefixes(module)]
        self._known = {*certain, *self._waiting}
        self._read: set[str] = set()

    def __contains__(self, module: object) -> bool:
        while module not in self._known and self._waiting:
            name = self._waiting.pop()
            if name not in self._read:
                self._read.add(name)
                more = _of_module(self._knowledge, name)[1]
                self._known.update(more)
                self._waiting += more
        return module in self._known


def side_effects(knowledge: Knowledge, module: str, *, loaded: Container[str] = ()) -> Iterator[SideEffect]:
    """What loading ``module`` does, with its packages and all that they load in turn; ``loaded`` are modules
    that are loaded already."""
    seen: set[str] = set()
    waiting = list(prefixes(module))
    while waiting:
        name = waiting.pop(0)
        if name in seen or name in loaded:
            continue
        seen.add(name)
        own, more = _of_module(knowledge, name)
        yield from own
        waiting += more


def is_in_cycle(knowledge: Knowledge, module: str, *, loaded: Container[str] = ()) -> str | None:
    """A module in an import cycle among those that loading ``module`` would load; packages around a module
    do not count. In which order such modules are loaded may decide whether they can be."""
    done: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in done or name in loaded:
            continue
        done.add(name)
        asked = _asked(knowledge, name)
        reached, queue = set(), list(asked)
        while queue:
            inner = queue.pop()
            if inner not in reached:
                reached.add(inner)
                queue += _asked(knowledge, inner)
        if name in reached:
            return name
        waiting += asked
    return None


def _asked(knowledge: Knowledge, name: str) -> list[str]:
    """The project modules that a module imports by name."""
    _of_module(knowledge, name)
    return knowledge.once(("asked", name), lambda: [])


def side_effects_between(
    knowledge: Knowledge, unit: Unit, statements: list[ast.stmt]
) -> Iterator[SideEffect]:
    """What some import-time statements of a file do besides defining names; loading torch counts here, since
    it would happen on the other side of an effect that moves past it."""
    reader = _Reader(knowledge, unit)
    for statement in statements:
        gated = [
            item.dotted
            for inner in unit.module.within(statement)
            for item in reader.imports.get(inner, ())  # type: ignore[call-overload]
            if item.where.import_time
            and item.where.runs
            and unit.module.config.gated_packages.get(item.dotted.partition(".")[0]) is not None
        ]
        if gated:
            yield reader.effect(statement, f"loads `{gated[0]}`")
        yield from reader.statement(statement)
    for name in reader.loads:
        yield from side_effects(knowledge, name, loaded=[unit.info.module_name])
        if knowledge.config.info(name).is_torch_bound or knowledge.project.imports_gate(name):
            yield SideEffect(f"`{name}` is loaded, and torch with it", None)


def _of_module(knowledge: Knowledge, name: str) -> tuple[list[SideEffect], list[str]]:
    return knowledge.once(("loading", name), lambda: _read(knowledge, name))


def _read(knowledge: Knowledge, name: str) -> tuple[list[SideEffect], list[str]]:
    unit = knowledge.migration.unit_of(name)
    if unit is not None:
        reader = _Reader(knowledge, unit)
        found = list(reader.block(unit.module.tree.body))
        knowledge.once(("asked", name), lambda: reader.asked)
        return found, reader.loads
    if knowledge.project.is_folder(name) or name.partition(".")[0] not in knowledge.config.project_names:
        return [], []
    return [SideEffect(f"`{name}` is part of the project, and no Python source of it was found", None)], []


class _Reader:
    """Reads one module's import-time statements."""

    def __init__(self, knowledge: Knowledge, unit: Unit) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.module = unit.module
        self.loads: list[str] = []  # with the packages around them
        self.asked: list[str] = []
        self.imports: dict[ast.stmt, list[Import]] = {}
        for item in unit.module.imports:
            self.imports.setdefault(item.stmt, []).append(item)
        self.states: dict[ast.stmt, frozenset[str]] = {}
        for change in changes(unit.module):
            settings = frozenset(change.sets) | frozenset(change.weakened)
            if change.where.import_time and change.lasts:
                self.states[change.stmt] = self.states.get(change.stmt, frozenset()) | settings

    def block(self, body: list[ast.stmt]) -> Iterator[SideEffect]:
        for statement in body:
            yield from self.statement(statement)

    def statement(self, node: ast.stmt) -> Iterator[SideEffect]:
        if node in self.states:
            yield self.effect(node, "sets determinism state", self.states[node])
            return
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from self.imported(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self.function(node)
            case ast.ClassDef():
                yield from self.cls(node)
            case ast.If():
                yield from self.branch(node)
            case ast.Assert():
                yield from self.expression(node.test, node)
            case ast.Expr():
                yield from self.expression(node.value, node)
            case ast.Assign(targets=targets, value=value) if all(
                isinstance(item, ast.Name) for item in targets
            ):
                yield from self.expression(value, node)
            case ast.AnnAssign(target=ast.Name(), value=value):
                if value is not None:
                    yield from self.expression(value, node)
            case ast.AugAssign(target=ast.Name(), value=value):
                yield from self.expression(value, node)
            case ast.Pass() | ast.Global():
                return
            case _:
                yield self.effect(node, f"runs `{_first_line(self.unit, node)}`")

    def imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[SideEffect]:
        for item in self.imports.get(node, ()):
            package = item.dotted.partition(".")[0]
            if package in self.knowledge.config.project_names or not package:
                names = [item.module, item.dotted] if item.is_from else [item.dotted]
                for name in names:
                    if self.knowledge.project.find(name) or self.knowledge.project.is_folder(name):
                        self.loads += prefixes(name)
                        self.asked.append(name)
                if not package or not any(
                    self.knowledge.project.find(name) or self.knowledge.project.is_folder(name)
                    for name in names
                ):
                    yield self.effect(
                        node, f"imports `{item.dotted or item.alias.name}`, whose source was not found"
                    )
            elif package in self.knowledge.config.gated_packages:
                if (
                    package == "torch"
                    and not item.star
                    and not is_reachable(item.dotted, is_module=not item.is_from)
                ):
                    yield self.effect(node, f"loads `{item.dotted}`, which `import torch` alone does not")
            elif (
                not (package in sys.stdlib_module_names or package in _QUIET_PACKAGES)
                or package in _LOUD_MODULES
            ):
                yield self.effect(node, f"imports `{package}`, and what that does is not known")

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[SideEffect]:
        yield from self.decorators(node)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                yield from self.expression(default, node)

    def decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[SideEffect]:
        for decorator in node.decorator_list:
            name = _dotted(
                self.module.value(decorator.func if isinstance(decorator, ast.Call) else decorator)
            )
            attribute = decorator.attr if isinstance(decorator, ast.Attribute) else ""
            if name not in _QUIET_DECORATORS and attribute not in ("setter", "getter", "deleter"):
                yield self.effect(node, f"decorates `{node.name}` with `{self.unit.text(decorator)}`")

    def cls(self, node: ast.ClassDef) -> Iterator[SideEffect]:
        yield from self.decorators(node)
        for base in node.bases:
            inner = base.value if isinstance(base, ast.Subscript) else base
            if not self.is_quiet_base(self.module.value(inner)):
                yield self.effect(node, f"derives `{node.name}` from `{self.unit.text(base)}`")
        if node.keywords:
            yield self.effect(node, f"makes the class `{node.name}` with keywords")
        yield from self.block(node.body)

    def is_quiet_base(self, value: Value) -> bool:
        """Whether deriving from it runs no code of its own."""
        match value:
            case Class(node=made):
                return not any(getattr(item, "name", "") == "__init_subclass__" for item in made.body)
            case Ref(dotted=dotted):
                if dotted.startswith(_QUIET_BASES) or dotted in QUIET_CLASSES:
                    return True
                place = self.knowledge.migration.unit_of(dotted.rpartition(".")[0])
                if place is not None:
                    return any(
                        cls.dotted == dotted and self.is_quiet_base(cls) and not cls.node.keywords
                        for cls, _ in place.module.classes
                    )
        return False

    def branch(self, node: ast.If) -> Iterator[SideEffect]:
        kind = guards.guard(node.test, self.module.value)
        if kind in (guards.TYPES, guards.MAIN):
            yield from self.block(node.orelse)
        elif kind in (guards.NOT_TYPES, guards.NOT_MAIN):
            yield from self.block(node.body)
        elif all(isinstance(inner, ast.Raise) for inner in node.body) and not node.orelse:
            return  # a guard: whoever gets past it has seen nothing of it
        else:
            yield from self.expression(node.test, node)
            yield from self.block(node.body)
            yield from self.block(node.orelse)

    def expression(self, node: ast.expr, statement: ast.stmt) -> Iterator[SideEffect]:
        """What evaluating an expression may do."""
        stack: list[ast.AST] = [node]
        while stack:
            item = stack.pop()
            match item:
                case ast.Lambda():
                    stack += [*item.args.defaults, *(part for part in item.args.kw_defaults if part)]
                case ast.Call():
                    callee = self.module.value(item.func)
                    if _dotted(callee) not in _QUIET_CALLS:
                        yield self.effect(statement, f"calls `{_first_line(self.unit, item.func)}`")
                        return
                    stack += [*item.args, *item.keywords]
                case (
                    ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.comprehension()
                ):
                    stack += _children(item)
                case _ if isinstance(item, _PLAIN_EXPRESSIONS):
                    stack += _children(item)
                case _:
                    yield self.effect(statement, f"runs `{_first_line(self.unit, statement)}`")
                    return

    def effect(self, node: ast.stmt, what: str, settings: frozenset[str] = frozenset()) -> SideEffect:
        where = self.knowledge.at(self.unit, node)
        return SideEffect(f"{where} {what}", self.unit.place(node), settings)


def _dotted(value: Value) -> str:
    match value:
        case Ref(dotted=dotted):
            return dotted
        case Result(callee=Ref(dotted=dotted)):
            return dotted
    return ""


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for field in node._fields:
        value = getattr(node, field, None)
        yield from (
            item for item in (value if isinstance(value, list) else [value]) if isinstance(item, ast.AST)
        )


def _first_line(unit: Unit, node: ast.AST) -> str:
    line = unit.text(node).partition("\n")[0]
    return line if len(line) <= 60 else f"{line[:57]}..."
