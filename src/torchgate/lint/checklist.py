"""What an effect must set: the items that TG404 asks for.

``CORE`` is the checklist of docs/definitions.md, ``EXTENDED`` what ``checklist = "full"`` adds: the rows of
``torchgate.runtime.checklist`` (a test holds the two together).
"""

from __future__ import annotations

from torchgate.lint.determinism import (
    ALGORITHMS,
    FILL_MEMORY,
    INDUCTOR_VARIABLE,
    MATH_SDP,
    WORKSPACE_VARIABLE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_CUDNN = "torch.backends.cudnn"
_MATMUL = "torch.backends.cuda.matmul"
_MKLDNN = "torch.backends.mkldnn"
_GENERIC = "torch.backends.fp32_precision"


class Item:
    """One item. Setting everything in any one of ``ways`` satisfies it; ``cure`` is the line to write.

    ``row`` is its name in the checklist of ``torchgate.runtime``.
    """

    __slots__ = ("cure", "row", "ways")

    def __init__(self, row: str, cure: str, *ways: tuple[str, ...]) -> None:
        self.row = row
        self.cure = cure
        self.ways = [frozenset(way) for way in ways]

    def is_set(self, settings: set[str]) -> bool:
        """Whether ``settings`` satisfy the item."""
        return any(way <= settings for way in self.ways)


def _attribute(row: str, dotted: str, value: object, *others: tuple[str, ...]) -> Item:
    return Item(row, f"{dotted} = {value!r}", (dotted,), *others)


def _precision(part: str, *others: tuple[str, ...]) -> Item:
    dotted = f"torch.backends.{part}.fp32_precision"
    return _attribute(f"{part}.fp32_precision", dotted, "ieee", *others)


CORE = (
    Item("deterministic_algorithms", f"{ALGORITHMS}(True)", (ALGORITHMS,)),
    _attribute("cudnn.deterministic", f"{_CUDNN}.deterministic", True),
    _attribute("cudnn.benchmark", f"{_CUDNN}.benchmark", False),
    _attribute(
        "cudnn.allow_tf32",
        f"{_CUDNN}.allow_tf32",
        False,
        (_GENERIC,),
        (f"{_CUDNN}.fp32_precision",),
        (f"{_CUDNN}.conv.fp32_precision", f"{_CUDNN}.rnn.fp32_precision"),
    ),
    _attribute(
        "cuda.matmul.allow_tf32",
        f"{_MATMUL}.allow_tf32",
        False,
        (_GENERIC,),
        (f"{_MATMUL}.fp32_precision",),
        ("torch.set_float32_matmul_precision",),
    ),
    Item(WORKSPACE_VARIABLE, f'os.environ["{WORKSPACE_VARIABLE}"] = ":16:8"', (WORKSPACE_VARIABLE,)),
)
EXTENDED = (
    Item(
        INDUCTOR_VARIABLE,
        f'os.environ["{INDUCTOR_VARIABLE}"] = "1"',
        (INDUCTOR_VARIABLE,),
        ("torch._inductor.config.deterministic",),
    ),
    _attribute("mkldnn.deterministic", f"{_MKLDNN}.deterministic", True),
    _attribute("fp32_precision", _GENERIC, "ieee"),
    _precision("cudnn"),
    # torch 2.13 sends an assignment to oneDNN's own precision to the generic one; set_flags reaches it.
    Item(
        "mkldnn.fp32_precision",
        f'{_MKLDNN}.set_flags(_fp32_precision="ieee")',
        (f"{_MKLDNN}.fp32_precision",),
    ),
    *map(_precision, ("cudnn.conv", "cudnn.rnn", "mkldnn.matmul", "mkldnn.conv", "mkldnn.rnn")),
    *(
        _attribute(f"cuda.matmul.{name}", f"{_MATMUL}.{name}", False)
        for name in (
            "allow_fp16_reduced_precision_reduction",
            "allow_bf16_reduced_precision_reduction",
            "allow_fp16_accumulation",
        )
    ),
    Item("cuda.allow_fp16_bf16_reduction_math_sdp", f"{MATH_SDP}(False)", (MATH_SDP,)),
    _attribute("fill_uninitialized_memory", FILL_MEMORY, True),
)


def items(checklist: str) -> tuple[Item, ...]:
    """The items of the configured checklist, ``"core"`` or ``"full"``."""
    return (*CORE, *EXTENDED) if checklist == "full" else CORE


def missing(checklist: str, settings: Iterable[str]) -> list[Item]:
    """The items that ``settings`` leave open, in the checklist's order."""
    found = set(settings)
    return [item for item in items(checklist) if not item.is_set(found)]
