"""Which files may refer to a module-level name, as far as their paths and texts tell."""

from __future__ import annotations

import re
from functools import cached_property

from torchgate.config_load import file_info
from torchgate.lint.imports import prefixes
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.leads import Leads
from torchgate.migrate.project import Unit

# Who runs a text; not `model.eval()`.
_RUNNING = ("exec", "eval", "compile", "builtins")
_RUNNER = re.compile(r"(?<![\w.])(?:exec|eval|compile)\b|builtins")


class Reach:
    """What a file must have to get at one name of a module, or at the module."""

    def __init__(self, knowledge: Knowledge, unit: Unit, name: str) -> None:
        self._knowledge = knowledge
        self._unit = unit
        self._name = name
        self._module = unit.info.module_name
        self._stem = unit.path.removesuffix(".py").removesuffix("/__init__")

    def may_take(self, path: str) -> bool:
        """Whether a file may take the name from this module and no other, or name it in a string."""
        if not self.is_near(path):
            return False
        imports = self._knowledge.imports_text(path)
        dotted = f"{self._module}.{self._name}"
        return (
            imports is None
            or not self._module
            or imports.has_star
            or imports.asks_for(dotted)
            or imports.gets_hold(self._module, self._name, self._held(path))
            or self.may_be_named_in(imports.text)
            or may_run(imports.text)
            or dotted in imports.definitions
        )

    def may_load(self, path: str) -> bool:
        """Whether a file may get hold of the whole module, or load its file by another name."""
        leads, held = self.leads(path), self._held(path)
        if leads is not None and not held and not self.other_names:
            names = leads.asked
        else:
            imports = self._knowledge.imports_text(path)
            if imports is None or imports.gets_hold(self._module, self._name, held):
                return True
            if any(imports.takes(name) for name in self.other_names):
                return True
            names = imports.names
        return (
            not self._module.isascii()
            or self._is_quoted_in(self._knowledge.text(path))
            or any(self.is_other_name(name, path) for name in self._other_modules.intersection(names))
        )

    def leads(self, path: str) -> Leads | None:
        """What a file leads to, if that has been told, and the text of the file tells the rest."""
        leads = self._knowledge.migration.leads.get(path)
        known = leads is not None and leads.is_plain and self.is_of_project
        return leads if known else None

    @property
    def is_of_project(self) -> bool:
        """Whether the module is known by a name of the project's: leads speak of those alone."""
        return self._module.partition(".")[0] in self._knowledge.config.project_names

    def _held(self, path: str) -> list[tuple[str, str]] | None:
        """The names that imports of a file bind to the module, or to packages around it; None where nobody
        has told."""
        leads = self.leads(path)
        return (
            None
            if leads is None
            else [(bound, dotted) for bound, dotted in leads.bound if dotted in self._packages]
        )

    def _is_quoted_in(self, data: bytes) -> bool:
        """Whether a text has the module's name in quotes."""
        word = self._module.encode(errors="surrogatepass")
        return word in data and any(
            start + word + end in data for start in (b"'", b'"') for end in (b"'", b'"')
        )

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(prefixes(self._module))

    @cached_property
    def _other_modules(self) -> frozenset[str]:
        """Names that the module's file would have under other roots."""
        names, name = [], ""
        for part in reversed(self._stem.split("/")):
            if not part.isidentifier():
                break
            name = f"{part}.{name}" if name else part
            names.append(name)
        return frozenset(names)

    def may_be_named_in(self, text: str) -> bool:
        """Whether a string in a text may name it."""
        after_dot = any(f".{self._name}{end}" in text for end in "\"'.")
        return after_dot or (f":{self._name}" in text and self._after_colon.search(text) is not None)

    @cached_property
    def _after_colon(self) -> re.Pattern[str]:
        return re.compile(rf":{self._name}\b")

    def is_near(self, path: str) -> bool:
        """Whether a file may name the module: by its last part, or from inside a package as `.`."""
        if path in self._files_near:
            return True
        inside = f"{self._module}."
        return self._unit.info.is_package and self._own_name(path).startswith(inside)

    def _own_name(self, path: str) -> str:
        return file_info(self._knowledge.config, path).module_name

    @cached_property
    def _files_near(self) -> frozenset[str]:
        return frozenset(self._knowledge.files_with(self._module.rpartition(".")[2]))

    @cached_property
    def other_names(self) -> list[str]:
        """Those that `import ... as` gives the module somewhere; others can take it from there by them."""
        last = self._module.rpartition(".")[2]
        return [name for name in self._knowledge.names_of(self._module) if name != last] if last else []

    @cached_property
    def unread(self) -> frozenset[str]:
        """Files that hold the name, and that of its module or package, whether or not they can be read."""
        near = {self._module.rpartition(".")[2], self._module.partition(".")[0]} - {""}
        return frozenset(path for word in near for path in self._knowledge.files_with(self._name, word))

    def is_other_name(self, name: str, path: str) -> bool:
        """Whether a name that a file imports may mean this module's file, under another root than its own:
        `from utils import f` beside `utils.py`."""
        if name == self._module or name not in self._other_modules:
            return False
        folder = self._stem[: len(self._stem) - len(name) - 1]
        return (path.startswith(f"{folder}/") or self._is_on_path(folder)) and self._knowledge.project.find(
            name
        ) in (None, self._unit.path)

    def _is_on_path(self, folder: str) -> bool:
        """Whether some file that changes where modules are looked for may mean this folder."""
        last = folder.rpartition("/")[2]
        for path in self._knowledge.path_changers:
            own = path.rpartition("/")[0]
            if f"{own}/".startswith(f"{folder}/") or path in self._knowledge.files_with(last):
                return True
        return False


def may_run(text: str) -> bool:
    """Whether code may run text."""
    return any(word in text for word in _RUNNING) and _RUNNER.search(text) is not None
