"""The state that decides whether a run repeats, and every write of it that a file makes.

One table: which attributes, calls and environment variables hold the state, and which literal weakens it
(names and signatures read in torch 2.13; ``torch.backends`` gained ``fp32_precision`` in 2.9). Which of it an
effect must set is in ``torchgate.lint.checklist``.
"""

from __future__ import annotations

from torchgate.lint.environ import environment_writes
from torchgate.lint.torch_names import torch_name
from torchgate.semantics.conduct import restores
from torchgate.semantics.values import NOTHING, UNKNOWN, Const, Mapping, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterator
    from typing import TypeAlias

    from torchgate.semantics.facts import Call, Where, Write
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

    Argument: TypeAlias = tuple[int, str, str, str]  # position (-1: keyword only), keyword, setting, kind

# How a literal weakens a setting.
ON = "on"  # it must be on: a false literal weakens
OFF = "off"  # it must be off: a true literal weakens
PRECISION = "precision"  # any precision below float32's own weakens
MODE = "mode"  # the debug mode: all but "error" weaken
WORKSPACE = "workspace"  # a workspace of no size weakens
NEUTRAL = "neutral"  # part of the state, but no literal is wrong by itself

ALGORITHMS = "torch.use_deterministic_algorithms"
WORKSPACE_VARIABLE = "CUBLAS_WORKSPACE_CONFIG"
INDUCTOR_VARIABLE = "TORCHINDUCTOR_DETERMINISTIC"
VARIABLES = frozenset(
    {WORKSPACE_VARIABLE, INDUCTOR_VARIABLE, "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"}
)

_CUDNN = "torch.backends.cudnn"
_MATMUL = "torch.backends.cuda.matmul"
_MKLDNN = "torch.backends.mkldnn"
FILL_MEMORY = "torch.utils.deterministic.fill_uninitialized_memory"
MATH_SDP = "torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp"

ATTRIBUTES = {
    f"{_CUDNN}.deterministic": ON,
    f"{_CUDNN}.benchmark": OFF,
    f"{_CUDNN}.allow_tf32": OFF,
    f"{_MATMUL}.allow_tf32": OFF,
    f"{_MATMUL}.allow_fp16_reduced_precision_reduction": NEUTRAL,
    f"{_MATMUL}.allow_fp16_reduced_precision_reduction_split_k": NEUTRAL,
    f"{_MATMUL}.allow_bf16_reduced_precision_reduction": NEUTRAL,
    f"{_MATMUL}.allow_bf16_reduced_precision_reduction_split_k": NEUTRAL,
    f"{_MATMUL}.allow_fp16_accumulation": NEUTRAL,
    f"{_MKLDNN}.deterministic": ON,
    f"{_MKLDNN}.allow_tf32": OFF,
    FILL_MEMORY: NEUTRAL,
    "torch._inductor.config.deterministic": ON,
}
ATTRIBUTE_NAMES = frozenset({*(dotted.rpartition(".")[2] for dotted in ATTRIBUTES), "fp32_precision"})

CALLS: dict[str, tuple[Argument, ...]] = {
    ALGORITHMS: ((0, "mode", ALGORITHMS, ON), (-1, "warn_only", ALGORITHMS, OFF)),
    "torch.set_deterministic": ((0, "d", ALGORITHMS, ON),),  # its name before 1.8
    "torch.set_deterministic_debug_mode": ((0, "debug_mode", ALGORITHMS, MODE),),
    "torch.set_float32_matmul_precision": (
        (0, "precision", "torch.set_float32_matmul_precision", PRECISION),
    ),
    MATH_SDP: ((0, "enabled", MATH_SDP, NEUTRAL),),
    "torch.backends.set_flags": ((0, "_fp32_precision", "torch.backends.fp32_precision", PRECISION),),
    f"{_CUDNN}.set_flags": (
        (1, "_benchmark", f"{_CUDNN}.benchmark", OFF),
        (3, "_deterministic", f"{_CUDNN}.deterministic", ON),
        (4, "_allow_tf32", f"{_CUDNN}.allow_tf32", OFF),
        (5, "_fp32_precision", f"{_CUDNN}.fp32_precision", PRECISION),
    ),
    f"{_MKLDNN}.set_flags": (
        (1, "_deterministic", f"{_MKLDNN}.deterministic", ON),
        (2, "_allow_tf32", f"{_MKLDNN}.allow_tf32", OFF),
        (3, "_fp32_precision", f"{_MKLDNN}.fp32_precision", PRECISION),
    ),
}
# Context managers: what they set ends with them, so they are writes but no effect.
CONTEXTS: dict[str, tuple[Argument, ...]] = {
    dotted.replace("set_flags", "flags"): tuple(
        (position, keyword.removeprefix("_"), setting, kind) for position, keyword, setting, kind in arguments
    )
    for dotted, arguments in CALLS.items()
    if dotted.endswith(".set_flags")
}
_WEAK_WORDS = {PRECISION: ("high", "medium", "tf32", "bf16"), MODE: ("default", "warn")}
_INDUCTOR_PATCH = "torch._inductor.config.patch"


class Change:
    """One write of determinism state.

    ``subject`` is what is written: a dotted name or environment variables (``variable``). ``weak`` is the
    code whose literal weakens, empty where none does, and ``weakened`` the settings concerned. ``sets`` are
    the settings that it sets and does not weaken. ``lasts``: it does not end with a context (``flags(...)``,
    or the body of a context manager of the file, which is taken to restore).
    """

    __slots__ = ("lasts", "node", "sets", "stmt", "subject", "variable", "weak", "weakened", "where")

    def __init__(self, node: ast.expr, stmt: ast.stmt, where: Where, subject: str, variable: bool) -> None:
        self.node = node
        self.stmt = stmt
        self.where = where
        self.subject = subject
        self.variable = variable
        self.weak = ""
        self.weakened: list[str] = []
        self.sets: set[str] = set()
        self.lasts = True


def changes(module: Module) -> Iterator[Change]:
    """Every write of determinism state that the program runs, attribute writes first."""
    for change in _all_changes(module):
        if change.where.runs:
            function = change.where.function
            if function is not None and restores(function):
                change.lasts = False
            yield change


def unweakened(module: Module) -> list[Change]:
    """The changes of statements that weaken nothing: TG403 speaks of the others."""
    found = list(changes(module))
    weakened = {change.stmt for change in found if change.weak}
    return [change for change in found if change.stmt not in weakened]


def _all_changes(module: Module) -> Iterator[Change]:
    for write in module.writes:
        if (change := _by_attribute(module, write)) is not None:
            yield change
    for call in module.calls:
        if (change := _by_call(module, call)) is not None:
            yield change
    yield from _by_environment(module)


def attribute_kind(dotted: str) -> str:
    """How a literal weakens the attribute ``dotted``; empty where it is no determinism state."""
    if dotted.endswith(".fp32_precision") and dotted.startswith("torch.backends."):
        return PRECISION
    return ATTRIBUTES.get(dotted, "")


def weakens(kind: str, value: Value) -> bool:
    """Whether ``value`` is a literal that weakens a setting of this kind."""
    literal = value.value if isinstance(value, Const) else None
    if isinstance(literal, int):
        return (
            (kind == ON and not literal)
            or (kind == OFF and bool(literal))
            or (kind == MODE and literal in (0, 1))
        )
    if not isinstance(literal, str):
        return False
    if kind == WORKSPACE:
        return bool(literal) and set(literal) <= {":", "0"}
    return literal in _WEAK_WORDS.get(kind, ())


def _by_attribute(module: Module, write: Write) -> Change | None:
    base = torch_name(module, write.base)
    if not base or write.name is None or write.item:
        return None
    dotted = f"{base}.{write.name}"
    kind = attribute_kind(dotted)
    if not kind:
        return None
    change = Change(write.node, write.stmt, write.where, dotted, False)
    given = UNKNOWN if write.kind == "augment" or write.value is None else write.value
    literal = _literal(module.settled(given, write.value_node), write.value_node)
    if weakens(kind, literal) and isinstance(literal, Const):
        change.weak, change.weakened = f"{dotted} = {literal.value!r}", [dotted]
    elif write.kind != "delete":
        change.sets.add(dotted)
    return change


def _by_call(module: Module, call: Call) -> Change | None:
    dotted = torch_name(module, call.callee)
    if dotted == _INDUCTOR_PATCH:
        return _patched(module, call)
    arguments = CALLS.get(dotted) or CONTEXTS.get(dotted)
    if arguments is None:
        return None
    change = Change(call.node, call.stmt, call.where, dotted, False)
    shown: list[str] = []
    for position, keyword, setting, kind in arguments:
        node = call.argument(position, keyword)
        literal = _literal(module.value(node), node) if node is not None else UNKNOWN
        if node is not None and weakens(kind, literal) and isinstance(literal, Const):
            prefix = "" if node in call.node.args else f"{keyword}="
            shown.append(f"{prefix}{literal.value!r}")
            change.weakened.append(setting)
        elif literal is not NOTHING and (node is not None or _unpacks(call.node)):
            change.sets.add(setting)
    if shown:
        others = len(call.node.args) + len(call.node.keywords) > len(shown)
        change.weak = f"{dotted}({', '.join(['...'] * others + shown)})"
    change.sets -= set(change.weakened)
    if dotted in CONTEXTS:
        change.sets.clear()
        change.lasts = False
    return change


def _unpacks(call: ast.Call) -> bool:
    """Whether ``*`` or ``**`` may give any argument."""
    starred = any(argument.__class__.__name__ == "Starred" for argument in call.args)
    return starred or any(keyword.arg is None for keyword in call.keywords)


def _patched(module: Module, call: Call) -> Change | None:
    """``torch._inductor.config.patch``: by name and value, by a dict, or by keyword."""
    dotted = "torch._inductor.config.deterministic"
    first = call.argument(0)
    value = module.value(first) if first is not None else UNKNOWN
    node = call.argument(-1, "deterministic")
    found = module.value(node) if node is not None else None
    if isinstance(value, Mapping):
        found = value.items.get("deterministic", found)
    elif isinstance(value, Const) and value.value == "deterministic":
        second = call.argument(1)
        found = module.value(second) if second is not None else UNKNOWN
    if found is None:
        return None
    change = Change(call.node, call.stmt, call.where, _INDUCTOR_PATCH, False)
    change.lasts = False
    if weakens(ON, found):
        change.weak, change.weakened = f"{_INDUCTOR_PATCH}(deterministic=False)", [dotted]
    return change


def _by_environment(module: Module) -> Iterator[Change]:
    for write in environment_writes(module):
        names = sorted(VARIABLES.intersection(write.items))
        if not names:
            continue
        change = Change(write.node, write.stmt, write.where, "`, `".join(names), True)
        for name in names:
            value = write.items[name]
            if name == WORKSPACE_VARIABLE and weakens(WORKSPACE, value) and isinstance(value, Const):
                change.weak, change.weakened = f"{name}={value.value}", [name]
            elif not write.removes and not (isinstance(value, Const) and value.value == ""):
                change.sets.add(name)  # an empty variable counts as none
        yield change


def _literal(value: Value | None, node: ast.expr | None) -> Value:
    """``value`` where it is what the code says; `x and True` is not True."""
    if value is None or node.__class__.__name__ == "BoolOp" or isinstance(value, Ref):
        return UNKNOWN
    return value
