"""The project's files with their names, and the functions and classes that a value of the semantics means."""

from __future__ import annotations

import _ast as ast
import functools
import re
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakKeyDictionary

from torchgate.migrate.ambient.definitions import (
    ClassDefinition,
    Definition,
    File,
    default_for,
    is_of_classes,
    is_property,
    is_stand_in,
)
from torchgate.migrate.ambient.held_callables import aliases, held_at
from torchgate.migrate.ambient.kinds import Kinds
from torchgate.migrate.ambient.names import FunctionNode
from torchgate.migrate.ambient.replaced_text import PATCH, line_of, patch_line
from torchgate.migrate.ambient.tensors import has_both
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.words import names_of_definition, words_in
from torchgate.semantics.values import Class, Function, Ref, Value

_METHOD = re.compile(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.M)
# `__radd__ = __rmul__ = __mul__` in a class.
_ALIAS = re.compile(rb"\b(__\w+__)[ \t]*=(?!=)")


class Files:
    """Every file that a proof looks at, each read once."""

    def __init__(self, migration: Migration) -> None:
        self.migration = migration
        self._files: dict[str, File] = {}
        self._functions: dict[ast.AST, Definition] = {}
        self._classes: dict[ast.AST, ClassDefinition] = {}
        self._methods: dict[str, list[Definition]] = {}
        self._held: dict[str, str | None] = {}
        self.orders: dict[ast.ClassDef, list[ClassDefinition | str]] = {}  # in which methods are looked for
        self._subclasses: dict[str, list[ClassDefinition]] = {}
        self._arguments: dict[ast.arg, list[tuple[File, ast.expr]] | None] = {}
        self._calls: dict[Definition, list[tuple[File, ast.Call]] | None] = {}
        self._aliases: dict[str, frozenset[str]] = {}
        self._texts: dict[str, bytes] | None = None
        self._holding: dict[str, list[str]] = {}  # by word
        self._replaced: dict[str, str] = {}
        self._both: dict[tuple[str, str], bool] = {}
        self.kinds: Callable[[File, ast.expr], Kinds] = _unknown  # set by the analysis, which infers them

    def file(self, unit: Unit) -> File:
        """A unit with its names."""
        if unit.path not in self._files:
            self._files[unit.path] = File(unit)
        return self._files[unit.path]

    def naming(self, names: Iterable[str]) -> Iterator[File]:
        """The files of the project in which one of ``names`` stands as a word."""
        for path in sorted({path for name in names for path in self.holding(name)}):
            unit = self.migration.unit(path)
            if unit is not None:
                yield self.file(unit)

    def holding(self, word: str) -> list[str]:
        """The paths of the files that hold a word."""
        found = self._holding.get(word)
        if found is None:
            name, migration = word.encode(errors="surrogatepass"), self.migration
            texts = self.texts.items()
            found = [path for path, data in texts if name in words_in(migration, path, data)]
            self._holding[word] = found
        return found

    @property
    def texts(self) -> dict[str, bytes]:
        """The text of every file of the project."""
        if self._texts is None:
            self._texts = dict(self.migration._texts())
        return self._texts

    def mentions(self, text: bytes) -> bool:
        """Whether some file of the project holds a text."""
        return any(text in data for data in self.texts.values())

    def replaced_at(self, dotted: str, *, at_top: bool) -> str:
        """Where something may be put in the place of a definition from outside, as ``file.py:3``: by a write
        to an attribute (of a module, for what stands ``at_top`` of one), or by a patch; empty if nowhere."""
        if dotted not in self._replaced:
            # What stands in a class cannot be imported, and so has one name.
            names = sorted(self.aliases(dotted)) if at_top else [dotted.rpartition(".")[2]]
            found = (self._written_at(name, at_top=at_top) for name in names)
            self._replaced[dotted] = next((place for place in found if place), "")
        return self._replaced[dotted]

    def is_written(self, file: File, name: str) -> bool:
        """Whether a module's name may get another value from outside its file."""
        return bool(self.replaced_at(f"{file.module.info.module_name}.{name}", at_top=True))

    def _written_at(self, name: str, *, at_top: bool) -> str:
        word = re.escape(name.encode(errors="surrogatepass"))
        write = re.compile((rb"\.%b\b" if at_top else rb"\.%b[ \t]*=(?!=)") % word)
        patch = re.compile(PATCH % (word, word))
        for path in self.holding(name):
            data = self.texts[path]
            line = patch_line(data, patch)
            if not line and (line := line_of(data, write)) and at_top:
                line = self._write(path, name, line)
            if line:
                return f"{path.rpartition('/')[2]}:{line}"
        return ""

    def _write(self, path: str, name: str, line: int) -> int:
        """The line at which a file writes to an attribute of that name, of a module or something in one."""
        unit = self.migration.unit(path)
        if unit is None:
            return line
        writes = (item for item in unit.module.writes if item.name == name and not item.item)
        found = (item for item in writes if isinstance(item.base, Ref))
        return next((getattr(item.node, "lineno", line) for item in found), 0)

    def has_both(self, one: str, other: str) -> bool:
        """Whether something that the project defines has both attributes."""
        if (one, other) not in self._both:
            paths = set(self.holding(one)) & set(self.holding(other))
            units = (self.migration.unit(path) for path in sorted(paths))
            self._both[one, other] = any(has_both(self.file(unit), one, other) for unit in units if unit)
        return self._both[one, other]

    def held_at(self, name: str) -> str | None:
        """Where the project puts something that may be called under an attribute of that name."""
        if name not in self._held:
            self._held[name] = held_at(self, name)
        return self._held[name]

    # Definitions.

    def definition(self, file: File, value: Function) -> Definition:
        """The definition of a function of this file."""
        if value.node not in self._functions:
            self._functions[value.node] = Definition(file, value.node, value)
        return self._functions[value.node]

    def of_node(self, file: File, node: FunctionNode) -> Definition | None:
        """The definition at a node."""
        function = file.functions.get(node)
        if function is not None:
            return self.definition(file, function)
        if isinstance(node, ast.Lambda):
            return self.definition(file, Function(node, "<lambda>", "<lambda>"))
        return None

    def function(self, file: File, value: Value) -> Definition | None:
        """The project function that a value is; None for anything else, and where two have that name."""
        if isinstance(value, Function):
            return self.definition(file, value)
        place = self._place(value)
        if place is None:
            return None
        home, qualname = place
        found = [function for function, _ in home.module.functions if function.qualname == qualname]
        if len(found) != 1 or not self._is_single(home, qualname):
            return None
        return self.definition(home, found[0])

    def klass(self, file: File, value: Value) -> ClassDefinition | None:
        """The project class that a value is."""
        home, found = file, None
        if isinstance(value, Class):
            found = value
        elif (place := self._place(value)) is not None:
            home, qualname = place
            classes = [cls for cls, _ in home.module.classes if cls.qualname == qualname]
            found = classes[0] if len(classes) == 1 and self._is_single(home, qualname) else None
        if found is None:
            return None
        if found.node not in self._classes:
            self._classes[found.node] = ClassDefinition(home, found.node, found)
        return self._classes[found.node]

    def has_own(self, method: Definition, other: str) -> bool:
        """Whether the class of a method defines another one, too."""
        cls = self.klass(method.file, method.owner) if method.owner is not None else None
        return cls is not None and cls.own(other) is not None

    def is_project(self, value: Value) -> bool:
        """Whether a value is something of the project's modules."""
        if isinstance(value, Function | Class):
            return True
        return isinstance(value, Ref) and value.package in self.migration.config.project_names

    def is_object(self, value: Ref) -> bool:
        """Whether a name of the project is none of a module, a function or a class: an object in one."""
        if value.package not in self.migration.config.project_names:
            return False
        made = self._place(value)
        if made is None or not made[1]:
            return False  # a module, or nothing that is there
        file, qualname = made
        defined = (
            item.qualname for items in (file.module.functions, file.module.classes) for item, _ in items
        )
        return qualname not in defined

    def _place(self, value: Value) -> tuple[File, str] | None:
        if not isinstance(value, Ref) or value.package not in self.migration.config.project_names:
            return None
        module, _, qualname = value.dotted.rpartition(".")
        while module:
            if self.migration.project.find(module) is not None:
                unit = self.migration.unit_of(module)
                return None if unit is None else (self.file(unit), qualname)
            module, _, last = module.rpartition(".")
            qualname = f"{last}.{qualname}"
        return None

    def _is_single(self, file: File, qualname: str) -> bool:
        """Whether one statement alone binds the top-level name of something that other files use."""
        bound = file.names.root.bound.get(qualname.partition(".")[0], [])
        return len([item for item in bound if not is_stand_in(item)]) == 1

    # Call sites.

    def arguments_of(self, file: File, parameter: ast.arg) -> list[tuple[File, ast.expr]] | None:
        """Everything that the project passes for a parameter of a function that is only ever called; None
        where that cannot be told."""
        if parameter not in self._arguments:
            self._arguments[parameter] = None
            self._arguments[parameter] = self._find_arguments(file, parameter)
        return self._arguments[parameter]

    def _find_arguments(self, file: File, parameter: ast.arg) -> list[tuple[File, ast.expr]] | None:
        arguments = file.module.parent(parameter)
        node = file.module.parent(arguments) if isinstance(arguments, ast.arguments) else None
        if not isinstance(node, ast.FunctionDef) or not isinstance(arguments, ast.arguments):
            return None
        made = self.of_node(file, node)
        if made is None or made.owner is not None or node.decorator_list:
            return None
        calls = self.calls_of(made)
        if not calls or parameter in (arguments.vararg, arguments.kwarg):
            return None
        positional = [*arguments.posonlyargs, *arguments.args]
        index = positional.index(parameter) if parameter in positional else -1
        default = default_for(arguments, parameter.arg)
        found: list[tuple[File, ast.expr]] = []
        for there, call in calls:
            if any(isinstance(item, ast.Starred) for item in call.args):
                return None
            if any(item.arg is None for item in call.keywords):
                return None
            named = [item.value for item in call.keywords if item.arg == parameter.arg]
            if 0 <= index < len(call.args):
                found.append((there, call.args[index]))
            elif named:
                found.append((there, named[0]))
            elif default is not None:
                found.append((file, default))
            else:
                return None
        return found

    def calls_of(self, made: Definition) -> list[tuple[File, ast.Call]] | None:
        """Every call of a plain function; None where it is used in another way as well."""
        if made not in self._calls:
            self._calls[made] = self._find_calls(made)
        return self._calls[made]

    def _find_calls(self, made: Definition) -> list[tuple[File, ast.Call]] | None:
        found: list[tuple[File, ast.Call]] = []
        for file, use in self.uses_of(made):
            parent = file.module.parent(use)
            if isinstance(parent, ast.Call) and parent.func is use:
                found.append((file, parent))
            elif not isinstance(parent, ast.Attribute):
                return None
        return found

    def uses_of(self, made: Definition) -> Iterator[tuple[File, ast.expr]]:
        """Every use of a function's name, or of what it was imported as."""
        name = getattr(made.node, "name", "")
        inner = made.owner is None and "." in made.value.qualname
        names = frozenset([name]) if inner else self.aliases(made.value.dotted)
        for file in [made.file] if inner else self.naming(names):
            for part in (node for known in sorted(names) for node in file.loads_of(known)):
                value = file.module.value(part)
                if (isinstance(value, Function) and value.node is made.node) or (
                    isinstance(value, Ref) and value.dotted == made.value.dotted
                ):
                    yield file, part

    def aliases(self, dotted: str) -> frozenset[str]:
        """The last names under which the project's modules know a definition: its own, and those that
        ``import ... as`` gives it, here or on the way through a re-export."""
        if dotted not in self._aliases:
            self._aliases[dotted] = names_of_definition(self.migration, dotted, self.holding)
        return self._aliases[dotted]

    # Classes.

    def bases(self, cls: ClassDefinition) -> list[ClassDefinition | str]:
        """Its base classes: of the project, or by their dotted name (empty where that is unknown)."""
        found: list[ClassDefinition | str] = []
        for node in cls.node.bases:
            value = cls.file.module.value(node.value if isinstance(node, ast.Subscript) else node)
            own = self.klass(cls.file, value)
            found.append(own if own is not None else value.dotted if isinstance(value, Ref) else "")
        return found

    def lineage(self, cls: ClassDefinition) -> list[ClassDefinition | str]:
        """The class and all its bases, nearest first."""
        found: dict[ClassDefinition | str, None] = {}
        waiting: list[ClassDefinition | str] = [cls]
        while waiting:
            item = waiting.pop(0)
            if item not in found:
                found[item] = None
                if isinstance(item, ClassDefinition):
                    waiting = [*self.bases(item), *waiting]
        return [*found]

    def subclasses(self, cls: ClassDefinition) -> list[ClassDefinition]:
        """The classes of the project below it, at any distance."""
        if cls.dotted not in self._subclasses:
            self._subclasses[cls.dotted] = []
            found: list[ClassDefinition] = []
            for file in self.naming(self.aliases(cls.dotted)):
                for other, _ in file.module.classes:
                    made = self.klass(file, other)
                    if made is not None and any(base is cls for base in self.bases(made)):
                        found += [made, *self.subclasses(made)]
            self._subclasses[cls.dotted] = found
        return self._subclasses[cls.dotted]

    def method(self, cls: ClassDefinition, name: str) -> tuple[Definition | None, str]:
        """The method that objects of exactly this class have, or the base outside the project (its dotted
        name, ``?`` where unknown) that may define it."""
        for item in self.lineage(cls):
            if isinstance(item, str):
                if item == "builtins.object":
                    continue
                return None, item or "?"
            node = item.own(name)
            if node is not None:
                return self.of_node(item.file, node), ""
        return None, ""

    # What may be called without a call.

    @functools.cached_property
    def has_metaclass(self) -> bool:
        """Whether a class of the project may say how classes are compared, hashed and printed."""
        names = ("__eq__", "__ne__", "__hash__", "__repr__", "__str__", "__format__")
        owners = (made.owner for name in names for made in self.methods_named(name))
        return any(owner is not None and any(map(is_of_classes, owner.node.bases)) for owner in owners)

    def methods_named(self, name: str) -> list[Definition]:
        """Every method of that name in the project's classes."""
        if name not in self._methods:
            self._methods[name] = list(self._methods_named(name))
        return self._methods[name]

    @functools.cached_property
    def _defining(self) -> dict[str, set[str]]:
        """The files that may define a method, by its name."""
        found: dict[str, set[str]] = {}
        for path, data in self.texts.items():
            for match in (*_METHOD.finditer(data), *_ALIAS.finditer(data)):
                found.setdefault(match[1].decode("utf-8", "replace"), set()).add(path)
        return found

    def _methods_named(self, name: str) -> Iterator[Definition]:
        for path in sorted(self._defining.get(name, ())):
            unit = self.migration.unit(path)
            if unit is None:
                continue
            file = self.file(unit)
            for function, _ in file.module.functions:
                if function.owner is not None and function.name == name:
                    yield self.definition(file, function)
            aliased = (self.function(file, file.module.value(item)) for item in aliases(file, name))
            yield from (item for item in aliased if item is not None)

    def properties_named(self, name: str) -> list[Definition]:
        """Every property of that name in the project's classes."""
        return [item for item in self.methods_named(name) if is_property(item.node)]


def _unknown(_file: File, _node: ast.expr) -> Kinds:
    return None


_KNOWN: WeakKeyDictionary[Migration, Files] = WeakKeyDictionary()


def files_of(migration: Migration) -> Files:
    """The files of a run, which its codemods share."""
    if migration not in _KNOWN:
        _KNOWN[migration] = Files(migration)
    return _KNOWN[migration]
