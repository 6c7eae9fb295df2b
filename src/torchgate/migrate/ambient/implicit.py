"""What runs in a project without being called by its name: looked for in all of it, once for a run."""

from __future__ import annotations

import _ast as ast
import functools
from collections.abc import Iterable

from torchgate.migrate.ambient import protocols
from torchgate.migrate.ambient.classes import is_exception
from torchgate.migrate.ambient.definitions import Definition
from torchgate.migrate.ambient.files import Files
from torchgate.migrate.ambient.held_callables import of_class

_ABSTRACT = (
    "collections.",
    "typing.Mapping",
    "typing.MutableMapping",
    "typing.Sequence",
    "typing.MutableSequence",
)
_WEAK = frozenset(f"weakref.{name}" for name in ("ref", "proxy", "WeakMethod", "finalize"))
_REPLACING = ("__code__", "__defaults__", "__kwdefaults__")


class Implicit:
    """Answers for the classes of a project."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @functools.cached_property
    def behind_mixins(self) -> list[Definition]:
        """What Python's abstract containers call in the methods that they give to classes of the project
        (``Mapping.get`` runs ``__getitem__``)."""
        return [item for item in self._named(protocols.MIXED_IN) if self._derives(item, _is_abstract)]

    @functools.cached_property
    def raising(self) -> list[Definition]:
        """What makes the project's exceptions."""
        return [item for item in self._named(("__init__", "__new__")) if self._derives(item, is_exception)]

    @functools.cached_property
    def match_arguments(self) -> frozenset[str]:
        """The attributes that the project's classes name for patterns by position."""
        found: set[str] = set()
        for file in self._files.naming(["__match_args__"]):
            for cls, _ in file.module.classes:
                values = (value for item in cls.node.body for _, value, _ in of_class(item, "__match_args__"))
                parts = [part for value in values if value is not None for part in file.module.within(value)]
                found |= {
                    part.value
                    for part in parts
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
        return frozenset(found)

    def looked_up(self, module: str, name: str) -> list[Definition]:
        """The ``__getattr__`` of a module of the project, which is asked for names that it does not bind."""
        migration = self._files.migration
        if module.partition(".")[0] not in migration.config.project_names or not migration.project.find(
            module
        ):
            return []
        unit = migration.unit_of(module)
        if unit is None or b"__getattr__" not in self._files.texts.get(unit.path, b""):
            return []
        file = self._files.file(unit)
        bound = file.names.root.bound
        found = [made for made, _ in file.module.functions if made.qualname == "__getattr__"]
        return [] if name in bound else [self._files.definition(file, made) for made in found]

    @functools.cached_property
    def at_any_time(self) -> list[tuple[Definition, str]]:
        """What may run wherever an object is let go, with words for it."""
        found = [
            (item, f"an object may be let go here, which runs `{item.name}`")
            for item in self._named(("__del__",))
        ]
        for file in self._files.naming(["weakref"]):
            for node in file.module.within(file.module.tree):
                if isinstance(node, ast.Call) and file.module.dotted(node.func) in _WEAK:
                    for item in node.args[1:2]:
                        made = self._files.function(file, file.module.value(item))
                        if made is not None:
                            words = (
                                f"an object may be let go here, which runs `{made.name}` ({file.where(node)})"
                            )
                            found.append((made, words))
        return [(made, words) for made, words in found if self._calls_known(made)]

    def _calls_known(self, made: Definition) -> bool:
        """Whether a function calls torch, or a plain function of the project: most destructors do not."""
        file = made.file
        calls = (node.func for node in file.module.within(made.node) if isinstance(node, ast.Call))
        known = (self._files.function(file, file.module.value(func)) or file.torch(func) for func in calls)
        return any(item if isinstance(item, str) else item.owner is None for item in known)

    def exchanged(self, made: Definition) -> str:
        """Where the code of a function, or its defaults, may be exchanged; empty if nowhere."""
        for file in self._files.naming(_REPLACING):
            for write in file.module.writes:
                if write.name in _REPLACING:
                    other = self._files.function(file, write.base)
                    if other is None or other is made:
                        return file.where(write.node)
        return ""

    def _named(self, names: Iterable[str]) -> list[Definition]:
        return [item for name in names for item in self._files.methods_named(name)]

    def _derives(self, item: Definition, wanted: object) -> bool:
        cls = self._files.klass(item.file, item.owner) if item.owner is not None else None
        bases = self._files.lineage(cls) if cls is not None else []
        return any(isinstance(base, str) and wanted(base) for base in bases)  # type: ignore[operator]


def _is_abstract(base: str) -> bool:
    return base.startswith(_ABSTRACT)
