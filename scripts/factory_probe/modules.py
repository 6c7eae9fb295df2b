"""Rows for the classes of torch.nn: constructed with the first arguments that fit, every one of them."""

from __future__ import annotations

import torch

from factory_probe.effects import evaluate
from factory_probe.rows import Row, plain_row
from factory_probe.state import NEUTRAL

# Tried in this order; the first that constructs in the neutral state is the case.
_GUESSES = ("", "2", "2, 2", "2, 2, 2", "2, 2, 2, 2", "(2, 2)", "1, (2, 2)")

# Where a guess would construct a module that holds fewer tensors than it can, or constructs nothing.
_CHOSEN: dict[str, tuple[str, ...]] = {
    "AdaptiveLogSoftmaxWithLoss": ("4, 6, [2, 4]",),
    "BatchNorm1d": ("2", "2, affine=False", "2, track_running_stats=False"),
    "Bilinear": ("2, 3, 4", "2, 3, 4, False"),
    "Conv2d": ("2, 4, 3", "2, 4, 3, bias=False", "2, 4, 3, 1, 1, 1, 2"),
    "CrossEntropyLoss": ("", "f32_1"),
    "Embedding": ("3, 2", "3, 2, padding_idx=0", "3, 2, max_norm=1.0"),
    "DataParallel": ("torch.nn.ReLU()",),
    "EmbeddingBag": ("3, 2", "3, 2, mode='sum'"),
    "FeatureAlphaDropout": ("0.5",),
    "FractionalMaxPool2d": ("2, output_size=2",),
    "FractionalMaxPool3d": ("2, output_size=2",),
    "GRU": ("2, 3", "2, 3, 2, bidirectional=True", "2, 3, bias=False"),
    "GroupNorm": ("2, 4",),
    "LayerNorm": ("3", "(2, 3)", "3, bias=False", "3, elementwise_affine=False"),
    "Linear": ("3, 4", "3, 4, False", "3, 4, bias=False"),
    "LSTM": ("2, 3", "2, 3, 2, bidirectional=True", "2, 4, proj_size=2"),
    "Module": ("",),
    "ModuleDict": ("", "{'a': torch.nn.ReLU()}"),
    "ModuleList": ("", "[torch.nn.ReLU()]"),
    "MultiheadAttention": ("4, 2", "4, 2, add_bias_kv=True", "4, 2, kdim=3, vdim=3", "4, 2, bias=False"),
    "NLLLoss": ("", "f32_1"),
    "ParameterDict": ("", "{'a': torch.nn.Parameter(f32_1)}"),
    "ParameterList": ("", "[torch.nn.Parameter(f32_1)]"),
    "PixelShuffle": ("2",),
    "RNN": ("2, 3", "2, 3, 2, bidirectional=True", "2, 3, nonlinearity='relu'"),
    "RNNBase": ("'LSTM', 2, 3", "'GRU', 2, 3, 2"),
    "RNNCellBase": ("2, 3, True, 4",),
    "Sequential": ("", "torch.nn.ReLU()"),
    "Softmax": ("", "-1"),
    "Transformer": ("4, 2, 1, 1, 8",),
    "TransformerDecoder": ("torch.nn.Identity(), 1",),
    "TransformerDecoderLayer": ("4, 2, 8",),
    "TransformerEncoder": ("transformer_layer, 1",),
    "TransformerEncoderLayer": ("4, 2, 8", "4, 2, 8, bias=False"),
    "Unflatten": ("1, (2, 2)",),
    "UpsamplingBilinear2d": ("2",),
    "UpsamplingNearest2d": ("2",),
    "LinearCrossEntropyLoss": ("3, 4",),
}


def module_classes() -> dict[str, type[torch.nn.Module]]:
    """Every public module class of torch.nn, by its name."""
    found = {name: value for name, value in vars(torch.nn).items() if isinstance(value, type)}
    return {
        name: value
        for name, value in sorted(found.items())
        if issubclass(value, torch.nn.Module) and not name.startswith("_")
    }


def module_calls(name: str) -> tuple[str, ...]:
    """The calls probed for a class; raises LookupError for a class that nothing constructs."""
    if name in _CHOSEN:
        return tuple(f"torch.nn.{name}({arguments})" for arguments in _CHOSEN[name])
    for arguments in _GUESSES:
        call = f"torch.nn.{name}({arguments})"
        if not evaluate(call, NEUTRAL).raised:
            return (call,)
    raise LookupError(f"torch.nn.{name}: give it arguments in factory_probe/modules.py")


def module_rows() -> dict[str, Row]:
    """One row for each module class, with tensors or without."""
    return {
        f"torch.nn.{name}": plain_row(f"torch.nn.{name}", "module", module_calls(name))
        for name in module_classes()
    }
