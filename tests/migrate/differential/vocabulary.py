"""The words of the random projects: files, factories, operators, hazards, contexts. ``{0}`` is a tensor."""

from __future__ import annotations

CONFIG = 'torch-bound-modules = ["app.*"]\nallow-ambient-devices = []\n'

HELPERS = """from contextlib import contextmanager

import torch


@contextmanager
def default_device(device):
    previous = torch.get_default_device()
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(previous)


@contextmanager
def default_dtype(dtype):
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(previous)
"""

FLOATS = (
    "torch.zeros(3)",
    "torch.ones((3,))",
    "torch.rand(3)",
    "torch.randn(3)",
    "torch.empty(3)",
    "torch.full((3,), 0.5)",
    "torch.full([3], fill_value=-1.5)",
    "torch.tensor([0.5, 1, 2.5])",
    "torch.as_tensor((0.25, 0.5, 0.75))",
    "torch.arange(3.0)",
    "torch.arange(0, 1.5, 0.5)",
    "torch.linspace(0, 1, 3)",
    "torch.logspace(0, 1, steps=3)",
    "torch.eye(3)[0]",
    "torch.hann_window(3)",
    "torch.normal(0.0, 1.0, (3,))",
    "torch.scalar_tensor(2).expand(3)",
    "torch.zeros(3, requires_grad=True)",
    "torch.nn.Parameter(torch.ones(3))",
    "torch.nn.Linear(3, 3).weight[0]",
    "torch.nn.Embedding(3, 3).weight[1]",
    "torch.nn.LayerNorm(3).bias",
)
PLACED = (
    "torch.zeros(3, dtype=torch.float64)",
    "torch.ones(3, device='cpu')",
    "torch.rand(3, dtype=torch.float32, device='cpu')",
    "torch.nn.Linear(3, 3, True, 'cpu').bias",
)
INTS = (
    "torch.arange(3)",
    "torch.tensor([1, 2, 3])",
    "torch.tensor([True, False, True])",
    "torch.full((3,), 7)",
    "torch.full((3,), True)",
    "torch.randint(9, (3,))",
    "torch.randperm(3)",
    "torch.zeros(3, dtype=torch.int64)",
    "torch.arange(start=1, end=4)",
)
ODD = (
    "torch.tensor([1j, 2, 3])",
    "torch.full((3,), 1 + 2j)",
    "torch.Tensor([1, 2, 3])",
    "torch.zeros(3, **{})",
    "torch.zeros(*[3])",
    "torch.zeros(3, device=None)",
    "torch.zeros(3, out=torch.zeros(3))",
    "torch.tensor(list(range(3)))",
    "torch.tensor([n / 2 for n in range(3)])",
)
FORMED = (
    "torch.zeros(3).to(torch.float64)",
    "torch.cat([torch.zeros(1), torch.ones(2)])",
    "torch.stack([torch.zeros(3) for _ in range(2)])[0]",
    "(torch.zeros if len(found) else torch.ones)(3)",
    "torch.zeros([len(f'{torch.zeros(3).shape}') - 19])",
    "functools.partial(torch.full, (3,), 0.5)()",
    "torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh())(torch.ones(3))",
    "torch.zeros(3).masked_fill(torch.tensor([True, False, True]), 0.5)",
    "list(map(torch.zeros, [3]))[0]",
    "(lambda n: torch.rand(n))(3)",
    "max([torch.zeros(3)], key=len)",
    "torch.ones(3).numpy(force=True) if False else torch.ones(3)",
)
UNARY = ("-{0}", "{0} * 2", "{0} + 1", "{0}.clone()", "{0}.abs()", "{0}.detach()", "{0}.reshape(1, 3)[0]")
FLOAT_UNARY = (
    "{0} / 2",
    "{0} * 0.5",
    "{0}.sqrt()",
    "torch.sigmoid({0})",
    "torch.nn.functional.relu({0})",
    "1 / {0}",
    "{0} ** 2",
    "{0}.exp()",
    "torch.zeros_like({0})",
    "{0}.new_ones(3)",
    "torch.softmax({0}, dim=0)",
)
BINARY = (
    "{0} + {1}",
    "{0} * {1}",
    "torch.stack([{0}, {1}])[1]",
    "torch.cat([{0}, {1}])[:3]",
    "torch.where({0} > 0, {0}, {1})",
    "torch.maximum({0}, {1})",
)
HAZARDS = (
    "{0} / 2",
    "{0} * 0.5",
    "torch.sqrt({0})",
    "f'{{({0})}}'",
    "str({0})",
    "{0} == 16777217.0",
    "torch.where({0} > 0, 1.0, 2.0)",
    "torch.as_tensor({0})",
    "torch.get_default_dtype()",
    "str(torch.get_default_device())",
    "torch.distributions.Normal(0.0, 1.0).loc",
)
CONTEXTS = (
    "default_device('meta')",
    "default_device('cpu')",
    "default_device(DEVICE)",
    "default_device(pick('meta'))",
    "torch.device('meta')",
    "torch.device('cpu:0')",
    "default_dtype(torch.float64)",
    "default_dtype(torch.float32)",
    "default_dtype(DTYPE)",
)

IMPORTS = [
    "import functools",
    "",
    "import torch",
    "",
    "from app.defaults import default_device, default_dtype",
]
GLOBALS = [
    "",
    "DEVICE = 'meta'",
    "DTYPE = torch.float64",
    "",
    "",
    "def pick(name):",
    "    return name",
    "",
    "",
]
MAIN = [
    "def main():",
    "    found = []",
    "    for step in ({0}):",
    "        try:",
    "            found.append(step())",
    "        except Exception as error:",
    "            found.append([type(error).__name__, str(error)])",
    "    return found",
]
