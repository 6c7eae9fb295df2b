"""What a file that was read gives to other modules: names that hold, or lead to, something that matters.

A name is one of the module's own top level: what stands in a class or a function counts for the name around
it. Whether a name that leads to another module gives anything is that module's matter, and decided last.
"""

from __future__ import annotations

import _ast as ast

from torchgate.config import matches_module
from torchgate.lint.contents import contents
from torchgate.lint.imports import NAMING, prefixes
from torchgate.lint.wrappers import hands_on_to
from torchgate.semantics.known import decides_for_types, holds_watched, is_watched
from torchgate.semantics.values import IMPORT, Choice, Class, Function, Instance, Ref, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from torchgate.config import Config
    from torchgate.semantics.module import Module
    from torchgate.semantics.project import Project
    from torchgate.semantics.summary import Symbol
    from torchgate.semantics.values import Value

    # The name, and the dotted name that it leads to.
    Gift: TypeAlias = tuple[str, str]

# A name that no file has.
_ANOTHER = "_torchgate_another_"
# Instead of a name: all of them. Instead of what it leads to: it matters by itself.
ANY = "*"
ITSELF = ""


def gifts(module: Module, project: Project) -> set[Gift]:
    """What other modules may get from a file."""
    if module.info.is_runtime:
        return {(ANY, ITSELF)}
    giver = _Giver(module)
    found = set(giver.lazy(project))
    found.update((ANY, item.module) for item in module.imports if item.star and item.module)
    found.update((_top(function.qualname), ITSELF) for function in hands_on_to(module, NAMING))
    owners: dict[ast.AST, str] = {module.tree: ""}
    for function, _ in module.functions:
        owners[function.node] = _top(function.qualname)
    for cls, _ in module.classes:
        owners[cls.node] = _top(cls.qualname)
        found.update((_top(cls.qualname), target) for base in cls.bases for target in giver.targets(base, ""))
    for name, value in module.exports().items():  # what a name holds in the end
        found.update((name, target) for target in giver.targets(value, name))
    for (kind, node, name), value in module.table.items():  # and what it ever held
        owner = owners.get(node)
        if owner is None or (kind == "name" and not isinstance(node, ast.Module | ast.ClassDef)):
            continue  # names inside functions are nobody else's
        found.update((owner or name, target) for target in giver.targets(value, name))
    return found


class _Giver:
    def __init__(self, module: Module) -> None:
        self._module = module
        self._config: Config = module.config
        self._gates = {*module.config.gated_packages, "torch"}
        self._imported = {(item.bound, item.dotted) for item in module.imports}

    def targets(self, value: Value, name: str) -> Iterator[str]:
        """What a value leads to; ``name`` is the name that it bears."""
        for item in contents(value):
            match item:
                case Ref() | Class() | Function():
                    yield from self._target(item.dotted, name, item.via if isinstance(item, Ref) else IMPORT)
                case Choice(refs=refs):
                    for ref in refs:
                        yield from self._target(ref.dotted, name, ref.via)
                case Instance(cls=Ref() | Class() as cls):
                    yield from self._target(cls.dotted, "", IMPORT)
                case Result(callee=callee):
                    # What others give is not followed further.
                    if callee.package in self._gates or callee.package in self._config.project_names:
                        yield from self._target(callee.dotted, "", callee.via)

    def lazy(self, project: Project) -> Iterator[Gift]:
        """What a module ``__getattr__`` gives: under the names that the file has as texts, under those that
        matter anyway, and under any other one."""
        module = self._module
        if "__getattr__" not in module.exports():
            return
        summary = project.summary(module.info.module_name)
        names = {node.value for node in module.within(module.tree) if isinstance(node, ast.Constant)}
        names |= self._gates | self._words()
        for name in [name for name in names if isinstance(name, str) and name.isidentifier()]:
            yield from self._named(name, summary.lazy(name) if summary is not None else None)
        yield from self._named(ANY, summary.lazy(_ANOTHER) if summary is not None else None)

    def _named(self, name: str, given: Symbol | None) -> Iterator[Gift]:
        if given is not None:
            for dotted in given[1].split("|"):
                for target in self._target(dotted, name, given[2]):
                    # The same for every name: all that stands where it looks.
                    yield name, target.partition(_ANOTHER)[0].rstrip(".")
                if dotted.startswith(_ANOTHER):
                    yield ANY, ITSELF  # any module

    def _words(self) -> set[str]:
        named = (*self._config.default_helpers, *self._config.effect_functions, *self._config.facade_modules)
        return {name.removesuffix(".*").rpartition(".")[2] for name in named}

    def _target(self, dotted: str, name: str, via: int) -> Iterator[str]:
        top, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
        is_known = is_watched(dotted) or last in self._words() or self._is_zone(dotted)
        if via != IMPORT or top in self._gates or top == "torchgate" or is_known:
            yield ITSELF
        elif name != last and (holds_watched(dotted) or decides_for_types(dotted)):
            yield ITSELF  # a module under its own name is looked for in every file
        elif decides_for_types(dotted) and (name, dotted) not in self._imported:
            yield ITSELF  # it has its own name again, and another one on the way here
        elif top in self._config.project_names and dotted != f"{self._module.info.module_name}.{name}":
            yield dotted

    def _is_zone(self, dotted: str) -> bool:
        """Whether a name lies in a facade or a runtime module."""
        patterns: Iterable[str] = (*self._config.facade_modules, *self._config.runtime_modules)
        return any(matches_module(part, patterns) for part in prefixes(dotted))


def _top(qualname: str) -> str:
    return qualname.partition(".")[0]
