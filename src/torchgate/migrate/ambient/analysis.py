"""One analysis for a whole run: what functions read, which need a default, and what stands against it."""

from __future__ import annotations

import _ast as ast
import functools
import re
from dataclasses import dataclass, field

from torchgate.migrate.ambient import harmless
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.callbacks import Callbacks
from torchgate.migrate.ambient.classes import Classes, decorator_names, mro
from torchgate.migrate.ambient.contexts import Contexts, Placement, never_none
from torchgate.migrate.ambient.definitions import ClassDefinition, Definition, File, default_for
from torchgate.migrate.ambient.files import files_of
from torchgate.migrate.ambient.implicit import Implicit
from torchgate.migrate.ambient.infer import Inference
from torchgate.migrate.ambient.modes import mode_at
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle
from torchgate.migrate.ambient.outside import may_have
from torchgate.migrate.ambient.reading import Reading
from torchgate.migrate.ambient.reads import Reader
from torchgate.migrate.ambient.threading import Threading
from torchgate.migrate.ambient.torch_calls import TorchCalls
from torchgate.migrate.factories import table
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.migrate.torch_script import WORDS, compiles_at
from torchgate.semantics.scopes import FUNCTIONS
from torchgate.semantics.values import Class, Function, Instance, Mapping, Ref, Sequence


@dataclass(slots=True)
class Reach:
    """Everything that running a piece of code may run: the functions in it that need the default, and all
    that stands in the way."""

    needing: list[Definition] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    unfinished: bool = False

    def needs(self, definition: Definition) -> bool:
        """Whether a function needs the default."""
        return definition in self.needing


class Analysis:
    """The proofs of one run share what they learn here."""

    def __init__(self, migration: Migration) -> None:
        self.migration = migration
        self.files = files_of(migration)
        self.table = table()
        self.infer = Inference(self.files, self.table)
        self.files.kinds = self.infer.kinds
        self.contexts = Contexts(self.files)
        self.torch = TorchCalls(self.files, self.infer, self.table)
        self.classes = Classes(self)
        self.implicit = Implicit(self.files)
        self.threading = Threading(self)
        self.callbacks = Callbacks(self.files)
        self._readings: dict[tuple[Definition, Aspect], Reading] = {}
        self._open: set[tuple[Definition, Aspect]] = set()
        self._reaches: dict[tuple[Definition, Aspect], bool] = {}
        self._unfinished: set[tuple[Definition, Aspect]] = set()

    @functools.cached_property
    def _mode(self) -> str | None:
        return mode_at(self.files)

    # Readings.

    def block(self, file: File, extent: list[ast.AST], aspect: Aspect, stack: str = "") -> Reading:
        """What a block does with a default, which the exit stack of that name may have entered."""
        reader = Reader(self, file, aspect, is_block=True)
        reader.extent, reader.stack = extent, stack
        reader.visit_all(extent)
        self._refuse_any_block(reader)
        return reader.reading

    def any_block(self, file: File, extent: list[ast.AST], aspect: Aspect) -> list[Obstacle]:
        """What stands in the way of whatever a block does."""
        reader = Reader(self, file, aspect, is_block=True)
        reader.extent = extent
        self._refuse_any_block(reader)
        return reader.reading.obstacles

    def _refuse_any_block(self, reader: Reader) -> None:
        extent = reader.extent
        if not extent:
            return
        if self._mode is not None:
            detail = f"the project has a mode or a tensor class that sees every keyword ({self._mode})"
            reader.refuse(extent[0], R.IMPLICIT_CALL, detail)
        for made, detail in self.implicit.at_any_time:
            if self._makes(made, reader.aspect):
                reader.refuse(extent[0], R.IMPLICIT_CALL, detail)
        patches = self.torch.patches
        module = reader.file.unit.info.module_name
        for patch in (patches.operators(), *(patches.at(name, module) for name in _SETTING[reader.aspect])):
            if patch is not None:
                where = self.files.file(patch.unit).where(patch.node)
                detail = f"something else is put in the place of {patch.shown} ({where})"
                reader.refuse(extent[0], R.MODULE_WRITTEN, detail)

    def reading(self, definition: Definition, aspect: Aspect) -> Reading:
        """What a function's body does with a default."""
        key = (definition, aspect)
        if key not in self._readings:
            self._open.add(key)
            reader = Reader(self, definition.file, aspect, is_block=False)
            body = definition.node.body
            reader.visit_all(body if isinstance(body, list) else [body])
            self._readings[key] = reader.reading
            self._open.discard(key)
            self._unfinished.clear()
        return self._readings[key]

    def reach(self, start: Reading, aspect: Aspect) -> Reach:
        """Everything that a reading leads to: the least set of functions that need the default."""
        found = Reach()
        walk = _Walk(self, aspect, found)
        walk.run(start)
        found.needing = walk.needing()
        for reading in walk.readings:
            found.obstacles += self._implicit(reading, aspect)
        for item in found.needing:
            refused = self.threading.refuses(item, aspect, found)
            if refused is not None:
                found.obstacles.append(refused)
        return found

    def _implicit(self, reading: Reading, aspect: Aspect) -> list[Obstacle]:
        return [what for function, what in reading.implicit if self.reaches(function, aspect)]

    def reaches(self, definition: Definition, aspect: Aspect) -> bool:
        """Whether a function needs the default, or does something that cannot be judged."""
        key = (definition, aspect)
        if key in self._reaches:
            return self._reaches[key]
        if key in self._open or key in self._unfinished:
            return True
        self._reaches[key] = False  # what leads back here adds nothing
        reading = self.reading(definition, aspect)
        found = self.reach(reading, aspect)
        answer = bool(reading.keywords or found.needing or found.obstacles or found.unfinished)
        if found.unfinished:  # and it stays so until one of the readings that it waits for is done
            del self._reaches[key]
            self._unfinished.add(key)
        else:
            self._reaches[key] = answer
        return answer

    def _makes(self, definition: Definition, aspect: Aspect) -> bool:
        """Whether a function, or one that it calls, certainly needs the default."""
        reading = self.reading(definition, aspect)
        walk = _Walk(self, aspect, Reach())
        walk.run(reading)
        return bool(reading.keywords or walk.needing())

    def needs(self, reading: Reading, aspect: Aspect) -> bool:
        """Whether a reading leads to anything that the default reaches."""
        found = self.reach(reading, aspect)
        return bool(reading.keywords or found.needing or found.obstacles or found.unfinished)

    # Questions of the walk.

    def has_hooks(self) -> bool:
        """Whether the project registers hooks, or has backward functions of its own."""
        return any(map(self.files.mentions, (b"_hook(", b"autograd.Function", b"autograd import")))

    def is_kept(self, file: File, node: ast.expr) -> bool:
        """Whether nothing else in the project writes to the attribute that holds a module."""
        if not isinstance(node, ast.Attribute):
            return True
        write = re.compile(rb"\.%b[ \t]*(?::[^=\n]+)?=(?!=)" % re.escape(node.attr.encode()))
        found = sum(len(write.findall(data)) for data in self.files.texts.values())
        own = [item for item in file.module.writes if item.name == node.attr]
        return found == len(own) == 1

    def never_none(self, file: File, node: ast.expr) -> bool:
        """Whether an expression cannot be None."""
        return never_none(file, node, self.files)

    def may_leave(self, file: File, placement: Placement) -> bool:
        """Whether a context may leave a default as it is, because it is given None."""
        node = placement.node
        return placement.none == "pass" and node is not None and not self.never_none(file, node)

    def owns(self, file: File, node: ast.Name, aspect: Aspect) -> bool:
        """Whether a name is the function's own parameter for the aspect, which is only passed on."""
        scope = file.names.scope_of(node)
        if scope is None or not isinstance(scope.node, FUNCTIONS) or node.id in scope.declared:
            return False
        bound = scope.bound[node.id]
        if len(bound) != 1 or bound[0].how != "parameter":
            return False
        arguments = scope.node.args
        if bound[0].node not in [*arguments.args, *arguments.kwonlyargs]:
            return False
        default = default_for(arguments, node.id)
        if default is not None and not (isinstance(default, ast.Constant) and default.value is None):
            return False  # left out, it means something else than None
        for load in file.names.loads(scope, node.id):
            parent = file.module.parent(load)
            if not isinstance(parent, ast.keyword) or parent.arg != aspect:
                return False
        return True

    def is_iterable(self, file: File, node: ast.expr) -> bool:
        """Whether iterating over an expression draws nothing: displays, ranges, dict views, parameters
        declared as built-in containers."""
        if isinstance(file.module.value(node), Sequence):
            return True
        if isinstance(node, ast.Call):
            name = file.module.dotted(node.func)
            if name in ("builtins.enumerate", "builtins.zip", "builtins.reversed", "builtins.map"):
                return True  # what they are given was looked at with the call
            if name.startswith(("builtins.", "itertools.", "math.", "os.", "glob.", "numpy.")):
                return True
            if isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
                return True
        if isinstance(node, ast.Name):
            return self._is_declared_container(file, node)
        return False

    def _is_declared_container(self, file: File, node: ast.Name) -> bool:
        bound = file.names.bindings(node)
        if not bound or len(bound) != 1 or not isinstance(bound[0].node, ast.arg):
            return False
        annotation = bound[0].node.annotation
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        name = getattr(annotation, "id", None) or getattr(annotation, "attr", "")
        return name in ("list", "tuple", "dict", "set", "frozenset", "str", "List", "Tuple", "Dict", "Set")

    def is_indexable(self, file: File, node: ast.expr) -> bool:
        """Whether taking an item runs nothing unseen: shapes, containers by their declaration, ``nn``
        containers, objects of the project's classes."""
        if isinstance(node, ast.Attribute) and node.attr in ("shape", "argv", "environ", "args"):
            return True
        value = file.module.value(node)
        if isinstance(value, Sequence | Mapping | Instance):
            return True
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in (
                *_VIEWS,
                "size",
                "groups",
                "partition",
            ):
                return True
            if isinstance(node.func, ast.Attribute) and k.only(
                self.infer.kinds(file, node.func.value), k.TENSORS
            ):
                return True
            name = file.module.dotted(node.func)
            return bool(file.torch(node.func)) or name.startswith(("builtins.", "os.", "math.", "re."))
        return isinstance(node, ast.Name) and self._is_declared_container(file, node)

    def is_function(self, file: File, node: ast.expr) -> bool:
        """Whether an expression is a function or class, not data."""
        value = file.module.value(node)
        if isinstance(value, Ref):
            return not self.files.is_object(value)
        return isinstance(node, ast.Lambda) or isinstance(value, Function | Class)

    def has_plain_text(self, file: File, node: ast.expr) -> bool:
        """Whether the text of a value has nothing to do with tensors: attributes such as ``x.shape``."""
        value = file.module.value(node)
        is_builtin = isinstance(value, Ref) and value.package == "builtins" and file.is_certain(node)
        named = isinstance(node, ast.Attribute) and node.attr in ("__name__", "__qualname__", "__doc__")
        return named or is_builtin

    def family(self, made: Definition) -> list[Definition]:
        """A method and all its overrides in the project."""
        owner = made.owner
        cls = self.files.klass(made.file, owner) if owner is not None else None
        if cls is None or isinstance(made.node, ast.Lambda):
            return [made]
        found = [made]
        for other in self.files.subclasses(cls):
            node = other.own(made.node.name)
            item = self.files.of_node(other.file, node) if node is not None else None
            if item is not None and item not in found:
                found.append(item)
        return found

    def imports(self, file: File, node: ast.Import | ast.ImportFrom) -> list[str]:
        """What an import inside a block may run for the first time."""
        loaded = {item.module for item in file.module.imports if item.where.import_time and item.where.runs}
        found: list[str] = []
        for item in file.module.imports:
            if item.stmt is not node:
                continue
            module = item.module or item.dotted
            package = module.partition(".")[0]
            if package in harmless.MODULES or package == "torch" or module in loaded:
                continue
            found.append(f"the module `{module}` may run for the first time here")
        return found

    def outside_base(self, cls: ClassDefinition, method: str) -> str:
        """A base class of which it is not known that it has no such method."""
        for item in mro(self.files, cls):
            if not isinstance(item, str) or self.table.canonical(item) in harmless.BASES:
                continue
            if may_have(item, method):
                return item or "?"
        return ""

    @functools.cached_property
    def scripted_at(self) -> str | None:
        """Where the project compiles to TorchScript; None where it does not."""
        found = ((file, compiles_at(file.module)) for file in self.files.naming(WORDS))
        return next((f"{file.name}:{line}" for file, line in found if line), None)

    def decorators(self, definition: Definition) -> list[str]:
        """The dotted names of a function's decorators."""
        return decorator_names(definition.file.module, definition.node)


class _Walk:
    """Follows calls. A function that is only ever given the aspect by its callers (``closed``) needs nothing
    for what it passes on from its own parameter."""

    def __init__(self, analysis: Analysis, aspect: Aspect, found: Reach) -> None:
        self.analysis = analysis
        self.aspect = aspect
        self.found = found
        self.readings: list[Reading] = []
        self.opened: dict[Definition, bool] = {}
        self.callers: dict[Definition, list[Definition]] = {}

    def run(self, start: Reading) -> None:
        """Visit everything that the start leads to."""
        waiting: list[tuple[Definition | None, Reading]] = [(None, start)]
        self._take(start)
        found = self.found.obstacles
        found += start.unverified
        while waiting:
            caller, reading = waiting.pop(0)
            for passing in reading.passings:
                callee = passing.callee
                if not passing.verified and (callee, self.aspect) not in self.analysis._open:
                    unverified = self.analysis.reading(callee, self.aspect).unverified
                    found += [item for item in unverified if item not in found]
                closed = passing.closed or (passing.own and caller is not None and not self.opened[caller])
                if caller is not None and not closed:
                    self.callers.setdefault(callee, []).append(caller)
                if callee not in self.opened or (not closed and not self.opened[callee]):
                    known = callee in self.opened
                    self.opened[callee] = self.opened.get(callee, False) or not closed
                    if (callee, self.aspect) in self.analysis._open:
                        self.found.unfinished = True
                        continue
                    inner = self.analysis.reading(callee, self.aspect)
                    if not known:
                        self._take(inner)
                    waiting.append((callee, inner))

    def _take(self, reading: Reading) -> None:
        self.readings.append(reading)
        self.found.obstacles += reading.obstacles

    def needing(self) -> list[Definition]:
        """The functions that need the default: those that read it, and those that call one that does."""
        found = [item for item, opened in self.opened.items() if self._reads(item, opened)]
        for item in found:
            found += [caller for caller in self.callers.get(item, ()) if caller not in found]
        return found

    def _reads(self, item: Definition, opened: bool) -> bool:
        if (item, self.aspect) in self.analysis._open:
            return False
        keywords = self.analysis.reading(item, self.aspect).keywords
        return any(opened or not keyword.own for keyword in keywords)


# What has to be torch's own for a block to do what it says.
_SETTING: dict[Aspect, tuple[str, ...]] = {
    "device": ("torch.set_default_device", "torch.device"),
    "dtype": ("torch.set_default_dtype", "torch.set_default_tensor_type"),
}
_VIEWS = frozenset(
    ["items", "keys", "values", "parameters", "named_parameters", "children", "named_children", "modules"]
) | {
    "named_modules",
    "buffers",
    "named_buffers",
    "split",
    "splitlines",
    "tolist",
    "unbind",
    "chunk",
}
