"""What one run has found out about the project so far: lexicons, words, answers. Kept by ``Migration``."""

from __future__ import annotations

import _ast as ast
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from weakref import WeakKeyDictionary

from torchgate.config_load import relative_to
from torchgate.config_roots import source_folders
from torchgate.migrate.changes import Place
from torchgate.migrate.handles.lexical import Lexicon
from torchgate.migrate.handles.naming import names_of
from torchgate.migrate.imports_text import ImportsText, imports_text
from torchgate.migrate.leads import Leads, leads_of
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.torch_script import WORDS, compiles_at
from torchgate.migrate.words import names_of_definition, words_in
from torchgate.semantics.module import Module
from torchgate.semantics.text import parse
from torchgate.source import Source, UnreadableError

T = TypeVar("T")
_OTHER_TEXTS = (".ipynb",)
_SETTINGS = ("pyproject.toml", "setup.cfg", "setup.py")


class Knowledge:
    """Everything that is asked more than once."""

    def __init__(self, migration: Migration) -> None:
        self.migration = migration
        self.config = migration.config
        self.project = migration.project
        self._lexicons: dict[str, Lexicon] = {}
        self._words: dict[str, set[bytes]] | None = None  # by path
        self._holding: dict[str, list[str]] = {}  # by word
        self._answers: dict[object, object] = {}

    def lexicon(self, unit: Unit) -> Lexicon:
        """The names of a file."""
        if unit.path not in self._lexicons:
            self._lexicons[unit.path] = names_of(unit)
        return self._lexicons[unit.path]

    def once(self, key: object, make: Callable[[], T]) -> T:
        """The answer to a question, worked out the first time."""
        if key not in self._answers:
            self._answers[key] = make()
        return self._answers[key]  # type: ignore[return-value]

    def units_with(self, *names: str) -> Iterator[Unit]:
        """Every Python file of the project that holds all of ``names`` as words, by path."""
        for path in self.files_with(*names):
            if path.endswith(".py") and (unit := self.migration.unit(path)) is not None:
                yield unit

    def units(self) -> Iterator[Unit]:
        """Every Python file of the project, by path."""
        for path in self._index():
            if path.endswith(".py") and (unit := self.migration.unit(path)) is not None:
                yield unit

    def text(self, path: str) -> bytes:
        """The content of a file; nothing of one that somebody took away meanwhile."""
        return self.once(("text", path), lambda: self.migration.text(path))

    def imports_text(self, path: str) -> ImportsText | None:
        """The imports of a file that need not be understood for it; None where it has to be."""
        return imports_text(self.migration, path)

    def names_of(self, dotted: str) -> list[str]:
        """The names by which the project's files know a definition, sorted."""
        return self.once(
            ("names", dotted), lambda: sorted(names_of_definition(self.migration, dotted, self.files_with))
        )

    def leads(self, unit: Unit) -> Leads:
        """What the imports and references of a file lead to."""
        known, names = self.migration.leads.get(unit.path), self.config.project_names
        return known or self.once(
            ("leads", unit.path),
            lambda: leads_of(unit.module, names, words_in(self.migration, unit.path, unit.source.data)),
        )

    def is_readable(self, path: str) -> bool:
        """Whether a file can be understood."""
        known = self.migration.is_readable(path)
        if known is not None:
            return known
        return self.once(("readable", path), lambda: _is_parsed(path, self.migration))

    def files_with(self, *names: str) -> list[str]:
        """The paths of files (notebooks and settings too) that hold all of ``names`` as words, sorted."""
        if len(names) != 1:
            held = [set(self.files_with(name)) for name in names]
            return sorted(set[str]().union(*held[:1]).intersection(*held))
        found = self._holding.get(names[0])
        if found is None:
            word = names[0].encode(errors="surrogatepass")
            found = sorted(path for path, words in self._index().items() if word in words)
            self._holding[names[0]] = found
        return found

    def _index(self) -> dict[str, set[bytes]]:
        if self._words is None:
            self._words = dict(self._words_of_all())
        return self._words

    def _words_of_all(self) -> Iterator[tuple[str, set[bytes]]]:
        """Of the project's files: below its folder and its roots, and whatever the run was asked to
        migrate."""
        for path in dict.fromkeys((*self._walk(), *sorted(self.migration.files))):
            try:
                yield path, words_in(self.migration, path)
            except OSError:
                continue

    def _walk(self) -> Iterator[str]:
        roots = [root for root in (self.config.root, *self.config.src) if root]
        for root in roots:
            for folder, folders, files in os.walk(root):
                folders[:] = sorted(source_folders(folder, folders, self.config.lint.exclude))
                for name in sorted(files):
                    if name.endswith((".py", ".pyi", *_OTHER_TEXTS)) or name in _SETTINGS:
                        yield f"{folder}/{name}"

    @property
    def scripted_at(self) -> str | None:
        """Where the project compiles to TorchScript, which knows no handle; None where it does not."""

        def find() -> str | None:
            return self.first_at(WORDS, compiles_at, lambda leads: leads.compiles)

        return self.once("scripted", find)

    def first_at(
        self, words: Iterable[str], line_of: Callable[[Module], int], told: Callable[[Leads], int]
    ) -> str | None:
        """The first place that files with one of ``words`` have, word by word; ``line_of`` gives it, or what
        the process has ``told`` that has read the file."""
        for path in (path for word in words for path in self.files_with(word) if path.endswith(".py")):
            leads = self.migration.leads.get(path)
            unit = self.migration.unit(path) if leads is None else None
            line = told(leads) if leads is not None else line_of(unit.module) if unit is not None else 0
            if line:
                return f"{self.shown(path)}:{line}"
        return None

    @property
    def path_changers(self) -> list[str]:
        """The files that may add folders to those in which modules are looked for."""

        def find() -> list[str]:
            words = ("PYTHONPATH", "pythonpath", "addsitedir")
            found = {path for word in words for path in self.files_with(word)}
            for path in self.files_with("sys", "path"):
                if (
                    path.endswith(".py")
                    and b"sys.path" in self.migration.text(path)
                    and self.is_readable(path)
                ):
                    found.add(path)
            return sorted(found)

        return self.once("path changers", find)

    def shown(self, path: str) -> str:
        """A path as details give it: from the configuration's folder."""
        return relative_to(path, self.config.root)

    def at(self, unit: Unit, node: ast.AST) -> str:
        """A place in words."""
        return f"{self.shown(unit.path)}:{node.lineno}"  # type: ignore[attr-defined]

    def place(self, unit: Unit, node: ast.AST) -> Place:
        """The place of a node."""
        return unit.place(node)


def _is_parsed(path: str, migration: Migration) -> bool:
    try:
        parse(Source(path, migration.data(path)))
    except (OSError, UnreadableError):
        return False
    return True


_KNOWN: WeakKeyDictionary[Migration, Knowledge] = WeakKeyDictionary()


def of(migration: Migration) -> Knowledge:
    """The knowledge of a run."""
    found = _KNOWN.get(migration)
    if found is None:
        found = _KNOWN[migration] = Knowledge(migration)
    return found


def module_constants(tree: ast.Module, name: str) -> Iterable[str]:
    """The strings in the module-level assignments of ``name`` (``__all__``), ``+=`` included."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield from _strings(value)
            case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
                yield from _strings(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield from _strings(value)


def _strings(node: ast.AST) -> Iterator[str]:
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value
        for field in item._fields:
            child = getattr(item, field, None)
            stack.extend(
                part for part in (child if isinstance(child, list) else [child]) if isinstance(part, ast.AST)
            )
