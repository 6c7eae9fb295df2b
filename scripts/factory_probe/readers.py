"""Readers of the ambient defaults that no keyword at the call can replace, other than plain operators.

Each case is an expression and the name that the codemods look up for it. The expression is evaluated under
the ambient defaults with all its tensors made before; what it reads is what differs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import distributions

from factory_probe import fixtures
from factory_probe.effects import DTYPES, evaluate
from factory_probe.state import DEVICES, NEUTRAL, Ambient

# name -> (when, expression)
CASES: dict[str, tuple[str, str]] = {
    "torch.get_default_dtype": ("always", "torch.get_default_dtype()"),
    "torch.get_default_device": ("always", "torch.get_default_device()"),
    "torch.finfo": ("always", "torch.finfo()"),
    "builtins.repr": ("always", "repr(f64_1)"),
    "builtins.str": ("always", "str(f64_1)"),
    "builtins.print": ("always", "printed(f64_1)"),
    "builtins.format": ("always", "f'{f64_1}'"),
    "torch.Tensor.__repr__": ("always", "f64_1.__repr__()"),
    "torch.Tensor.__format__": ("always", "format(f64_1)"),
    "torch.result_type": ("integer-input", "torch.result_type(i64_1, 0.5)"),
    "torch.where": ("number-input", "torch.where(mask, 1.0, 2.0)"),
    "torch.isin": ("integer-input", "torch.isin(large, 16777220.0)"),
    "torch.block_diag": ("number-input", "torch.block_diag(i64_1, f64_1)"),
    "torch.nn.utils.clip_grad_norm_": ("always", "torch.nn.utils.clip_grad_norm_([], 1.0)"),
    "torch.nn.utils.get_total_norm": ("always", "torch.nn.utils.get_total_norm([])"),
    "torch.nn.utils.clip_grad_value_": ("always", "clipped(torch.nn.utils.clip_grad_value_, with_grad)"),
    "torch.nn.utils.parameters_to_vector": ("always", "torch.nn.utils.parameters_to_vector([f32_1, f32_1])"),
    "torch.nn.utils.rnn.pad_sequence": ("always", "torch.nn.utils.rnn.pad_sequence([f32_1, f32_1])"),
    "torch.nn.utils.rnn.pack_sequence": ("always", "torch.nn.utils.rnn.pack_sequence([f32_1, f32_1])"),
    "torch.nn.utils.rnn.pack_padded_sequence": (
        "always",
        "torch.nn.utils.rnn.pack_padded_sequence(f32_2, [2, 2])",
    ),
    "torch.nn.init.orthogonal_": ("always", "torch.nn.init.orthogonal_(f32_2)"),
    "torch.nn.init.sparse_": ("always", "torch.nn.init.sparse_(f32_2, 0.5)"),
    "torch.nn.init.eye_": ("always", "torch.nn.init.eye_(f32_2)"),
    "torch.nn.init.trunc_normal_": ("always", "torch.nn.init.trunc_normal_(f32_2)"),
    "torch.nn.init.kaiming_uniform_": ("always", "torch.nn.init.kaiming_uniform_(f32_2)"),
    "torch.nn.init.kaiming_normal_": ("always", "torch.nn.init.kaiming_normal_(f32_2)"),
    "torch.nn.init.xavier_uniform_": ("always", "torch.nn.init.xavier_uniform_(f32_2)"),
    "torch.nn.init.xavier_normal_": ("always", "torch.nn.init.xavier_normal_(f32_2)"),
    "torch.nn.init.uniform_": ("always", "torch.nn.init.uniform_(f32_2)"),
    "torch.nn.init.normal_": ("always", "torch.nn.init.normal_(f32_2)"),
    "torch.nn.init.constant_": ("always", "torch.nn.init.constant_(f32_2, 0.1)"),
    "torch.nn.init.ones_": ("always", "torch.nn.init.ones_(f32_2)"),
    "torch.nn.init.zeros_": ("always", "torch.nn.init.zeros_(f32_2)"),
    "torch.nn.functional.one_hot": ("always", "torch.nn.functional.one_hot(i64_1, 3)"),
    "torch.nn.functional.pad": ("always", "torch.nn.functional.pad(f32_2, (1, 1))"),
    "torch.nn.functional.affine_grid": ("always", "torch.nn.functional.affine_grid(theta, (1, 1, 2, 2))"),
    "torch.nn.functional.gumbel_softmax": ("always", "torch.nn.functional.gumbel_softmax(f32_1)"),
    "torch.cartesian_prod": ("always", "torch.cartesian_prod(f32_1, f32_1)"),
    "torch.combinations": ("always", "torch.combinations(f32_1)"),
    "torch.bucketize": ("number-input", "torch.bucketize(2.5, f64_1)"),
    "torch.searchsorted": ("number-input", "torch.searchsorted(f64_1, 2.5)"),
    "torch.pca_lowrank": ("always", "torch.pca_lowrank(f32_2, q=1)"),
    "torch.svd_lowrank": ("always", "torch.svd_lowrank(f32_2, q=1)"),
    "torch.lobpcg": ("always", "torch.lobpcg(spd, k=1)"),
    "torch.autograd.functional.jacobian": ("always", "torch.autograd.functional.jacobian(torch.sin, f32_1)"),
    "torch.autograd.functional.hessian": ("always", "torch.autograd.functional.hessian(cubed, f32_1)"),
    "torch.autograd.grad": ("always", "torch.autograd.grad(cubed(f32_grad), f32_grad)"),
    "torch.Tensor.backward": ("always", "cubed(f32_grad).backward()"),
    "torch.func.jacrev": ("always", "torch.func.jacrev(torch.sin)(f32_1)"),
    "torch.func.jacfwd": ("always", "torch.func.jacfwd(torch.sin)(f32_1)"),
    "torch.func.hessian": ("always", "torch.func.hessian(cubed)(f32_1)"),
    "torch.func.grad": ("always", "torch.func.grad(cubed)(f32_1)"),
    "torch.func.vmap": ("always", "torch.func.vmap(torch.sin)(f32_1)"),
    "torch.Tensor.item": ("always", "f64_0.item()"),
    "torch.Tensor.tolist": ("always", "f64_1.tolist()"),
    "torch.Tensor.numpy": ("always", "f64_1.numpy()"),
    "torch.Tensor.detach": ("always", "f64_1.detach()"),
    "torch.Tensor.cpu": ("always", "f64_1.cpu()"),
    "torch.Tensor.size": ("always", "f64_1.size()"),
    "torch.Tensor.dim": ("always", "f64_1.dim()"),
    "torch.Tensor.numel": ("always", "f64_1.numel()"),
    "torch.Tensor.requires_grad_": ("always", "f64_1.requires_grad_()"),
    "torch.Tensor.__getitem__": ("always", "f64_1[[0, 1]]"),
    "torch.Tensor.__setitem__": ("always", "assigned(f64_1, [0], 0.5)"),
    "torch.manual_seed": ("always", "torch.manual_seed(3).initial_seed()"),
    "torch.get_rng_state": ("always", "torch.get_rng_state()"),
    "torch.no_grad": ("always", "entered(torch.no_grad())"),
    "torch.device": ("always", "torch.device('cpu')"),
    "torch.Size": ("always", "torch.Size([2])"),
    "torch.is_tensor": ("always", "torch.is_tensor(f64_1)"),
    "torch.quasirandom.SobolEngine": ("always", "torch.quasirandom.SobolEngine(2, scramble=True)"),
    "torch.quasirandom.SobolEngine.draw": ("always", "sobol.draw(2)"),
    "torch.optim.swa_utils.AveragedModel": ("always", "torch.optim.swa_utils.AveragedModel(linear)"),
    "torch.nn.Embedding.from_pretrained": ("always", "torch.nn.Embedding.from_pretrained(f32_2)"),
    "torch.utils.data.random_split": ("always", "indices(torch.utils.data.random_split(range(4), [2, 2]))"),
    "torch.utils.data.RandomSampler": ("always", "list(torch.utils.data.RandomSampler(range(4)))"),
    "torch.utils.data.SequentialSampler": ("always", "list(torch.utils.data.SequentialSampler(range(4)))"),
    "torch.utils.data.SubsetRandomSampler": ("always", "list(torch.utils.data.SubsetRandomSampler([1, 2]))"),
    "torch.utils.data.WeightedRandomSampler": (
        "always",
        "list(torch.utils.data.WeightedRandomSampler([0.5, 0.5], 2))",
    ),
    "torch.utils.data.DataLoader": ("always", "list(torch.utils.data.DataLoader([0.5, 1.5], shuffle=True))"),
    "torch.utils.data.default_collate": ("always", "torch.utils.data.default_collate([0.5, 1.5])"),
    "torch.utils.data.default_convert": ("always", "torch.utils.data.default_convert([0.5])"),
    "torch.utils.data.TensorDataset": ("always", "torch.utils.data.TensorDataset(f32_1)[0]"),
    "torch.load": ("always", "loaded(f64_1)"),
    "torch.testing.make_tensor": (
        "always",
        "torch.testing.make_tensor((2,), dtype=torch.float32, device='cpu')",
    ),
}

_DISTRIBUTION_ARGUMENTS: dict[str, str] = {
    "Bernoulli": "0.5",
    "Beta": "0.5, 0.5",
    "Binomial": "2, 0.5",
    "Cauchy": "0.0, 1.0",
    "Chi2": "1.0",
    "ContinuousBernoulli": "0.3",
    "Exponential": "1.0",
    "FisherSnedecor": "1.0, 2.0",
    "Gamma": "1.0, 1.0",
    "GeneralizedPareto": "0.0, 1.0, 0.1",
    "Geometric": "0.5",
    "Gumbel": "0.0, 1.0",
    "HalfCauchy": "1.0",
    "HalfNormal": "1.0",
    "InverseGamma": "1.0, 1.0",
    "Kumaraswamy": "1.0, 1.0",
    "Laplace": "0.0, 1.0",
    "LogNormal": "0.0, 1.0",
    "NegativeBinomial": "2, 0.5",
    "Normal": "0.0, 1.0",
    "Pareto": "1.0, 1.0",
    "Poisson": "1.0",
    "RelaxedBernoulli": "f32_0, 0.5",
    "StudentT": "2.0",
    "Uniform": "0.0, 1.0",
    "VonMises": "0.0, 1.0",
    "Weibull": "1.0, 1.0",
}

# An integer tensor and a Python float are compared in the default dtype: float32 cannot tell 16777219 from
# 16777221, so only integers beyond 2**24 show it, and no sample of torch's operator table has those.
_COMPARISONS = (
    *("eq", "ne", "lt", "le", "gt", "ge"),
    *("not_equal", "less", "less_equal", "greater", "greater_equal"),
)

_SCHEDULER_ARGUMENTS = {
    "ConstantLR": "",
    "CosineAnnealingLR": ", 5",
    "CosineAnnealingWarmRestarts": ", 5",
    "CyclicLR": ", 0.1, 0.2",
    "ExponentialLR": ", 0.9",
    "LambdaLR": ", len_of",
    "LinearLR": "",
    "MultiStepLR": ", [1, 2]",
    "OneCycleLR": ", 0.2, 5",
    "PolynomialLR": "",
    "ReduceLROnPlateau": "",
    "StepLR": ", 1",
}


def _helpers() -> dict[str, Callable[[], Any]]:
    import contextlib
    import io

    def printed(value: Any) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            print(value)
        return out.getvalue()

    def entered(manager: Any) -> None:
        with manager:
            pass

    def assigned(tensor: Any, place: Any, value: Any) -> Any:
        tensor[place] = value
        return tensor

    def loaded(tensor: Any) -> Any:
        buffer = io.BytesIO()
        torch.save(tensor, buffer)
        buffer.seek(0)
        return torch.load(buffer)

    def with_grad(layer: torch.nn.Module | None = None) -> torch.nn.Module:
        layer = torch.nn.Linear(2, 2) if layer is None else layer
        taken = torch.tensor([1]) if isinstance(layer, torch.nn.Embedding) else torch.ones(1, 2)
        layer.loss = lambda: layer(taken).sum()
        layer.loss().backward()
        return layer

    def stepped(kind: Callable[..., torch.optim.Optimizer], layer: torch.nn.Module) -> Any:
        optimizer = kind([layer.weight], lr=0.1)
        optimizer.step(layer.loss)
        return [layer.weight, list(optimizer.state.values())]

    def scheduled(kind: Callable[..., Any], layer: torch.nn.Module, *arguments: Any) -> Any:
        optimizer = torch.optim.SGD([layer.weight], lr=0.1)
        scheduler = kind(optimizer, *arguments)
        optimizer.step()
        scheduler.step(0.5) if "Plateau" in kind.__name__ else scheduler.step()
        return [layer.weight, optimizer.state_dict(), scheduler.state_dict()]

    def clipped(function: Callable[..., Any], layer: torch.nn.Module) -> Any:
        return [function([layer.weight], 1.0), layer.weight.grad]

    functions = {
        "printed": printed,
        "entered": entered,
        "assigned": assigned,
        "loaded": loaded,
        "stepped": stepped,
        "clipped": clipped,
        "scheduled": scheduled,
        "min_of": lambda left, right: min(left, right),
        "len_of": lambda epoch: 0.5**epoch,
        "cubed": lambda x: (x**3).sum(),
        "indices": lambda subsets: [list(subset.indices) for subset in subsets],
    }
    makers: dict[str, Callable[[], Any]] = {
        name: (lambda f=function: f) for name, function in functions.items()
    }
    makers |= {
        "with_grad": with_grad,
        "sparse_grad": lambda: with_grad(torch.nn.Embedding(3, 2, sparse=True)),
        "linear": lambda: torch.nn.Linear(2, 2),
        "f32_grad": lambda: torch.ones(2, requires_grad=True),
        "theta": lambda: torch.ones(1, 2, 3),
        "large": lambda: torch.tensor([2**24 + 3, 2**24 + 5]),
        "spd": lambda: torch.eye(4),
        "sobol": lambda: torch.quasirandom.SobolEngine(2),
    }
    return makers


def all_cases() -> dict[str, tuple[str, str]]:
    """The catalogue with every optimizer and every distribution that takes numbers."""
    cases = dict(CASES)
    for name in sorted(_optimizers()):
        layer = "sparse_grad" if name == "SparseAdam" else "with_grad"
        cases[f"torch.optim.{name}"] = ("always", f"stepped(torch.optim.{name}, {layer})")
    for name, arguments in _SCHEDULER_ARGUMENTS.items():
        scheduler = f"torch.optim.lr_scheduler.{name}"
        cases[scheduler] = ("always", f"scheduled({scheduler}, with_grad{arguments})")
    for name in _COMPARISONS:
        cases[f"torch.{name}"] = ("integer-input", f"torch.{name}(large, 16777220.0)")
        cases[f"torch.Tensor.{name}"] = ("integer-input", f"large.{name}(16777220.0)")
        cases[f"torch.Tensor.{name}_"] = ("integer-input", f"large.{name}_(16777220.0)")
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        cases[f"torch.Tensor.__{name}__"] = ("integer-input", f"large.__{name}__(16777220.0)")
    for name in ("isclose", "allclose"):
        arguments = "large + 1, rtol=0.0, atol=1.0"
        cases[f"torch.{name}"] = ("integer-input", f"torch.{name}(large, {arguments})")
        cases[f"torch.Tensor.{name}"] = ("integer-input", f"large.{name}({arguments})")
    for name, arguments in _DISTRIBUTION_ARGUMENTS.items():
        call = f"torch.distributions.{name}({arguments}, validate_args=False)"
        cases[f"torch.distributions.{name}"] = ("number-input", f"{call}.sample((2,))")
    return cases


def _optimizers() -> set[str]:
    return {
        name
        for name, value in vars(torch.optim).items()
        if inspect.isclass(value)
        and issubclass(value, torch.optim.Optimizer)
        and value is not torch.optim.Optimizer
    }


def unlisted_distributions() -> set[str]:
    """Distributions without a case; those that take no number are listed with the reason in the tests."""
    found = {n for n in distributions.__all__ if inspect.isclass(getattr(distributions, n))}
    return {
        name
        for name in found - set(_DISTRIBUTION_ARGUMENTS)
        if issubclass(getattr(distributions, name), distributions.Distribution)
    }


def reads(expression: str) -> set[str]:
    """The ambient defaults that an expression reads; raises AssertionError if it cannot run at all."""
    plain = evaluate(expression, NEUTRAL)
    if plain.raised:
        raise AssertionError(f"{expression}: {plain.data}")
    found = {"device"} if evaluate(expression, Ambient(device=DEVICES[1])) != plain else set()
    if any(evaluate(expression, Ambient(dtype=dtype)) != plain for dtype in DTYPES):
        found.add("dtype")
    return found


def probe_readers() -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The rows of the readers, and the names that read nothing."""
    fixtures.register(_helpers())
    rows: dict[str, dict[str, Any]] = {}
    inert: list[str] = []
    for name, (when, expression) in all_cases().items():
        found = sorted(reads(expression))
        if found:
            rows[name] = {"reads": found, "when": when, "evidence": expression}
        else:
            inert.append(name)
    return rows, inert
