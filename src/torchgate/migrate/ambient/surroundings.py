"""What the rest of the project does around a block: whether another default device can be in force there, and
who would notice the device mode that a helper leaves behind."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.lint.ambient import SETTERS
from torchgate.lint.torch_names import uses
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.analysis import Analysis
from torchgate.migrate.ambient.blocks import Block, Blocks
from torchgate.migrate.ambient.contexts import Ambient
from torchgate.migrate.ambient.definitions import Definition, File
from torchgate.migrate.ambient.helper_model import Helper
from torchgate.migrate.ambient.obstacles import Obstacle, obstacle, shown
from torchgate.migrate.ambient.pairs import Pairs
from torchgate.migrate.ambient.reading import Reading
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.scopes import FUNCTIONS
from torchgate.semantics.values import Function

_SETTERS = ("set_default_device", "set_default_tensor_type")
_TAKING = ("as_tensor", "asarray", "tensor")


def _by_setter(block: Block) -> bool:
    placement = block.ambient.of("device")
    return placement is not None and placement.setter


class Surroundings:
    """Looks once at every place of the project that sets a default device."""

    def __init__(self, analysis: Analysis, blocks: Blocks) -> None:
        self.analysis = analysis
        self.blocks = blocks
        self._places: list[Block] | None = None
        self._unclear = False
        self._crossed: list[tuple[Block, Block]] | None = None
        self._reach: dict[ast.expr, tuple[set[ast.AST], bool]] = {}
        self._noticed: Obstacle | None = None
        self._looked = False

    def is_quiet(self, block: Block) -> bool:
        """Whether no other default device of the project can be in force when the block begins.

        Code outside the project that calls into it under a default of its own is not looked at.
        """
        return not any(self._covers(other, block) for other in self._all()) and not self._unclear

    def crossed(self, block: Block) -> Obstacle | None:
        """A block of ``torch.device`` in which torch's setter sets and restores a default, if it matters.

        By then the restored default is on top of the stack of modes, and that is what ``torch.device`` takes
        away at its end: what is left tells a default that no tensor has, and whoever sets one next takes
        another's mode away, or gets an error (torch.utils._device.DeviceContext). What is left depends on all
        that the setter restored before, anywhere; and on the two themselves.
        """
        for outer, inner in self._all_crossed():
            if _by_setter(block) or block.context is outer.context:
                around, within = (
                    f"{shown(item.file, item.context)} ({item.file.where(item.context)})"
                    for item in (outer, inner)
                )
                detail = (
                    f"{within} may set and restore a default inside {around}, which torch then ends wrongly"
                )
                return obstacle(inner.file, inner.context, R.DEFAULT_CHANGED_INSIDE, detail)
        return None

    def _all_crossed(self) -> list[tuple[Block, Block]]:
        if self._crossed is None:
            self._crossed = []
            if any(self.analysis.files.holding(word) for word in _SETTERS):
                inner = [block for block in self._all() if _by_setter(block)]
                outer = [block for block in self._all() if not _by_setter(block)] if inner else []
                self._crossed = [
                    (each, block)
                    for each in outer
                    for block in inner
                    if self._covers(each, block, unclear=True)
                ]
        return self._crossed

    def _covers(self, other: Block, block: Block, *, unclear: bool = False) -> bool:
        """Whether ``block`` may begin while ``other`` is in force; ``unclear``: or nobody can tell."""
        reached, known = self._reached(other)
        if (unclear and not known) or reached.intersection(self._functions_around(block.file, block.node)):
            return True
        if other.context is block.context:
            return False  # it does not run inside itself
        if other.node is block.node:
            return True  # items of one statement, decorators of one function
        roots = {id(root) for root in other.extent}
        node: ast.AST | None = block.context
        while node is not None:
            if id(node) in roots:
                return True
            node = block.file.module.parent(node)
        return False

    def _functions_around(self, file: File, node: ast.AST) -> Iterator[ast.AST]:
        outer: ast.AST | None = node
        while outer is not None:
            if isinstance(outer, FUNCTIONS):
                yield outer
            outer = file.module.parent(outer)

    def _reached(self, block: Block) -> tuple[set[ast.AST], bool]:
        """Every function that may run in a block, and whether these are all; notes where it is unclear."""
        if block.context not in self._reach:
            self._reach[block.context] = self._read(block)
        found, known = self._reach[block.context]
        self._unclear = self._unclear or not known
        return found, known

    def _read(self, block: Block) -> tuple[set[ast.AST], bool]:
        known = True
        start = self.analysis.block(block.file, list(block.extent), "device", block.stack)
        waiting: list[Reading] = [start]
        found: dict[Definition, None] = {}
        while waiting:
            reading = waiting.pop()
            known = known and not reading.obstacles
            called = [passing.callee for passing in reading.passings] + [item for item, _ in reading.implicit]
            for item in called:
                if item not in found:
                    found[item] = None
                    waiting.append(self.analysis.reading(item, "device"))
        return {item.node for item in found}, known

    def _all(self) -> list[Block]:
        if self._places is None:
            self._places = []
            words = [*_SETTERS, "device"]
            words += [name.rpartition(".")[2] for name in self.analysis.migration.config.default_helpers]
            for file in self.analysis.files.naming(words):
                for found in [*self._entered(file), *self._set(file)]:
                    if isinstance(found, Obstacle):
                        self._unclear = True
                    else:
                        self._places.append(found)
        return self._places

    def _entered(self, file: File) -> Iterator[Block | Obstacle]:
        for node in file.module.within(file.module.tree):
            contexts: list[ast.expr] = []
            match node:
                case ast.withitem():
                    contexts = [node.context_expr]
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    contexts = node.decorator_list
                case ast.Call(func=ast.Attribute(attr="enter_context"), args=[first]):
                    contexts = [first]
            for context in contexts:
                found = self.analysis.contexts.recognise(file, context)
                if isinstance(found, Ambient) and not found.sets("device"):
                    continue
                if found is not None and not self._in_helper(file, context):
                    yield self.blocks.entered(file, context)

    def _set(self, file: File) -> Iterator[Block | Obstacle]:
        for reference, dotted in uses(file.module, SETTERS):
            if dotted == "torch.set_default_dtype" or self._in_helper(file, reference.node):
                continue
            pairs = Pairs(file)
            found = pairs.around(reference.node)
            if isinstance(found, Obstacle):
                yield found
                continue
            around, all_of_it = found
            yield from (pairs.block(around, all_of_it, pair) for pair in all_of_it if pair.aspect == "device")

    def _in_helper(self, file: File, node: ast.AST) -> bool:
        """Whether a node is part of an understood helper: its uses are looked at instead."""
        outer = file.module.parent(node)
        while outer is not None:
            value: Function | None = None
            if isinstance(outer, ast.FunctionDef):
                value = next((made for made, _ in file.module.functions if made.node is outer), None)
            if value is not None and isinstance(self.analysis.contexts.helpers.read(file, value), Helper):
                return True
            if isinstance(outer, ast.ClassDef):
                cls = next((made for made, _ in file.module.classes if made.node is outer), None)
                return cls is not None and isinstance(self.analysis.contexts.helpers.read(file, cls), Helper)
            outer = file.module.parent(outer)
        return False

    # What a helper leaves behind.

    def noticed(self) -> Obstacle | None:
        """A call that would notice the CPU as an explicit default, which restoring what
        ``get_default_device`` said leaves behind: it is given a tensor, and moves it there.

        Only what is known to be a tensor counts; an argument of an unknown kind is the documented limit.
        """
        if not self._looked:
            self._looked = True
            self._noticed = next(self._notice(), None)
        return self._noticed

    def _notice(self) -> Iterator[Obstacle]:
        for file in self.analysis.files.naming(_TAKING):
            for call in file.module.calls:
                name = file.torch(call.node.func)
                if name.removeprefix("torch.") not in _TAKING or not call.node.args:
                    continue
                if any(item.arg in ("device", None) for item in call.node.keywords):
                    continue
                if k.only(self.analysis.infer.kinds(file, call.node.args[0]), k.TENSORS):
                    detail = (
                        f"restoring leaves the CPU behind as an explicit default, and"
                        f" {shown(file, call.node)} ({file.where(call.node)}) moves its tensor there"
                    )
                    yield obstacle(file, call.node, R.RESTORE_NOT_PAIRED, detail)
