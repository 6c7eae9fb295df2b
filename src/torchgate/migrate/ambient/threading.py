"""Whether a project function can take a default as a parameter, and the changes that thread it through."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless
from torchgate.migrate.ambient.names import enclosing_function
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle, obstacle, shown
from torchgate.migrate.ambient.reading import Keyword, Passing
from torchgate.migrate.changes import AddKeyword, AddParameter, Change, ReplaceExpression
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.migrate.torch_script import RUN_AS_THEY_ARE, SCRIPTS
from torchgate.semantics.scopes import parameters

if TYPE_CHECKING:
    from torchgate.migrate.ambient.analysis import Analysis, Reach
    from torchgate.migrate.ambient.definitions import Definition, File


class Threading:
    """Judges and changes functions."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._judged: dict[tuple[Definition, Aspect], Obstacle | None] = {}

    def refuses(self, made: Definition, aspect: Aspect, reach: Reach) -> Obstacle | None:
        """Why a function that needs the default cannot take it as a parameter; None if it can."""
        key = (made, aspect)
        if key not in self._judged:
            self._judged[key] = next(self._reasons(made, aspect), None)
        return (
            self._judged[key] or self._past_its_own(made, aspect, reach) or self._in_text(made, aspect, reach)
        )

    def _in_text(self, made: Definition, aspect: Aspect, reach: Reach) -> Obstacle | None:
        reading = self.analysis.reading(made, aspect)
        calls = [item.call for item in reading.keywords]
        calls += [item.call for item in reading.passings if reach.needs(item.callee)]
        for call in calls:
            if is_in_text(made.file, call):
                detail = f"{shown(made.file, call)} stands in an f-string"
                return obstacle(made.file, call, R.INSIDE_F_STRING, detail)
        return None

    def has_own(self, made: Definition, aspect: Aspect) -> bool:
        """Whether the function has a parameter of that name already."""
        return any(parameter.arg == aspect for parameter in parameters(made.node.args))

    def _past_its_own(self, made: Definition, aspect: Aspect, reach: Reach) -> Obstacle | None:
        """A function that has the parameter, and reads the default elsewhere as well."""
        if not self.has_own(made, aspect):
            return None
        reading = self.analysis.reading(made, aspect)
        past = [item.call for item in reading.keywords if not item.own]
        past += [item.call for item in reading.passings if not item.own and reach.needs(item.callee)]
        if not past:
            return None
        detail = f"`{made.name}` has a parameter `{aspect}`, and {shown(made.file, past[0])} does not use it"
        return obstacle(made.file, past[0], R.NAME_COLLISION, detail)

    def _reasons(self, made: Definition, aspect: Aspect) -> Iterator[Obstacle]:
        file, node = made.file, made.node
        known = harmless.TRANSPARENT | harmless.CONTEXT_MANAGERS
        for name, decorator in zip(
            self.analysis.decorators(made), getattr(node, "decorator_list", ()), strict=True
        ):
            if name in harmless.CACHES:
                yield obstacle(file, decorator, R.CACHED_FUNCTION, f"`{made.name}` remembers its results")
            elif self.analysis.table.canonical(name) not in known:
                yield obstacle(file, decorator, R.DECORATED_FUNCTION, f"`{made.name}` is decorated")
        if not self.analysis.migration.writable(file.path):
            detail = f"`{made.name}` stands in {file.where(node)}, which this run may not rewrite"
            yield obstacle(file, node, R.NEEDS_WHOLE_PROJECT, detail)
        if node.args.kwarg is not None:
            detail = f"`{made.name}` takes `**{node.args.kwarg.arg}`"
            yield obstacle(file, node.args.kwarg, R.KEYWORDS_FORWARDED, detail)
        if not self.has_own(made, aspect):
            for part in file.module.within(node):
                if isinstance(part, ast.Name) and part.id == aspect:
                    detail = f"`{aspect}` means something else in `{made.name}`"
                    yield obstacle(file, part, R.NAME_COLLISION, detail)
                    break
        if (
            isinstance(node, ast.FunctionDef)
            and node.name.startswith("__")
            and node.name.endswith("__")
            and node.name != "__init__"
        ):
            detail = f"`{made.name}` is called by the language, not by a call"
            yield obstacle(file, node, R.IMPLICIT_CALL, detail)
        if made.owner is not None and not isinstance(node, ast.Lambda) and node.name != "__init__":
            yield from self._method(made, node)
        yield from self._escapes(made)
        place = self.analysis.scripted_at if self._may_be_compiled(made, set()) else None
        if place is not None:
            detail = f"`{made.name}` may be compiled by TorchScript ({place}), which takes no such parameter"
            yield obstacle(file, node, R.FUNCTION_ESCAPES, detail)

    def _may_be_compiled(self, made: Definition, seen: set[Definition]) -> bool:
        """Whether a method calls the function, or one that does: those of modules are compiled with all that
        they call. The constructors and the tests run as they are."""
        node = made.node
        if isinstance(node, ast.Lambda) or made in seen or node.name.startswith(RUN_AS_THEY_ARE):
            return False
        if made.owner is not None or any(name in SCRIPTS for name in self.analysis.decorators(made)):
            return True
        seen.add(made)
        for file, part in self.analysis.files.uses_of(made):
            outer = enclosing_function(file.module, part)
            caller = self.analysis.files.of_node(file, outer) if outer is not None else None
            if caller is not None and self._may_be_compiled(caller, seen):
                return True
        return False

    def _method(self, made: Definition, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Obstacle]:
        owner = made.owner
        cls = self.analysis.files.klass(made.file, owner) if owner is not None else None
        if cls is None:
            return
        family = self.analysis.family(made)
        outside = self.analysis.outside_base(cls, node.name)
        above = [
            item
            for item in self.analysis.files.lineage(cls)[1:]
            if not isinstance(item, str) and item.own(node.name) is not None
        ]
        if len(family) > 1:
            detail = f"`{made.name}` is overridden by `{family[1].name}`"
            yield obstacle(made.file, node, R.METHOD_OVERRIDDEN, detail)
        elif above or outside or node.name == "forward":
            base = (
                above[0].dotted if above and not isinstance(above[0], str) else outside or "torch.nn.Module"
            )
            detail = f"`{made.name}` may override a method of `{base}`"
            yield obstacle(made.file, node, R.METHOD_OVERRIDDEN, detail)

    def _escapes(self, made: Definition) -> Iterator[Obstacle]:
        if isinstance(made.node, ast.Lambda) or made.node.name == "__init__":
            return
        for file, part in self.analysis.files.uses_of(made):
            if not self._is_called(file, part) and not self.analysis.callbacks.is_handed_over(file, part):
                detail = f"`{made.name}` is used as a value ({file.where(part)})"
                yield obstacle(file, part, R.FUNCTION_ESCAPES, detail)
                return

    def _is_called(self, file: File, node: ast.expr) -> bool:
        parent = file.module.parent(node)
        match parent:
            case ast.Call(func=function) if function is node:
                return True
            case ast.Attribute():
                return True  # a longer chain
            case ast.Call(args=[first, *_]) if first is node:
                return file.module.dotted(parent.func) == "functools.partial"
        return False

    # Changes.

    def changes(self, reach: Reach, aspect: Aspect) -> Iterator[Change]:
        """What threads the default through every function that needs it."""
        for made in reach.needing:
            if not self.has_own(made, aspect):
                place = made.file.place(made.node)
                yield AddParameter(place, aspect, keyword_only=True, default="None")
            reading = self.analysis.reading(made, aspect)
            for keyword in reading.keywords:
                if not keyword.own:
                    yield passed(keyword, aspect, aspect)
            for passing in reading.passings:
                if reach.needs(passing.callee) and not passing.closed and not passing.own:
                    yield passed(passing, aspect, aspect)


def is_in_text(file: File, node: ast.AST) -> bool:
    """Whether a node stands in an f-string."""
    outer = file.module.parent(node)
    while outer is not None and not isinstance(outer, ast.stmt):
        if isinstance(outer, ast.JoinedStr):
            return True
        outer = file.module.parent(outer)
    return False


def passed(item: Keyword | Passing, aspect: Aspect, text: str) -> Change:
    """``aspect=text`` at a call, in the place of the ``None`` that is passed now."""
    if item.replaces is not None:
        return ReplaceExpression(item.file.place(item.replaces), text)
    if isinstance(item, Passing) and item.wraps is not None:
        held = item.file.text(item.wraps)
        return ReplaceExpression(item.file.place(item.wraps), f"{item.partial}({held}, {aspect}={text})")
    return AddKeyword(item.file.place(item.call), aspect, text)
