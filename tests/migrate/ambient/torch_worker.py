"""Asks the real torch whether what the proofs take for granted is so; prints what is not, as JSON."""

from __future__ import annotations

import _ast as ast
import itertools
import json
import linecache
import operator
import warnings

import torch

from torchgate.migrate.ambient import harmless, kinds, operators, results

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
}
KINDS = {
    torch.bool: "bool-tensor",
    torch.int64: "int-tensor",
    torch.int32: "int-tensor",
    torch.int16: "int-tensor",
    torch.int8: "int-tensor",
    torch.uint8: "int-tensor",
    torch.float32: "float-tensor",
    torch.float64: "float-tensor",
    torch.float16: "float-tensor",
    torch.bfloat16: "float-tensor",
    torch.complex64: "complex-tensor",
    torch.complex128: "complex-tensor",
}


def values() -> dict[str, tuple[str, object]]:
    """Operands by name, with their kinds. The numbers are such that float32 and float64 tell them apart."""
    tensors = {
        "bool": torch.tensor([True, True]),
        "int64": torch.tensor([3, 16777217]),
        "int32": torch.tensor([5, 7], dtype=torch.int32),
        "scalar": torch.tensor(16777217),
        "float32": torch.tensor([0.5, 1.25]),
        "float64": torch.tensor([0.1, 0.2], dtype=torch.float64),
        "float scalar": torch.tensor(0.1),
        "complex": torch.tensor([1j, 2]),
    }
    found = {name: (KINDS[value.dtype], value) for name, value in tensors.items()}
    return {
        **found,
        "True": ("bool", True),
        "3": ("int", 3),
        "16777216.5": ("float", 16777216.5),
        "1j": ("complex", 1j),
    }


def outcome(run: object) -> str:
    """A result with its dtype and every digit, or the exception's name."""
    try:
        result = run()  # type: ignore[operator]
    except Exception as error:
        return type(error).__name__
    return f"{result.dtype} {result.tolist()}" if isinstance(result, torch.Tensor) else repr(result)


def under_both(run: object) -> list[str]:
    """Outcomes under either default dtype."""
    found = []
    for dtype in (torch.float32, torch.float64):
        torch.set_default_dtype(dtype)
        found.append(outcome(run))
    torch.set_default_dtype(torch.float32)
    return found


def wrong_operators() -> list[str]:
    """Pairs of operands that read the default, and are taken not to."""
    wrong = []
    for (node, run), (a, b) in itertools.product(OPERATORS.items(), itertools.product(values(), repeat=2)):
        (left, x), (right, y) = values()[a], values()[b]
        if operators.reads_dtype(node(), kinds.of(left), kinds.of(right)):
            continue
        found = under_both(lambda run=run, x=x, y=y: run(x, y))
        if found[0] != found[1]:
            wrong.append(f"{a} {node.__name__} {b}: {found}")
    return wrong


def wrong_results() -> list[str]:
    """Methods and functions that give another kind than they are taken to give."""
    wrong = []
    extra: list[tuple[object, ...]] = [(), (0,), (1,), (-1,), (0, 0), (2, 2), (torch.tensor([0]),), ((2, 2),)]
    for dtype, kind in KINDS.items():
        tensor = torch.ones(2, 2).to(dtype)
        for name in dir(torch.Tensor):
            if name.startswith("_") or name in ("share_memory_", "set_", "backward"):
                continue
            for arguments in [*extra, (tensor,), (tensor, tensor)]:
                predicted = results.of_method(name, kinds.of(kind), len(arguments))
                if predicted is None:
                    continue
                try:
                    result = getattr(tensor.clone(), name)(*arguments)
                except Exception:
                    continue
                actual = (
                    KINDS.get(result.dtype, "?")
                    if isinstance(result, torch.Tensor)
                    else type(result).__name__
                )
                allowed = {item.name for item in predicted}
                actual = "tuple" if actual == "Size" else actual
                if actual not in allowed:
                    shown = [
                        argument if not isinstance(argument, torch.Tensor) else "t" for argument in arguments
                    ]
                    wrong.append(f"{kind}.{name}{tuple(shown)}: {actual}, not {sorted(allowed)}")
    return wrong


LAYERS: dict[str, tuple[tuple[object, ...], tuple[int, ...]]] = {
    "Linear": ((3, 4), (2, 3)),
    "Identity": ((), (2, 3)),
    "Conv1d": ((3, 4, 2), (2, 3, 5)),
    "Conv2d": ((3, 4, 2), (2, 3, 5, 5)),
    "Conv3d": ((3, 4, 2), (2, 3, 5, 5, 5)),
    "ConvTranspose1d": ((3, 4, 2), (2, 3, 5)),
    "ConvTranspose2d": ((3, 4, 2), (2, 3, 5, 5)),
    "ConvTranspose3d": ((3, 4, 2), (2, 3, 5, 5, 5)),
    "BatchNorm1d": ((3,), (2, 3)),
    "BatchNorm2d": ((3,), (2, 3, 4, 4)),
    "BatchNorm3d": ((3,), (2, 3, 4, 4, 4)),
    "LayerNorm": ((3,), (2, 3)),
    "GroupNorm": ((1, 3), (2, 3)),
    "InstanceNorm1d": ((3,), (2, 3, 4)),
    "InstanceNorm2d": ((3,), (2, 3, 4, 4)),
    "InstanceNorm3d": ((3,), (2, 3, 4, 4, 4)),
    "PReLU": ((), (2, 3)),
    "Softmax": ((-1,), (2, 3)),
    "LogSoftmax": ((-1,), (2, 3)),
    "Unflatten": ((1, (1, 3)), (2, 3)),
    "GRU": ((3, 4), (2, 3)),
    "LSTM": ((3, 4), (2, 3)),
    "RNN": ((3, 4), (2, 3)),
    "GRUCell": ((3, 4), (2, 3)),
    "LSTMCell": ((3, 4), (2, 3)),
    "RNNCell": ((3, 4), (2, 3)),
} | {f"{kind}Pool{n}d": ((2,), (2, 3) + (4,) * n) for kind in ("Max", "Avg") for n in (1, 2, 3)}
LAYERS |= {f"AdaptiveAvgPool{n}d": ((2,), (2, 3) + (4,) * n) for n in (1, 2, 3)}
TWO_INPUTS = frozenset(
    [
        "MSELoss",
        "L1Loss",
        "SmoothL1Loss",
        "HuberLoss",
        "BCELoss",
        "BCEWithLogitsLoss",
        "KLDivLoss",
        "Bilinear",
    ]
)


def forward(name: str) -> list[torch.Tensor]:
    """A module made outside any default, and its forward pass, here and now."""
    cls = getattr(torch.nn, name.rpartition(".")[2])
    last = cls.__name__
    torch.manual_seed(0)
    arguments, shape = LAYERS.get(last, ((), (2, 3)))
    if last == "Embedding":
        return [cls(5, 3, device="cpu", dtype=torch.float32), torch.tensor([1, 2], device="cpu")]
    if last == "Bilinear":
        arguments = (3, 3, 2)
    module = cls(*arguments)
    given = [torch.rand(shape, device="cpu", dtype=torch.float32)]
    if last in TWO_INPUTS:
        given.append(torch.rand(shape, device="cpu", dtype=torch.float32))
    if last in ("CrossEntropyLoss", "NLLLoss"):
        given.append(torch.tensor([0, 1], device="cpu"))
    return [module, *given]


def flat(result: object) -> str:
    """Every tensor of a result, as text."""
    if isinstance(result, torch.Tensor):
        return f"{result.dtype} {result.device} {result.tolist()}"
    return " ".join(map(flat, result))  # type: ignore[call-overload]


def wrong_forwards() -> list[str]:
    """Modules whose forward pass reads a default."""
    wrong = []
    for name in sorted(harmless.FORWARD):
        found = []
        for device, dtype in ((None, torch.float32), ("meta", torch.float32), (None, torch.float64)):
            module, *given = forward(name)
            torch.manual_seed(1)
            torch.set_default_device(device)
            torch.set_default_dtype(dtype)
            try:
                found.append(flat(module(*given)))
            finally:
                torch.set_default_device(None)
                torch.set_default_dtype(torch.float32)
        if len(set(found)) != 1:
            wrong.append(f"{name}: {found}")
    return wrong


def wrong_decorators() -> list[str]:
    """Contexts that TG303 looks for at ``with`` and that work as decorators after all."""
    contexts = (torch.device("meta"), torch.cuda.device(0), torch.accelerator.device_index(0))
    return [repr(context) for context in contexts if callable(context)]


SCRIPTED = {
    "def f(x: torch.Tensor): return x": True,
    "def f(x: Tensor) -> list[torch.Tensor]: return [x]": True,
    "def f(x: 'torch.Tensor'): return x": False,
    "def f(x: torch.device): return x": False,
    "def f(n: int, device=None): return n": True,
    "def f(n: int, *, device=None): return n": False,
}


def wrong_scripts() -> list[str]:
    """Functions of modules without torch that TorchScript compiles, though it should not, or does not."""
    wrong = []
    for number, (text, expected) in enumerate(SCRIPTED.items()):
        name = f"scripted{number}"
        lines = f"from __future__ import annotations\n{text}\n"
        linecache.cache[name] = (len(lines), None, lines.splitlines(True), name)
        names: dict[str, object] = {"__name__": name}
        exec(compile(lines, name, "exec"), names)
        try:
            torch.jit.script(names["f"])
        except Exception:
            works = False
        else:
            works = True
        wrong += [text] if works is not expected else []
    return wrong


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {
        "operators": wrong_operators(),
        "results": wrong_results(),
        "forwards": wrong_forwards(),
        "decorators": wrong_decorators(),
        "scripts": wrong_scripts(),
    }
    print(json.dumps(found))
