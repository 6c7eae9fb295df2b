"""Torch callables whose result is placed by the ambient defaults, as measured on torch 2.13.

A test compares them with the probed tables under ``torchgate.migrate.factories``, which lint must not load.
"""

from __future__ import annotations

# The default device reaches all of these. The default dtype reaches these always:
FLOATING = frozenset(
    f"torch.{name}"
    for name in """
    bartlett_window blackman_window empty empty_permuted empty_strided eye fft.fftfreq fft.rfftfreq
    hamming_window hann_window kaiser_window linspace logspace ones rand randn scalar_tensor zeros
    signal.windows.bartlett signal.windows.blackman signal.windows.cosine signal.windows.exponential
    signal.windows.gaussian signal.windows.general_cosine signal.windows.general_hamming
    signal.windows.hamming signal.windows.hann signal.windows.kaiser signal.windows.nuttall
    """.split()  # noqa: SIM905 (a list literal takes 30 lines)
)
# ... these where a float among the arguments at these positions or of these names asks for it ...
BY_ARGUMENT: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "torch.arange": ((0, 1, 2), ("start", "end", "step")),
    "torch.as_tensor": ((0,), ("data",)),
    "torch.asarray": ((0,), ("obj",)),
    "torch.full": ((1,), ("fill_value",)),
    "torch.tensor": ((0,), ("data",)),
}
# ... and these never.
INTEGER = frozenset(["torch.randint", "torch.randperm", "torch.tril_indices", "torch.triu_indices"])
# What they are given may bring a device of its own.
KEEPS_DEVICE = frozenset(["torch.as_tensor", "torch.asarray"])

# Modules with parameters or buffers; all take both keywords.
MODULES = frozenset(
    f"torch.nn.{name}"
    for name in """
    AdaptiveLogSoftmaxWithLoss BatchNorm1d BatchNorm2d BatchNorm3d Bilinear Conv1d Conv2d Conv3d
    ConvTranspose1d ConvTranspose2d ConvTranspose3d Embedding EmbeddingBag GRU GRUCell GroupNorm
    InstanceNorm1d InstanceNorm2d InstanceNorm3d LSTM LSTMCell LayerNorm LazyBatchNorm1d LazyBatchNorm2d
    LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d
    LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear Linear
    LinearCrossEntropyLoss MultiheadAttention PReLU RMSNorm RNN RNNBase RNNCell RNNCellBase SyncBatchNorm
    Transformer TransformerDecoderLayer TransformerEncoderLayer
    """.split()  # noqa: SIM905
)
# Normalisation layers hold nothing where the first keyword is off; its position and default.
AFFINE: dict[str, tuple[str, int, bool]] = {
    "GroupNorm": ("affine", 3, True),
    "LayerNorm": ("elementwise_affine", 2, True),
    "RMSNorm": ("elementwise_affine", 2, True),
    "InstanceNorm1d": ("affine", 3, False),
    "InstanceNorm2d": ("affine", 3, False),
    "InstanceNorm3d": ("affine", 3, False),
}


def canonical(dotted: str) -> str:
    """The public name: ``torch.nn.modules.linear.Linear`` is ``torch.nn.Linear``."""
    if dotted.startswith("torch.nn.modules."):
        return f"torch.nn.{dotted.rpartition('.')[2]}"
    return dotted
