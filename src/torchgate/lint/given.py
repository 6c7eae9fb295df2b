"""What modules give each other, once all that was read is known, and who takes it."""

from __future__ import annotations

import re

from torchgate.lint.giving import ANY, ITSELF
from torchgate.lint.imports import prefixes
from torchgate.semantics.codetext import IN_NAME
from torchgate.semantics.known import decides_for_types
from torchgate.semantics.outline import STAR
from torchgate.semantics.textreads import uses_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torchgate.lint.giving import Gift
    from torchgate.semantics.outline import Imported
    from torchgate.semantics.searched import Searched

# Attributes that give all the others.
_ALL = frozenset({"__dict__", "__getattribute__"})
# What may stand around a module that is handed on: what is called, or decorates, is a function of its name.
_ANYWHERE = (b"", b"")
_HANDED_ON = (rb"(?<!@NAME)", rb"(?!\()")
# `hasattr(module, ...)` keeps nothing, as long as it is Python's own.
_ASKED = rb"(?<![\s(\[{,=:]hasattr\(NAME)"
_NOT_OWN = re.compile(rb"hasattr(?!\w)(?:(?!\()|(?<=def.hasattr))")


def handed_on(imports: Iterable[Imported]) -> Iterator[Gift]:
    """What a file that need not be read gives to others: what it imports, which matters where it is a module
    that gives something (who imports what matters by itself is read)."""
    for item in imports:
        if item.renamed and (decides_for_types(item.dotted) or decides_for_types(item.name)):
            yield item.bound, ITSELF
        elif item.name != STAR:
            yield item.bound, item.given


def hands_on(
    data: bytes,
    imports: Iterable[tuple[int, int]],
    modules: dict[str, str],
    is_module: Callable[[str], bool],
) -> bool:
    """Whether a file hands a module on that it imports; ``modules`` are those that its names are bound to."""
    before, after = _HANDED_ON
    around = (before if _NOT_OWN.search(data) else before + _ASKED, after)
    for module, names in _chains(data, list(imports), modules, around):
        inner = module
        while names and is_module(f"{inner}.{names[0]}"):
            inner = f"{inner}.{names.pop(0)}"
        if not names or names[0] in _ALL:
            return True
    return False


def _chains(
    data: bytes,
    imports: list[tuple[int, int]],
    modules: dict[str, str],
    around: tuple[bytes, bytes] = _ANYWHERE,
) -> Iterator[tuple[str, list[str]]]:
    """The attribute chains of some names outside import statements, with the modules they are bound to."""
    for bound, module in modules.items():
        before, after = around
        name = re.escape(bound.encode())
        # The look back comes last: `re` looks for literal text at the speed of memory.
        whole = name + rb"(?<![\w.]" + name + rb")" + before.replace(b"NAME", name) + rb"(?!\w)"
        chain = re.compile(whole + rb"((?:[ \t]*\.[ \t]*" + IN_NAME + rb"+)*+)" + after)
        for match in chain.finditer(data):
            start = match.start()
            if not any(first <= start < last for first, last in imports):
                yield module, "".join(match[1].decode("utf-8", "replace").split()).split(".")[1:]


class Given:
    """The names that are given, by module, and the modules and packages that lead to any."""

    def __init__(
        self,
        gifts: Iterable[tuple[str, Gift]],
        is_outside: Callable[[str], bool],
        is_module: Callable[[str], bool],
    ) -> None:
        """``gifts``: with the module that gives. ``is_outside`` tells modules of which nothing is known,
        ``is_module`` all modules and folders of the project."""
        self.names: dict[str, set[str]] = {}
        self._leading: set[str] = set()
        self._is_outside = is_outside
        self._is_module = is_module
        self._stars: set[tuple[str, str]] = set()
        # Who gives what a name leads to, by that name: most lead to the same few.
        waiting: dict[str, set[tuple[str, str]]] = {}
        for module, (name, target) in gifts:
            if not module or target == f"{module}.{name}":
                continue
            if target == ITSELF:
                self._give(module, {name})
            elif name == ANY:
                self._stars.add((module, target))
            else:
                waiting.setdefault(target, set()).add((module, name))
        self._give_waiting(waiting, self._is_unknown)
        count = -1
        while count != (count := sum(map(len, self.names.values()))):
            self._give_stars()
            self._give_waiting(waiting, self._leads_on)

    def _give_waiting(self, waiting: dict[str, set[tuple[str, str]]], matters: Callable[[str], bool]) -> None:
        for target in list(filter(matters, waiting)):
            for module, name in waiting.pop(target):
                self._give(module, {name})

    def _give_stars(self) -> None:
        """A star gives what the other module does, now and later."""
        for module, target in self._stars:
            self._give(module, self._inside(target))
            if target not in self._leading and self._matters(target):
                self._give(module, {ANY})  # the attributes of what is no module

    def _give(self, module: str, names: set[str]) -> None:
        if names:
            self.names.setdefault(module, set()).update(names)
            self._leading.update(prefixes(module))

    def _inside(self, module: str) -> set[str]:
        """What may be had from a module or package."""
        below = {
            name[len(module) + 1 :].partition(".")[0]
            for name in self._leading
            if name.startswith(f"{module}.")
        }
        found = below | self.names.get(module, set())
        return found | {ANY} if self._is_outside(module) else found

    def _matters(self, dotted: str) -> bool:
        """Whether a dotted name is given, or is a module from which something may be had."""
        return self._leads_on(dotted) or self._is_unknown(dotted)

    def _leads_on(self, dotted: str) -> bool:
        return dotted in self._leading or any(
            part in self.names and self._has(part, dotted) for part in prefixes(dotted)
        )

    def _is_unknown(self, dotted: str) -> bool:
        return any(map(self._is_outside, prefixes(dotted)))

    def _has(self, module: str, dotted: str) -> bool:
        """Whether a module gives the name by which a dotted name leads on from it."""
        name = dotted[len(module) + 1 :].partition(".")[0].removesuffix("()")
        return not {name, ANY}.isdisjoint(self.names.get(module, ()))

    def reaches(self, item: Imported) -> bool:
        """Whether an import statement brings in a name that was given, or something that nobody knows."""
        given = self.names.get(item.module, set())
        if item.name == STAR:
            return bool(given) or self._is_outside(item.module)
        if item.name and self._leads_through(item.module):
            return True
        if item.name and not given.isdisjoint((item.name, ANY)):
            return True
        if item.name:
            return self._is_outside(item.module) or self._is_outside(item.dotted)
        # `import a.b.c` goes through the packages: `a.b` may have something else under the name `c`.
        parts = list(prefixes(item.module))
        return any(map(self._is_outside, parts)) or (
            item.renamed and any(self._has(part, item.module) for part in parts)
        )

    def _leads_through(self, module: str) -> bool:
        """Whether `from module import` goes through a name that a package gives: by itself, or as it gives
        any that is no module."""
        for package in prefixes(module.rpartition(".")[0]):
            names = self.names.get(package)
            if names:
                inner = module[len(package) + 1 :].partition(".")[0]
                if inner in names or (ANY in names and not self._is_module(f"{package}.{inner}")):
                    return True
        return False

    def holder(self, item: Imported) -> str:
        """The module or package that an import statement gives, where something may be had from it."""
        return item.given if item.given in self._leading and item.name != STAR else ""

    def is_used(self, text: Searched, imports: Iterable[tuple[int, int]], modules: dict[str, str]) -> bool:
        """Whether a file takes anything of the modules that its names are bound to, or hands one of them on;
        ``imports`` are the places of its import statements."""
        if uses_globals(text):
            return True
        return any(self._leads(module, names) for module, names in _chains(text.data, list(imports), modules))

    def _leads(self, module: str, attributes: list[str]) -> bool:
        for name in attributes:
            if name in _ALL or not {name, ANY}.isdisjoint(self.names.get(module, ())):
                return True
            module = f"{module}.{name}"
            if self._is_outside(module):
                return True
            if module not in self._leading:
                return False
        return True  # handed on
