"""What a run gave: compared with another run, and written down for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Outcome = dict[str, Any]
"""A worker's answer: value, printed, raised, state; and what only one side has (ambient, left behind)."""

SAME = ("value", "printed", "raised", "state")


def differences(before: Outcome, after: Outcome) -> list[str]:
    """Every place where two runs disagree."""
    return [found for part in SAME for found in compare(before[part], after[part], part)]


def compare(before: Any, after: Any, place: str) -> Iterator[str]:
    """The places where two trees disagree."""
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for key in before:
            yield from compare(before[key], after[key], f"{place}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from compare(*pair, f"{place}[{index}]")
    elif before != after or type(before) is not type(after):
        yield f"{place}: {short(before)} became {short(after)}"


def short(tree: Any) -> str:
    """Enough of a tree to know it by."""
    said = repr(tree)
    return said if len(said) < 200 else f"{said[:200]}..."


def render(outcome: Outcome) -> str:
    """A run in the words of a ``result`` fence: a line a tensor, what was printed, what was raised."""
    lines = [f"{place or 'result'}: {said}" for place, said in leaves(outcome["value"], "")]
    lines += [f"printed: {line}" for line in outcome["printed"].splitlines()]
    lines += [": ".join(["raises", *outcome["raised"]])] if outcome["raised"] else []
    return "".join(f"{line}\n" for line in lines if line != "result: None")


def leaves(tree: Any, place: str) -> Iterator[tuple[str, str]]:
    """Tensors and plain values with their places."""
    if isinstance(tree, str):
        yield place, tree
    elif "tensor" in tree:
        yield place, tensor(tree)
    elif "module" in tree:
        for name, item in [*tree["parameters"], *tree["buffers"], *tree["attributes"]]:
            if name != "training":
                yield from leaves(item, f"{place}.{name}".lstrip("."))
    elif "sequence" in tree:
        for index, item in enumerate(tree["items"]):
            yield from leaves(item, f"{place}[{index}]")
    else:
        for name, item in tree["entries"]:
            plain = name.strip("'") if isinstance(name, str) else "?"
            yield from leaves(item, f"{place}.{plain}".lstrip("."))


def tensor(tree: dict[str, Any]) -> str:
    """``float64 meta [3, 4] grad``."""
    kind = "" if tree["tensor"] == "Tensor" else f"{tree['tensor']} "
    grad = " grad" if tree["requires_grad"] else ""
    return f"{kind}{tree['dtype'].removeprefix('torch.')} {tree['device']} {tree['shape']}{grad}"
