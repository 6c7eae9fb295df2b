"""Everything about the table that needs torch, in one process: prints one JSON object.

Not a test module: ``test_factory_table.py`` runs it and judges what it prints.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "src")]

import generate_factory_table as generate  # noqa: E402
import torch  # noqa: E402
from factory_probe import cases, effects, modules, state  # noqa: E402

from torchgate.migrate.factories import Effect, table  # noqa: E402

PARTNERS = {"float32": "complex64", "float64": "complex128"}

# Written by hand, not taken from the generator's catalogue: a call, its name, its deciding arguments' kinds.
CALLS: list[tuple[str, str, tuple[str, ...]]] = [
    ("torch.zeros(2, 3)", "torch.zeros", ()),
    ("torch.randn((4,))", "torch.randn", ()),
    ("torch.tensor(1)", "torch.tensor", ("int",)),
    ("torch.tensor([1, 2, 3])", "torch.tensor", ("int",)),
    ("torch.tensor([1, 2.5])", "torch.tensor", ("int", "float")),
    ("torch.tensor([[True], [False]])", "torch.tensor", ("bool",)),
    ("torch.tensor(2j)", "torch.tensor", ("complex",)),
    ("torch.tensor([1, 2j])", "torch.tensor", ("int", "complex")),
    ("torch.tensor([])", "torch.tensor", ("empty",)),
    ("torch.as_tensor(0.1)", "torch.as_tensor", ("float",)),
    ("torch.asarray([3])", "torch.asarray", ("int",)),
    ("torch.arange(7)", "torch.arange", ("int",)),
    ("torch.arange(0, 1, 0.1)", "torch.arange", ("int", "float")),
    ("torch.arange(7.0)", "torch.arange", ("float",)),
    ("torch.full((3,), 7)", "torch.full", ("int",)),
    ("torch.full((3,), 0.1)", "torch.full", ("float",)),
    ("torch.full((3,), True)", "torch.full", ("bool",)),
    ("torch.full((3,), 1j)", "torch.full", ("complex",)),
    ("torch.linspace(0, 1, 7)", "torch.linspace", ("int",)),
    ("torch.logspace(0, 1j, 7)", "torch.logspace", ("int", "complex")),
    ("torch.scalar_tensor(1)", "torch.scalar_tensor", ("int",)),
    ("torch.randint(9, (5,))", "torch.randint", ()),
    ("torch.randperm(9)", "torch.randperm", ()),
    ("torch.tril_indices(3, 4)", "torch.tril_indices", ()),
    ("torch.eye(3)", "torch.eye", ()),
    ("torch.normal(0.0, 2.0, (4,))", "torch.normal", ("float",)),
    ("torch.kaiser_window(9)", "torch.kaiser_window", ()),
    ("torch.fft.rfftfreq(9)", "torch.fft.rfftfreq", ()),
    ("torch.signal.windows.gaussian(9, std=2.0)", "torch.signal.windows.gaussian", ()),
    ("torch.zeros_like(torch.ones(2, dtype=torch.float16, device='cpu'))", "torch.zeros_like", ()),
    ("torch.nn.Linear(5, 3).weight", "torch.nn.Linear", ()),
    ("torch.nn.LSTM(5, 3).weight_ih_l0", "torch.nn.LSTM", ()),
    ("torch.nn.BatchNorm1d(5).running_var", "torch.nn.BatchNorm1d", ()),
    ("torch.nn.LayerNorm(5, elementwise_affine=False).weight", "torch.nn.LayerNorm", ()),
    ("torch.nn.MultiheadAttention(4, 2).in_proj_weight", "torch.nn.MultiheadAttention", ()),
    ("torch.nn.Embedding(4, 2).weight", "torch.nn.Embedding", ()),
]

# A device given by place: the row's signature must know, and torch must agree.
PLACED: list[tuple[str, str]] = [
    ("torch.nn.Linear(3, 4, True, 'meta')", "weight"),
    ("torch.nn.LSTM(2, 3, 1, True, False, 0.0, False, 0, 'meta')", "weight_ih_l0"),
    ("torch.nn.RNN(2, 3, 1, 'tanh', True, False, 0.0, False, 0, 'meta')", "weight_ih_l0"),
    ("torch.nn.GRU(2, 3, 1, True, False, 0.0, False, 0, 'meta')", "weight_ih_l0"),
    ("torch.nn.BatchNorm1d(2, 1e-5, 0.1, True, True, 'meta')", "weight"),
    ("torch.nn.Conv2d(2, 4, 3, 1, 0, 1, 1, True, 'zeros', 'meta')", "weight"),
    ("torch.nn.Embedding(3, 2, None, None, 2.0, False, False, None, False, 'meta')", "weight"),
    ("torch.nn.Transformer.generate_square_subsequent_mask(3, 'meta')", ""),
]


def explicit(call: str, name: str, kinds: tuple[str, ...], dtype: str, device: str) -> str:
    """The call with the keywords that the loaded table asks for."""
    entry = table(torch.__version__).entry(name)
    assert entry is not None, name
    words = []
    if entry.device_effect(kinds) is Effect.AMBIENT:
        words.append(f"device={device!r}")
    if entry.dtype_effect(kinds) is Effect.AMBIENT:
        words.append(f"dtype=torch.{dtype}")
    if entry.dtype_effect(kinds) is Effect.PARTNER:
        words.append(f"dtype=torch.{PARTNERS[dtype]}")
    node = ast.parse(call, mode="eval")
    target = next(n for n in ast.walk(node) if isinstance(n, ast.Call))
    target.keywords += [k for word in words for k in ast.parse(f"f({word})", mode="eval").body.keywords]  # type: ignore[attr-defined]
    return ast.unparse(node)


def described(value: Any) -> Any:
    """Dtype, device and bits; its own code, so that a fault of the generator's snapshot shows."""
    if value is None:
        return None
    bits = None if value.device.type == "meta" else torch.view_as_real(value) if value.is_complex() else value
    return [str(value.dtype), str(value.device), None if bits is None else bits.detach().double().tolist()]


def end_to_end() -> list[str]:
    """Each hand-written call under ambient defaults against its explicit form under none; the differences."""
    wrong = []
    for call, name, kinds in CALLS:
        for device in ("cpu", "meta"):
            for dtype in ("float32", "float64"):
                said = explicit(call, name, kinds, dtype, device)
                torch.manual_seed(5)
                torch.set_default_dtype(getattr(torch, dtype))
                with torch.device(device):
                    ambient = described(eval(call))
                torch.manual_seed(5)
                torch.set_default_dtype(torch.float32)
                kept = table().entry(name)
                assert kept is not None
                alone = described(eval(said))
                if ambient != alone:
                    wrong.append(f"{call} under {dtype}, {device}: {ambient}; {said}: {alone}")
    return wrong


def unbound() -> list[str]:
    """Calls of the catalogue that run and that no signature of their row takes, or that take no keyword."""
    found = []
    calls = {name: list(group) for name, group in (cases.PLAIN | cases.LIKE).items()}
    calls |= {name: [t.replace("{}", "3.5") for t in spec[1]] for name, spec in cases.DECIDED.items()}
    calls |= {name: [*calls[name], *group] for name, group in cases.BARE.items()}
    calls |= {f"torch.nn.{name}": list(modules.module_calls(name)) for name in modules.module_classes()}
    for name, group in calls.items():
        entry = table().entry(name)
        assert entry is not None, name
        for call in group:
            node = ast.parse(call, mode="eval").body
            assert isinstance(node, ast.Call)
            if not entry.signatures or effects.evaluate(call, state.NEUTRAL).raised:
                continue
            keywords = [word.arg for word in node.keywords if word.arg]
            if not entry.bind(len(node.args), keywords):
                found.append(f"{call}: no signature of {[s.text for s in entry.signatures]} takes it")
            elif entry.device_keyword_ok and not entry.accepts("device", len(node.args), keywords):
                found.append(f"{call}: takes device= and the signature does not say so")
    return found


def placed() -> list[str]:
    """Calls with a device by place whose row would still add the keyword, or that torch places elsewhere."""
    found = []
    for call, attribute in PLACED:
        node = ast.parse(call, mode="eval").body
        assert isinstance(node, ast.Call)
        entry = table().entry(ast.unparse(node.func))
        assert entry is not None, call
        value = eval(call)
        tensor = getattr(value, attribute) if attribute else value
        if tensor.device.type != "meta":
            found.append(f"{call}: on {tensor.device}")
        if entry.accepts("device", len(node.args)) or not entry.accepts("device", len(node.args) - 1):
            found.append(f"{call}: the signature does not see the device")
    return found


@contextlib.contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Replace an attribute for a while."""
    kept = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)


def leaks() -> dict[str, bool]:
    """Thunks that leave state behind, and whether the next proof of neutrality noticed."""
    culprits: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "dtype": (
            lambda: torch.set_default_dtype(torch.float64),
            lambda: torch.set_default_dtype(torch.float32),
        ),
        "device": (lambda: torch.set_default_device("meta"), lambda: torch.set_default_device(None)),
        "cpu device": (lambda: torch.set_default_device("cpu"), lambda: torch.set_default_device(None)),
        "grad": (lambda: torch.set_grad_enabled(False), lambda: torch.set_grad_enabled(True)),
        "threads": (lambda: torch.set_num_threads(2), lambda: torch.set_num_threads(1)),
        "flag": (
            lambda: torch.use_deterministic_algorithms(False),
            lambda: torch.use_deterministic_algorithms(True, warn_only=True),
        ),
    }
    noticed = {}
    for name, (spoil, mend) in culprits.items():
        try:
            state.run(lambda spoil=spoil: spoil)  # type: ignore[misc]
            noticed[name] = False
        except state.StateLeak:
            noticed[name] = True
        mend()
    state.assert_neutral()
    return noticed


def blind() -> dict[str, str]:
    """What a probe that does not look would write for two telling calls."""
    found = {}
    with patched(effects, "with_keyword", lambda call, keyword: call):
        found["no keyword added"] = effects.device_effect("torch.zeros(3)")
    with patched(state, "applied", lambda ambient: contextlib.nullcontext()):
        found["nothing ambient"] = effects.dtype_effect("torch.zeros(3)")
    found["sighted"] = effects.device_effect("torch.zeros(3)")
    return found


FLIPPED = {"kept": "ambient", "ambient": "kept", "partner": "ambient", "stuck": "kept"}


def flipped(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row with one of its effects made wrong, for each of them."""
    for aspect in ("device", "dtype"):
        told = row[aspect]
        if isinstance(told, str):
            yield row | {aspect: FLIPPED[told]}
            continue
        for effect in told:
            wrong = {FLIPPED[effect] if key == effect else key: kinds for key, kinds in told.items()}
            yield row | {aspect: wrong}


def unnoticed(data: dict[str, Any]) -> tuple[int, list[str]]:
    """How many wrong rows were checked in, and those that the script's own comparison did not report."""
    folder = Path(tempfile.mkdtemp())
    file, missed, count = folder / generate.path().name, [], 0
    with patched(generate, "measure", lambda: data), patched(generate, "path", lambda: file):
        for name, row in data["factories"].items():
            for wrong in flipped(row):
                count += 1
                tampered = data | {"factories": data["factories"] | {name: wrong}}
                file.write_text(generate.render(tampered), encoding="utf-8")
                with (
                    contextlib.redirect_stdout(io.StringIO()) as out,
                    contextlib.redirect_stderr(io.StringIO()),
                ):
                    code = generate.main([])
                if code != 1 or f'-    "{name}": ' not in out.getvalue():
                    missed.append(f"{name}: {wrong}")
        file.write_text(generate.render(data), encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            assert generate.main([]) == 0, "the right table is reported"
    shutil.rmtree(folder)
    return count, missed


def main() -> None:
    """Measure, then everything else, and print."""
    data = generate.measure()
    measured = generate.render(data)
    checked_in = generate.path().read_text(encoding="utf-8")
    result = {
        "path": generate.path().name,
        "differences": generate.differences(checked_in, measured),
        "wrong_rows": unnoticed(data),
        "end_to_end": end_to_end(),
        "unbound": unbound(),
        "placed": placed(),
        "leaks": leaks(),
        "blind": blind(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
