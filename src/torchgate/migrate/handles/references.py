"""Who in the project refers to a module-level name: by name, by import, by attribute, by string, or by
handling the whole module. What cannot be followed is an ``Obstacle``, never left out."""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Callable, Iterator, Sequence

from torchgate.migrate.changes import Place
from torchgate.migrate.handles import computed, loaders
from torchgate.migrate.handles.importers import star_imports_of
from torchgate.migrate.handles.knowledge import Knowledge, module_constants
from torchgate.migrate.handles.lexical import Kind
from torchgate.migrate.handles.links import link_from
from torchgate.migrate.handles.mentions import Mention, Obstacle, Step
from torchgate.migrate.handles.other_files import other_files
from torchgate.migrate.handles.reach import Reach
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Function, Ref

_NAMESPACES = frozenset(
    {"builtins.globals", "builtins.vars", "builtins.eval", "builtins.exec", "builtins.locals"}
)


class References:
    """All of them, looked for no further than they are asked for. ``imports`` are imports that take the name
    by the defining module's dotted name."""

    __slots__ = ("_found", "_search", "_steps")

    def __init__(self, found: Referrers) -> None:
        self._found = found
        self._search = found.find()
        self._steps: list[Step] = []

    def steps(self) -> Iterator[Step]:
        """File by file, the defining module first. A file may come more than once."""
        done = 0
        while done < len(self._steps) or self._goes_on():
            yield self._steps[done]
            done += 1

    @property
    def obstacle(self) -> Obstacle | None:
        """The first obstacle that is met."""
        return next((obstacle for step in self.steps() for obstacle in step.obstacles), None)

    @property
    def mentions(self) -> list[Mention]:
        """Where the name's value is used."""
        return list(self.each_mention())

    def each_mention(self) -> Iterator[Mention]:
        """The same, one by one."""
        return (mention for step in self.steps() for mention in step.mentions)

    @property
    def imports(self) -> list[tuple[Unit, Import]]:
        """Where it is imported."""
        return [found for step in self.steps() for found in step.imports]

    def _goes_on(self) -> bool:
        found = self._found
        obstacles, imports, mentions = len(found.obstacles), len(found.imports), len(found.mentions)
        more = next(self._search, self) is not self
        step = Step(found.obstacles[obstacles:], found.imports[imports:], found.mentions[mentions:])
        more = more or bool(step.obstacles or step.imports or step.mentions)
        if more:
            self._steps.append(step)
        return more


class Referrers:
    """Finds the references to one module-level name."""

    def __init__(self, knowledge: Knowledge, unit: Unit, name: str, *, follow: bool) -> None:
        """``follow``: through re-exports (a function keeps its identity), instead of only to those who take
        the name from this module."""
        self.knowledge = knowledge
        self.unit = unit
        self.name = name
        self.module = unit.info.module_name
        self.dotted = f"{self.module}.{name}" if self.module else ""
        self.follow = follow
        self.mentions: list[Mention] = []
        self.imports: list[tuple[Unit, Import]] = []
        self.obstacles: list[Obstacle] = []
        self.reach = Reach(knowledge, unit, name)
        # Those under which other files may know it.
        self.names = knowledge.names_of(self.dotted) if follow and self.dotted else [name]

    def find(self) -> Iterator[None]:
        """Everything that refers to the name, file by file."""
        self._own_module()
        yield
        # Whoever follows takes it from any module that hands it on.
        for unit in self._units(*self.names, matters=self._may_take):
            if not (self.follow or self.reach.is_near(unit.path)):
                continue
            if self._holds(unit):
                self._other_module(unit)
            self._strings(unit)
            for node, detail in loaders.runs(self.knowledge, unit, self.module, self.name):
                self._stop(unit, node, detail)
            yield
        if not self.follow:
            yield from self._stars()
        yield from self._loaders()
        if self.follow:
            others = other_files(self.knowledge, self.unit, self.name)
            self.obstacles += (Obstacle(detail, Place(path, 1, 1, 1, 1)) for path, detail in others)

    def users(self) -> list[str]:
        """The files that may use the name's value, as far as their words tell, or who has read them: the
        defining one first, then by path."""
        return [self.unit.path, *(path for path in self._paths(*self.names) if self._may_use(path))]

    def mentions_in(self, path: str) -> Sequence[Mention]:
        """Where a file uses the name's value."""
        before, unit = len(self.mentions), self.knowledge.migration.unit(path)
        if unit is self.unit:
            self._own_uses()
        elif unit is not None and self._holds(unit):
            self._other_module(unit)
        return self.mentions[before:]

    def _loaders(self) -> Iterator[None]:
        """Whatever may get hold of the whole module."""
        stem = self.unit.path.rpartition("/")[2].partition(".")[0]
        others = self.reach.other_names
        for unit in self._units(stem, self.module, *others, matters=self.reach.may_load):
            self._other_name(unit)
            self._whole_module(unit)
            self._taken_module(unit, others)
            yield
        for unit in self._units(*loaders.WORDS, matters=self._may_load):
            for node, detail in loaders.loads(self.knowledge, unit, self.module, self.name):
                self._stop(unit, node, detail)
            yield
        for unit, node, detail in computed.may_reach(self.knowledge, self.unit, self.name):
            self._stop(unit, node, detail)

    def _units(self, *dotted: str, matters: Callable[[str], bool] = bool) -> Iterator[Unit]:
        """The other files that hold the last part of any of these names, where the text ``matters``; those
        that cannot be read stop."""
        for path in self._paths(*dotted):
            if not matters(path) and (path not in self.reach.unread or self.knowledge.is_readable(path)):
                continue
            unit = self.knowledge.migration.unit(path)
            if unit is not None:
                yield unit
            elif path in self.reach.unread:
                place = Place(path, 1, 1, 1, 1)
                detail = f"{self.knowledge.shown(path)} may use `{self.name}`, and cannot be read"
                self.obstacles.append(Obstacle(detail, place))

    def _paths(self, *dotted: str) -> Iterator[str]:
        """The other files that hold the last part of any of these names."""
        words = {name.rpartition(".")[2] for name in dotted} - {"", "__init__"}
        for path in sorted({path for word in words for path in self.knowledge.files_with(word)}):
            if path.endswith(".py") and path != self.unit.path:
                yield path

    # The defining module.

    def _own_uses(self) -> None:
        lexicon = self.knowledge.lexicon(self.unit)
        for use in lexicon.uses_of(lexicon.tree, self.name):
            if use.location.kind is not Kind.TYPE and isinstance(use.node, ast.Name):
                self.mentions.append(Mention(self.unit, use.node, use.location))

    def _own_module(self) -> None:
        self._own_uses()
        if self.name in module_constants(self.unit.module.tree, "__all__"):
            self._stop(self.unit, self.unit.module.tree.body[0], f"`__all__` offers `{self.name}` to others")
        for call in self.unit.module.calls:
            callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
            elsewhere = callee in ("builtins.vars", "builtins.locals") and call.node.args
            inside = callee == "builtins.locals" and call.where.function is not None
            if callee in _NAMESPACES and not elsewhere and not inside:
                detail = f"`{callee[9:]}()` may read or change any name of the module"
                self._stop(self.unit, call.node, detail)
        for node in computed.own_module(self.unit):
            detail = f"`{self.unit.text(node)}` is this module, and may give any name of it"
            self._stop(self.unit, node, detail)
        self._strings(self.unit)

    # Other modules that hold the name.

    def _other_module(self, unit: Unit) -> None:
        lexicon = self.knowledge.lexicon(unit)
        module = unit.module
        seen: set[ast.AST] = set()
        for item in module.imports:
            if self._goes_through(item.module):
                self._stop(unit, item.stmt, f"an import asks for `{item.module}` as if it were a module")
            if item.star or not self._is_it(item.dotted, item.value):
                continue
            if item.dotted == self.dotted:
                self.imports.append((unit, item))
            location = lexicon.locations[item.stmt]
            owner = lexicon.owner(location.scopes, item.bound)
            if len(lexicon.bindings_of(owner, item.bound)) > 1:
                self._stop(unit, item.stmt, f"`{item.bound}` is bound in more than one place")
            if self.follow:
                for use in lexicon.uses_of(owner, item.bound):
                    if use.location.kind is not Kind.TYPE and isinstance(use.node, ast.Name):
                        seen.add(use.node)
                        self.mentions.append(Mention(unit, use.node, use.location))
                if owner is lexicon.tree and item.bound in module_constants(module.tree, "__all__"):
                    self._stop(unit, item.stmt, f"`__all__` offers `{item.bound}` to others")
        for node in (node for name in self.names for node in lexicon.named.get(name, ())):
            location = lexicon.locations[node]
            if node in seen or location.kind is Kind.TYPE or (isinstance(node, ast.Name) and not self.follow):
                continue
            if self._yields(unit, node):
                self.mentions.append(Mention(unit, node, location))

    def _may_take(self, path: str) -> bool:
        """Whether a file may hold the name, or name it in a string; as far as its text tells, or the process
        that has read it."""
        leads = self.reach.leads(path)
        if leads is not None and not leads.runs:
            text = self.knowledge.text(path).decode("utf-8", "replace")
            if not (leads.to(self.module, self.dotted, follow=self.follow) or self._may_be_named_in(text)):
                return False
        return self.follow or self.reach.may_take(path)

    def _may_use(self, path: str) -> bool:
        leads = self.reach.leads(path)
        return leads is None or leads.to(self.module, self.dotted, follow=self.follow)

    def _may_load(self, path: str) -> bool:
        return loaders.may_load(self.knowledge, path, self.module, self.name)

    def _may_be_named_in(self, text: str, *, own: bool = False) -> bool:
        """Whether a string may name it, or an example use it; ``own``: the text of the defining module."""
        example = ">>>" in text and (own or (self.follow and self.module in text))
        return example or self.reach.may_be_named_in(text)

    def _holds(self, unit: Unit) -> bool:
        """Whether an import or a value of a file leads to the name: without that its names need no look."""
        if not self.reach.is_of_project:
            return True
        return self.knowledge.leads(unit).to(self.module, self.dotted, follow=self.follow)

    def _is_it(self, dotted: str, value: object) -> bool:
        if not self.dotted:
            return False
        if dotted == self.dotted:
            return True
        return self.follow and isinstance(value, Ref) and value.dotted == self.dotted

    def _goes_through(self, module: str) -> bool:
        """Whether importing a module goes through the name, which is none: nothing runs that does, and yet
        there is less to be found where the name goes."""
        if not self.dotted or not f"{module}.".startswith(f"{self.dotted}."):
            return False
        project = self.knowledge.project
        return project.find(self.dotted) is None and not project.is_folder(self.dotted)

    def _yields(self, unit: Unit, node: ast.Name | ast.Attribute) -> bool:
        value = unit.module.value(node)
        if not self.dotted:
            return False
        if self.follow and isinstance(value, Ref) and value.dotted == self.dotted:
            return True
        if isinstance(value, Function) and value.dotted == self.dotted:
            return True
        return isinstance(node, ast.Attribute) and unit.module.dotted(node.value) == self.module

    def _stars(self) -> Iterator[None]:
        """The star imports that take it: their files need not hold its name."""
        for unit, item in star_imports_of(self.knowledge, self.module) if self.module else ():
            if unit is not self.unit and self.name in unit.module.star_names(self.module):
                where = self.knowledge.at(unit, item.stmt)
                self._stop(unit, item.stmt, f"the star import in {where} takes it")
            yield

    def _strings(self, unit: Unit) -> None:
        """Texts that name it: `mock.patch("app.mod.name")`, entry points, examples in docstrings."""
        if not self._may_be_named_in(unit.source.text, own=unit is self.unit):
            return
        for node in self.knowledge.lexicon(unit).strings:
            text = node.value
            if isinstance(text, str) and self.name in text:
                if self._is_named_by(text):
                    self._stop(unit, node, f"the string {text!r} names it")
                elif self._is_called_by(unit, text):
                    self._stop(unit, node, f"an example in a docstring uses `{self.name}`")

    def _is_named_by(self, text: str) -> bool:
        dotted = text.replace(":", ".")
        # A patch of something in it goes through it: `mock.patch("app.ops.torch.zeros")`.
        if f"{dotted}.".startswith(f"{self.dotted}.") or f"{self.module}:{self.name}" in text:
            return True
        package = dotted.partition(".")[0]
        if not self.follow or package not in self.knowledge.config.project_names:
            return False
        if not dotted.endswith(f".{self.name}") or not all(part.isidentifier() for part in dotted.split(".")):
            return False
        origin = self.knowledge.project.settle(Ref(dotted))
        return isinstance(origin, Ref) and origin.dotted == self.dotted

    def _is_called_by(self, unit: Unit, text: str) -> bool:
        """Whether an interactive example in a docstring uses the name, and does not import it itself."""
        if ">>>" not in text or (unit is not self.unit and not (self.follow and self.module in text)):
            return False
        lines = [line.lstrip() for line in text.splitlines()]
        code = "\n".join(line[3:] for line in lines if line.startswith((">>>", "...")))
        if not self.follow and re.search(rf"\bimport\b.*\b{self.name}\b", code):
            return False
        return bool(re.search(rf"\b{self.name}\b", code))

    # The module as a whole.

    def _other_name(self, unit: Unit) -> None:
        """The file under a name that its root does not give it."""
        for item in unit.module.imports:
            for name in {item.module, item.dotted}:
                if self.reach.is_other_name(name, unit.path):
                    at = self.knowledge.at(unit, item.stmt)
                    self._stop(unit, item.stmt, f"{at} may load this file under the name `{name}`")

    def _whole_module(self, unit: Unit) -> None:
        if not self.module:
            return
        for item in unit.module.imports:
            value = item.value
            if item.star or not isinstance(value, Ref) or not self._leads_here(value.dotted):
                continue
            lexicon = self.knowledge.lexicon(unit)
            owner = lexicon.owner(lexicon.locations[item.stmt].scopes, item.bound)
            for use in lexicon.uses_of(owner, item.bound):
                if use.location.kind is not Kind.TYPE and isinstance(use.node, ast.Name):
                    self._climb(unit, use.node, value.dotted)
        quoted = (f'"{self.module}"', f"'{self.module}'")
        if not any(text in unit.source.text for text in quoted):
            return
        for node in self.knowledge.lexicon(unit).strings:
            if node.value == self.module and not self._is_harmless(unit, node):
                self._stop(unit, node, f"the string {self.module!r} may load the module")

    def _taken_module(self, unit: Unit, names: Sequence[str]) -> None:
        """The module, taken of another one that imports it under one of these names."""
        lexicon = self.knowledge.lexicon(unit) if names else None
        for node in (node for name in names if lexicon for node in lexicon.named.get(name, ())):
            value = unit.module.value(node)
            if isinstance(value, Ref) and isinstance(node.ctx, ast.Load):
                origin = self.knowledge.project.settle(value)
                if isinstance(origin, Ref) and origin.dotted == self.module:
                    self._climb(unit, node, self.module)

    def _leads_here(self, dotted: str) -> bool:
        return self.module == dotted or self.module.startswith(f"{dotted}.")

    def _climb(self, unit: Unit, node: ast.expr, dotted: str) -> None:
        """From a use of a package's or the module's name to the attribute that is taken of it."""
        while (link := link_from(unit, node)) is not None:
            if dotted == self.module:
                if link.name == self.name and link.told:
                    self._stop(unit, link.node, f"`{link.told}` is told the name `{self.name}`")
                elif link.name == self.name and not link.read:
                    self._stop(unit, link.node, f"`{self.module}.{self.name}` is written")
                return
            inner = f"{dotted}.{link.name}"
            if not self._leads_here(inner):
                return
            if not link.read:
                break
            node, dotted = link.node, inner
        self._stop(unit, node, f"the module `{dotted}` is used as a value, and with it every name in it")

    def _is_harmless(self, unit: Unit, node: ast.Constant) -> bool:
        parent = unit.module.parent(node)
        match parent:
            case ast.Expr():
                return True
            case ast.Call(func=func) if unit.module.dotted(func) in computed.NAMERS:
                return True
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                index = elements.index(node)
                before = elements[index - 1] if index else None
                return isinstance(before, ast.Constant) and before.value == "-m"
        return False

    def _stop(self, unit: Unit, node: ast.AST, detail: str) -> None:
        self.obstacles.append(Obstacle(detail, unit.place(node)))


def references(knowledge: Knowledge, unit: Unit, name: str, *, follow: bool) -> References:
    """Everything that refers to the module-level ``name`` of a file."""
    key = ("references", unit.path, name, follow)
    return knowledge.once(key, lambda: References(Referrers(knowledge, unit, name, follow=follow)))
