"""From a block to the changes that replace it: the text that is passed on, and where it is evaluated."""

from __future__ import annotations

import _ast as ast
import re
from ast import unparse
from collections.abc import Iterator
from dataclasses import dataclass

from torchgate.migrate.ambient import results
from torchgate.migrate.ambient.analysis import Analysis, Reach
from torchgate.migrate.ambient.blocks import Block
from torchgate.migrate.ambient.contexts import Placement, never_none
from torchgate.migrate.ambient.definitions import File
from torchgate.migrate.ambient.names import Bound
from torchgate.migrate.ambient.obstacles import ASPECTS, Aspect, Obstacle, obstacle, shown
from torchgate.migrate.ambient.reading import Keyword, Reading
from torchgate.migrate.ambient.surroundings import Surroundings
from torchgate.migrate.ambient.threading import is_in_text, passed
from torchgate.migrate.changes import Change
from torchgate.migrate.refusals.reason import RefusalReason as R

_DEVICE = re.compile(
    r"(cpu|cuda|xpu|mps|meta|hpu|mtia|xla|npu|mlu|musa|hip|ve|fpga|maia|ipu|lazy|vulkan|opencl|opengl|ideep"
    r"|mkldnn|privateuseone)(:\d+)?"
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is passed: the text, the statement that binds it first (if any), and the names in the text."""

    text: str
    before: str = ""
    names: tuple[str, ...] = ()


class Planner:
    """Plans blocks."""

    def __init__(self, analysis: Analysis, surroundings: Surroundings) -> None:
        self.analysis = analysis
        self.surroundings = surroundings

    def plan(self, block: Block) -> tuple[Change, ...] | Obstacle:
        """The changes for a block, or the first thing that stands in the way."""
        before: list[str] = []
        changes: list[Change] = []
        for aspect in ASPECTS:
            placement = block.ambient.of(aspect)
            if placement is None:
                continue
            made = self._aspect(block, placement)
            if isinstance(made, Obstacle):
                return made
            changes += made[0]
            before += [made[1]] if made[1] else []
        if before and not block.movable:
            detail = f"{shown(block.file, block.context)} is evaluated once, when the function is defined"
            return obstacle(block.file, block.context, R.ARGUMENT_HAS_SIDE_EFFECTS, detail)
        if before and block.ahead:
            detail = f"something is evaluated in front of the argument of {shown(block.file, block.context)}"
            return obstacle(block.file, block.context, R.ARGUMENT_HAS_SIDE_EFFECTS, detail)
        if not before and self._would_be_docstring(block):
            before = ["pass"]
        return (*block.removed(tuple(before)), *dict.fromkeys(changes))

    def _would_be_docstring(self, block: Block) -> bool:
        """Whether a string at the start of the block would become the docstring of what is around it."""
        around = block.file.module.parent(block.node)
        first = block.extent[0] if block.extent else None
        return (
            isinstance(around, ast.FunctionDef | ast.ClassDef | ast.Module)
            and around.body[0] is block.node
            and isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        )

    def _aspect(self, block: Block, placement: Placement) -> tuple[list[Change], str] | Obstacle:
        aspect = placement.aspect
        # What a block leads to may be most of the project: nobody asks where that does not matter.
        if refused_anyway := self.analysis.any_block(block.file, block.reached(aspect), aspect):
            return _nearest(block, refused_anyway)
        reading = self.analysis.block(block.file, block.reached(aspect), aspect, block.stack)
        reach = self.analysis.reach(reading, aspect)
        if reach.obstacles:
            return _nearest(block, reach.obstacles)
        calls = [item.call for item in reading.keywords]
        calls += [item.call for item in reading.passings if reach.needs(item.callee) and not item.closed]
        refused = (
            self._in_text(block, calls)
            or self._literal(block, placement)
            or (self._none(block, placement) if calls else None)
        )
        if refused is not None:
            return refused
        spelling = self._spell(block, placement, calls)
        if isinstance(spelling, Obstacle):
            return spelling
        if aspect == "device" and (noticed := self._left_behind(block, placement)) is not None:
            return noticed
        partner = self._exact(block, placement, reading, reach)
        if isinstance(partner, Obstacle):
            return partner
        changes = list(self._changes(reading, reach, aspect, spelling.text, partner))
        return changes, spelling.before

    def _left_behind(self, block: Block, placement: Placement) -> Obstacle | None:
        """What the defaults that the block sets leave behind, where somebody would see that it is gone."""
        noticed = self.surroundings.noticed() if placement.setter else None
        return noticed or self.surroundings.crossed(block)

    def _changes(
        self, reading: Reading, reach: Reach, aspect: Aspect, text: str, partner: str
    ) -> Iterator[Change]:
        for keyword in reading.keywords:
            value = partner if keyword.partner else text
            yield passed(keyword, aspect, value)
        for passing in reading.passings:
            if reach.needs(passing.callee) and not passing.closed:
                yield passed(passing, aspect, text)
        yield from self.analysis.threading.changes(reach, aspect)

    def _in_text(self, block: Block, calls: list[ast.Call]) -> Obstacle | None:
        """Refuses calls in f-strings: their places are not told before Python 3.12, and quotes may clash."""
        for call in calls:
            if is_in_text(block.file, call):
                detail = f"{shown(block.file, call)} stands in an f-string"
                return obstacle(block.file, call, R.INSIDE_F_STRING, detail)
        return None

    # None, and half precision.

    def _literal(self, block: Block, placement: Placement) -> Obstacle | None:
        """Refuses a constant that entering the context would refuse, or that was not measured."""
        node, file = placement.node, block.file
        if node is None:
            return None
        for given in self._possible(file, node):
            if (refused := self._one_literal(given[0], given[1], placement)) is not None:
                return refused
        return None

    def _possible(self, file: File, node: ast.expr) -> list[tuple[File, ast.expr]]:
        """The expression, or all that the project passes for it where it is a parameter."""
        bound = file.names.bindings(node) if isinstance(node, ast.Name) else None
        if bound and len(bound) == 1 and isinstance(bound[0].node, ast.arg):
            return [(file, node), *(self.analysis.files.arguments_of(file, bound[0].node) or ())]
        return [(file, node)]

    def _one_literal(self, file: File, node: ast.expr, placement: Placement) -> Obstacle | None:
        known = file.torch(node)
        if placement.aspect == "dtype" and known.startswith("torch.") and known not in results.FULL_PRECISION:
            return obstacle(file, node, R.PLACEMENT_UNKNOWN, f"`{known}` is not float32 or float64")
        value = file.module.text(node)
        if placement.aspect == "device" and value is not None and not _DEVICE.fullmatch(value):
            return obstacle(file, node, R.PLACEMENT_UNKNOWN, f"`{value}` is no device")
        if (
            isinstance(node, ast.Constant)
            and (placement.aspect == "dtype" or value is None)
            and type(node.value) is not int
            and node.value is not None
        ):
            return obstacle(file, node, R.PLACEMENT_UNKNOWN, f"{shown(file, node)} is no {placement.aspect}")
        return None

    def _none(self, block: Block, placement: Placement) -> Obstacle | None:
        if placement.node is None or placement.none == "raises":
            return None
        if placement.none == "reset" and never_none(block.file, placement.node, self.analysis.files):
            return None
        constant = isinstance(placement.node, ast.Constant) and placement.node.value is None
        if placement.none == "reset" and self.surroundings.is_quiet(block):
            return None  # no default is in force around the block, so that None means the same as no keyword
        if placement.none == "pass" and not constant:
            return None  # without a keyword, as with None, whatever holds around the block holds
        if constant and placement.none == "pass":
            return None
        text = block.file.text(placement.node)
        detail = (
            f"`{text}` may be None, which switches the default off; annotate it"
            f" (`{text}: torch.{placement.aspect}`) if it never is"
        )
        return obstacle(block.file, placement.node, R.PLACEMENT_MAYBE_NONE, detail)

    def _exact(self, block: Block, placement: Placement, reading: Reading, reach: Reach) -> str | Obstacle:
        """The complex partner of a known dtype, for what was measured under float32 and float64 alone."""
        aspect = placement.aspect
        exact = [item for item in reading.keywords if item.full]
        inner = [
            item
            for made in reach.needing
            for item in self.analysis.reading(made, aspect).keywords
            if item.full
        ]
        if aspect != "dtype" or not (exact or inner):
            return ""
        partners = [item for item in inner if item.partner]
        known = block.file.torch(placement.node) if placement.node is not None else ""
        if known not in results.FULL_PRECISION or partners:
            wrong: Keyword = (partners or exact or inner)[0]
            detail = (
                f"{shown(wrong.file, wrong.call)} needs to know whether the default is float32 or float64"
            )
            return obstacle(wrong.file, wrong.call, R.PLACEMENT_UNKNOWN, detail)
        text = block.file.text(placement.node) if placement.node is not None else ""
        head, dot, _last = text.rpartition(".")
        if not dot and any(item.partner for item in exact):
            wrong = exact[0]
            detail = f"{shown(wrong.file, wrong.call)} needs the complex partner of `{text}`"
            return obstacle(wrong.file, wrong.call, R.PLACEMENT_UNKNOWN, detail)
        return f"{head}.{results.PARTNERS[known.rpartition('.')[2]]}" if dot else ""

    # Spelling.

    def _spell(self, block: Block, placement: Placement, calls: list[ast.Call]) -> Spelling | Obstacle:
        node, file = placement.node, block.file
        if node is None:
            return self._seen(block, Spelling(placement.text, names=_roots(placement.text)), calls)
        if not calls:
            pure = self._is_pure(file, node)
            return Spelling("", "" if pure else _one_line(file, node))
        if isinstance(node, ast.Name):
            rebound = self._rebound(block, node)
            if rebound is not None:
                return rebound
        if self._is_steady(block, node):
            names = tuple(part.id for part in file.module.within(node) if isinstance(part, ast.Name))
            return self._seen(block, Spelling(_one_line(file, node), names=names), calls)
        if isinstance(file.names.home(block.node).node, ast.ClassDef):
            detail = f"{shown(file, node)} cannot be held by a name in a class body"
            return obstacle(file, node, R.ARGUMENT_HAS_SIDE_EFFECTS, detail)
        name = self._fresh(block, placement.aspect)
        return Spelling(name, f"{name} = {_one_line(file, node)}")

    def _seen(self, block: Block, spelling: Spelling, calls: list[ast.Call]) -> Spelling | Obstacle:
        """Refuses a text whose names mean something else where it is put."""
        names = block.file.names
        here = names.home(block.node)
        for call in calls:
            there = names.home(call)
            for name in spelling.names:
                if names.find(here, name) is not names.find(there, name):
                    detail = f"`{name}` means something else at {shown(block.file, call)}"
                    return obstacle(block.file, call, R.NAME_COLLISION, detail)
        return spelling

    def _rebound(self, block: Block, node: ast.Name) -> Obstacle | None:
        bound = block.file.names.bindings(node)
        inside = {id(part) for root in block.extent for part in block.file.module.within(root)}
        for item in bound or ():
            if id(item.node) in inside:
                return obstacle(
                    block.file, item.node, R.ARGUMENT_REBOUND, f"`{node.id}` is bound again inside the block"
                )
        return None

    def _is_pure(self, file: File, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant | ast.Name):
            return True
        if isinstance(node, ast.Attribute):
            return bool(file.torch(node))
        return self._is_device_call(file, node)

    def _is_device_call(self, file: File, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call) or file.torch(node.func) != "torch.device":
            return False
        return all(
            isinstance(item, ast.Constant) for item in [*node.args, *(kw.value for kw in node.keywords)]
        )

    def _is_steady(self, block: Block, node: ast.expr) -> bool:
        """Whether the expression gives the same, without effect, wherever in the block it is evaluated."""
        file = block.file
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Attribute) and file.torch(node):
            return file.is_certain(node)
        if self._is_device_call(file, node):
            return True
        if not isinstance(node, ast.Name):
            return False
        scope, bound = file.names.scope_of(node), file.names.bindings(node)
        if scope is None or not bound:
            return False
        if scope is file.names.root and self.analysis.files.is_written(file, node.id):
            return False
        if not block.movable:  # the argument of a decorator is evaluated long before the body runs
            return scope is file.names.root and len(bound) == 1 and _is_bound_for_good(file, bound[0])
        if scope is not file.names.home(block.node):
            return len(bound) == 1
        return True

    def _fresh(self, block: Block, aspect: Aspect) -> str:
        used = {
            part.id for part in block.file.module.within(block.file.module.tree) if isinstance(part, ast.Name)
        }
        used |= {
            part.arg for part in block.file.module.within(block.file.module.tree) if isinstance(part, ast.arg)
        }
        is_module = isinstance(block.file.names.home(block.node).node, ast.Module)
        base = f"{'_' if is_module else ''}block_{aspect}"
        number, name = 1, base
        while name in used:
            number += 1
            name = f"{base}_{number}"
        return name


def _is_bound_for_good(file: File, bound: Bound) -> bool:
    """Whether a module's name has one value from its binding on: one statement of the top level, no loop."""
    return bound.how in ("assign", "import") and file.statement(bound.node) in file.module.tree.body


def _roots(text: str) -> tuple[str, ...]:
    root = text.partition(".")[0]
    return (root,) if root.isidentifier() else ()


def _one_line(file: File, node: ast.expr) -> str:
    text = file.text(node)
    text = unparse(node) if "\n" in text else text
    return f"({text})" if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield) and text[0] != "(" else text


def _nearest(block: Block, obstacles: list[Obstacle]) -> Obstacle:
    """What the reader of the block meets first."""
    path = block.file.path
    return min(obstacles, key=lambda item: (item.at.path != path, item.at.path, item.at.line))
