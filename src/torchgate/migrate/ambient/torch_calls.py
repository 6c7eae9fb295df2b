"""A call of torch's own: what the table of factories says of it, for one aspect and these arguments."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.ambient import harmless, operators
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.contexts import never_none
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle, obstacle, shown
from torchgate.migrate.ambient.promotion import promotion
from torchgate.migrate.ambient.reading import Keyword
from torchgate.migrate.factories import Effect, Factory, FactoryTable, Kind, Reader
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.migrate.torch_patches import TorchPatches
from torchgate.semantics.values import Mapping, Result

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import File
    from torchgate.migrate.ambient.files import Files
    from torchgate.migrate.ambient.infer import Inference

_ARITHMETIC: dict[str, type[ast.AST]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "subtract": ast.Sub,
    "rsub": ast.Sub,
    "mul": ast.Mult,
    "multiply": ast.Mult,
    "div": ast.Div,
    "divide": ast.Div,
    "true_divide": ast.Div,
    "floor_divide": ast.FloorDiv,
    "remainder": ast.Mod,
    "fmod": ast.Mod,
    "pow": ast.Pow,
    "eq": ast.Eq,
    "ne": ast.NotEq,
    "not_equal": ast.NotEq,
    "lt": ast.Lt,
    "less": ast.Lt,
    "le": ast.LtE,
    "less_equal": ast.LtE,
    "gt": ast.Gt,
    "greater": ast.Gt,
    "ge": ast.GtE,
    "greater_equal": ast.GtE,
}
_READERS = (
    ("torch.optim.swa_utils.", R.READS_DEFAULT),
    ("torch.optim.", R.OPTIMIZER_STATE),
    ("torch.utils.data.", R.DATA_LOADING),
    ("torch.distributions.", R.NUMBERS_BECOME_TENSORS),
    ("torch.where", R.NUMBERS_BECOME_TENSORS),
    ("torch.Tensor.__format__", R.PRINTS_TENSOR),
    ("torch.Tensor.__repr__", R.PRINTS_TENSOR),
)
# What the constructors of modules call.
_INSIDE_MODULES = ("torch.nn.init", "torch.nn.Module", "torch.nn.Parameter")
_UNLIKELY = frozenset(["complex-tensor", "numpy-complex"])


@dataclass(frozen=True, slots=True)
class Arguments:
    """How a call passes its arguments: what can be seen of ``*`` and ``**``."""

    positional: int
    keywords: tuple[str, ...]
    starred: bool
    hidden: bool


class TorchCalls:
    """Judges calls of torch."""

    def __init__(self, files: Files, infer: Inference, table: FactoryTable) -> None:
        self._files = files
        self._infer = infer
        self.table = table
        self.patches = TorchPatches(files.migration, files.holding, table.canonical)

    def judge(self, file: File, call: ast.Call, name: str, aspect: Aspect) -> Keyword | Obstacle | None:
        """What a call of the torch callable ``name`` needs: nothing, a keyword, or it is refused."""
        name = self.table.canonical(name)
        replaced = self.replaced(file, call, name)
        if replaced is not None:
            return replaced
        factory = self.table.entry(name)
        if factory is not None:
            return self._factory(file, call, factory, aspect)
        reader = self.table.reader(name)
        if reader is not None:
            given = [*call.args, *(item.value for item in call.keywords if item.arg != "validate_args")]
            return self.reads(file, call, reader, aspect, given)
        if self.table.is_inert(name) or name in harmless.TORCH:
            return None
        if name in _CHANGES:
            return obstacle(file, call, R.DEFAULT_CHANGED_INSIDE, f"{shown(file, call)} sets a default")
        detail = f"`{name}` is not in the table of factories (torch {self.table.version})"
        return obstacle(file, call, R.NOT_IN_FACTORY_TABLE, detail)

    def replaced(self, file: File, node: ast.AST, name: str) -> Obstacle | None:
        """The refusal of a call of something in the place of which the project puts something else: that need
        not take a keyword, nor follow the default as torch does."""
        made = self.table.entry(name)
        inside = _INSIDE_MODULES if made is not None and made.kind is Kind.MODULE else ()
        module = file.unit.info.module_name
        patch = next((found for part in (name, *inside) if (found := self.patches.at(part, module))), None)
        if patch is None:
            return None
        where = self._files.file(patch.unit).where(patch.node)
        detail = f"{shown(file, node)}: something else is put in the place of {patch.shown} ({where})"
        return obstacle(file, node, R.MODULE_WRITTEN, detail)

    # Readers.

    def reads(
        self, file: File, node: ast.AST, reader: Reader, aspect: Aspect, given: list[ast.expr]
    ) -> Obstacle | None:
        """Whether a reader with these operands reads the default."""
        if aspect not in reader.aspects:
            return None
        last = reader.name.rpartition(".")[2]
        if reader.name in _READ_ALONE and isinstance(node, ast.Call) and _is_given(node):
            return None
        kinds = [self._infer.kinds(file, item) for item in given]
        if reader.when == "integer-input":
            if last in _ARITHMETIC and len(kinds) >= 2:
                if not operators.reads_dtype(_ARITHMETIC[last](), kinds[0], kinds[1]):
                    return None
            elif self._all_floating(kinds):
                return None
            operands = list(zip(given, kinds, strict=True))
            detail = promotion(lambda part: shown(file, part), node, operands)
            return obstacle(file, node, R.INTEGER_PROMOTION, detail)
        if reader.when == "number-input":
            relevant = kinds[1:] if last == "where" else kinds
            if last == "where" and any(k.only(item, k.FLOATING) for item in relevant):
                return None
            if last == "where" and relevant and all(k.only(item, k.TENSORS) for item in relevant):
                return None
            enough = k.TENSORS if aspect == "device" else k.FLOATING
            if relevant and all(k.only(item, enough) for item in relevant):
                return None
            return self._numbers(file, node, reader, aspect, given, kinds)
        reason = next((reason for head, reason in _READERS if reader.name.startswith(head)), R.READS_DEFAULT)
        return obstacle(file, node, reason, f"{shown(file, node)} reads the default {aspect}")

    def _numbers(
        self,
        file: File,
        node: ast.AST,
        reader: Reader,
        aspect: Aspect,
        given: list[ast.expr],
        kinds: list[k.Kinds],
    ) -> Obstacle:
        """The refusal of a call in which numbers become tensors of the default device and dtype, or
        integers floating."""
        reason = next((reason for head, reason in _READERS if reader.name.startswith(head)), R.READS_DEFAULT)
        unknown = next((item for item, kind in zip(given, kinds, strict=True) if kind is None), None)
        if any(k.maybe(kind, k.NUMBERS) for kind in kinds if kind is not None) or not given:
            detail = f"{shown(file, node)} makes tensors of numbers, on the default {aspect}"
        elif unknown is not None:
            detail = f"{shown(file, node)}: {shown(file, unknown)} may be a number, and would become a tensor"
        else:
            detail = f"{shown(file, node)}: tensors of integers follow the default {aspect}"
        return obstacle(file, node, reason, detail)

    def _all_floating(self, kinds: list[k.Kinds]) -> bool:
        """Every tensor is floating, and there is one."""
        known = k.FLOATING | k.PLAIN
        plain = [item for item in kinds if not k.is_plain(item)]
        return bool(plain) and all(k.only(item, known) for item in plain)

    # Factories.

    def _factory(
        self, file: File, call: ast.Call, factory: Factory, aspect: Aspect
    ) -> Keyword | Obstacle | None:
        rule = factory.device if aspect == "device" else factory.dtype
        if rule.always is Effect.KEPT:
            return None
        arguments = self.arguments(file, call)
        passed = self._passed(file, call, factory, arguments, aspect)
        if isinstance(passed, Obstacle) or passed == "kept":
            return passed if isinstance(passed, Obstacle) else None
        effects = self._effects(file, call, factory, arguments, aspect)
        if effects is None:
            detail = f"{shown(file, call)}: what decides its {aspect} is not known"
            return obstacle(file, call, R.ARGUMENT_KIND_UNKNOWN, detail)
        if len(effects) > 1:
            detail = f"{shown(file, call)}: its {aspect} depends on which kind of value it is given"
            return obstacle(file, call, R.ARGUMENT_KIND_UNKNOWN, detail)
        effect = effects.pop()
        if effect is Effect.KEPT:
            return None
        if "out" in arguments.keywords:
            return obstacle(file, call, R.OUT_ARGUMENT, f"{shown(file, call)} writes into `out`")
        if effect is Effect.STUCK:
            reason = R.LEGACY_CONSTRUCTOR if factory.kind.value == "legacy" else R.NO_EQUIVALENT_KEYWORD
            return obstacle(file, call, reason, f"{shown(file, call)} follows the default {aspect}")
        full = effect is Effect.PARTNER or factory.name.startswith("torch.signal.windows.")
        replaces = passed if isinstance(passed, ast.expr) else None
        if replaces is None:
            refused = self._may_add(file, call, factory, arguments, aspect)
            if refused is not None:
                return refused
        return Keyword(file, call, replaces, partner=effect is Effect.PARTNER, full=full)

    def arguments(self, file: File, call: ast.Call) -> Arguments:
        """What can be seen of a call's arguments."""
        keywords: list[str] = []
        hidden = False
        for item in call.keywords:
            if item.arg is not None:
                keywords.append(item.arg)
                continue
            value = file.module.value(item.value)
            visible = isinstance(value, Mapping) and value.complete and isinstance(item.value, ast.Dict)
            if visible and isinstance(value, Mapping):
                keywords += value.items
            else:
                hidden = True
        starred = any(isinstance(item, ast.Starred) for item in call.args)
        return Arguments(len(call.args), tuple(keywords), starred, hidden)

    def _passed(
        self, file: File, call: ast.Call, factory: Factory, arguments: Arguments, aspect: Aspect
    ) -> ast.expr | Obstacle | str:
        """Whether the call says the aspect itself: ``kept``, the ``None`` it passes, or nothing (``""``)."""
        for item in call.keywords:
            if item.arg == aspect:
                return self._given(file, item.value, aspect)
        if aspect in arguments.keywords:
            detail = f"{shown(file, call)} passes `{aspect}` in a dict"
            return obstacle(file, call, R.STAR_ARGUMENTS, detail)
        if arguments.hidden:
            return obstacle(file, call, R.STAR_ARGUMENTS, f"{shown(file, call)} may pass `{aspect}` in `**`")
        places = {
            names.index(aspect)
            for signature in factory.signatures
            if aspect in (names := signature.positional) and signature.variadic is None
        }
        if arguments.starred and places:
            return obstacle(
                file, call, R.POSITIONAL_PLACEMENT, f"{shown(file, call)} may pass `{aspect}` by position"
            )
        bound = factory.bind(arguments.positional, arguments.keywords)
        if any(aspect in item.given for item in bound):
            if len(places) == 1 and len(bound) == 1 and len(call.args) > min(places):
                return self._given(file, call.args[min(places)], aspect)
            return obstacle(
                file, call, R.POSITIONAL_PLACEMENT, f"{shown(file, call)} may pass `{aspect}` by position"
            )
        return ""

    def _given(self, file: File, node: ast.expr, aspect: Aspect) -> ast.expr | Obstacle | str:
        if isinstance(node, ast.Constant) and node.value is None:
            return node
        if never_none(file, node, self._files):
            return "kept"
        return obstacle(
            file, node, R.PLACEMENT_MAYBE_NONE, f"`{aspect}={shown(file, node).strip('`')}` may be None"
        )

    def _may_add(
        self, file: File, call: ast.Call, factory: Factory, arguments: Arguments, aspect: Aspect
    ) -> Obstacle | None:
        if factory.accepts(aspect, arguments.positional, arguments.keywords):
            return None
        if (
            arguments.starred
            and any(
                signature.variadic is not None and aspect in signature.keyword_only
                for signature in factory.signatures
            )
            and not any(aspect in signature.positional for signature in factory.signatures)
        ):
            return None
        reason = R.STAR_ARGUMENTS if arguments.starred else R.NO_EQUIVALENT_KEYWORD
        return obstacle(file, call, reason, f"{shown(file, call)} cannot be given `{aspect}=`")

    def _effects(
        self, file: File, call: ast.Call, factory: Factory, arguments: Arguments, aspect: Aspect
    ) -> set[Effect] | None:
        """Every effect that the arguments leave possible; None where one of them is unknown."""
        rule = factory.device if aspect == "device" else factory.dtype
        if rule.always is not None:
            return {rule.always}
        kinds = self._deciding(file, call, factory, arguments)
        if kinds is None:
            likely = {effect for kind, effect in rule.by_kind.items() if kind not in _UNLIKELY}
            simple = aspect == "device" and len(likely) == 1 and factory.name in _COUNTING
            return likely if simple else None
        found: set[Effect] = set()
        for names in (told for one in kinds for told in _as_measured(one)):
            effect = rule.effect(names, mixes=factory.mixes)
            if effect is None:
                return None
            found.add(effect)
        return found

    def _deciding(
        self, file: File, call: ast.Call, factory: Factory, arguments: Arguments
    ) -> list[frozenset[str]] | None:
        """The possible sets of kinds of the arguments that decide."""
        if arguments.starred or arguments.hidden:
            return None
        bound = factory.bind(arguments.positional, arguments.keywords)
        if not bound:
            return None
        named = {item.arg: item.value for item in call.keywords if item.arg}
        possible: list[frozenset[str]] = []
        for binding in bound:
            given = dict(zip(binding.positional, call.args, strict=False)) | named
            nodes = [given[name] for name in factory.decided_by if name in given]
            sets: list[frozenset[str]] = [frozenset()]
            if not nodes:
                sets = [frozenset(["absent"])]
            for node in nodes:
                decided = k.deciding(self._infer.kinds(file, node))
                if decided is None:
                    return None
                sets = [before | more for before in sets for more in decided]
            possible += sets
        return possible

    def made_by(self, file: File, node: ast.expr) -> str:
        """The class of torch whose constructor made an object; empty for others."""
        value = file.module.value(node)
        if not isinstance(value, Result) or not file.is_certain(node):
            return ""
        name = self.table.canonical(torch_name(file.module, value.callee))
        made = self.table.entry(name)
        if name.startswith("torch.nn.") and (made is None or made.kind is not Kind.MODULE):
            return ""
        return name


def _is_given(call: ast.Call) -> bool:
    """Whether a call is given anything for certain."""
    return any(not isinstance(item, ast.Starred) for item in call.args) or any(
        item.arg is not None for item in call.keywords
    )


def _as_measured(names: frozenset[str]) -> list[frozenset[str]]:
    """The kinds that were measured: a tensor of which no more is known is any of four."""
    if "tensor" not in names:
        return [names]
    return [names - {"tensor"} | {one} for one in k.TENSORS if one != "tensor"]


_COUNTING = frozenset(["torch.arange", "torch.scalar_tensor", "torch.range"])
_READ_ALONE = frozenset(["torch.finfo"])
"""Readers that read nothing where they are given an argument (``None`` is none to them)."""
_CHANGES = frozenset(["torch.set_default_device", "torch.set_default_dtype", "torch.set_default_tensor_type"])
