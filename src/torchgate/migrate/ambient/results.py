"""What torch's callables give, as kinds, so far as the kinds of their tensors decide it."""

from __future__ import annotations

from torchgate.migrate.ambient.kinds import Kind, Kinds, container, of, union

DTYPES = {
    "float-tensor": "float16 float32 float64 bfloat16 half float double",
    "int-tensor": "int8 int16 int32 int64 uint8 uint16 uint32 uint64 short int long",
    "complex-tensor": "complex32 complex64 complex128 chalf cfloat cdouble",
    "bool-tensor": "bool",
}
BY_DTYPE = {f"torch.{name}": kind for kind, names in DTYPES.items() for name in names.split()} | {
    "builtins.float": "float-tensor",
    "builtins.int": "int-tensor",
    "builtins.bool": "bool-tensor",
    "builtins.complex": "complex-tensor",
}
FULL_PRECISION = frozenset(["torch.float32", "torch.float64", "torch.float", "torch.double"])
PARTNERS = {"float32": "complex64", "float": "complex64", "float64": "complex128", "double": "complex128"}

_BOOL = frozenset(
    """
        eq ne lt le gt ge not_equal less less_equal greater greater_equal isnan isinf isfinite
        isposinf isneginf logical_and logical_or logical_not logical_xor isclose isin isreal
        signbit bool
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
_INT = frozenset(
    """
        argmax argmin argsort nonzero long int short byte char bincount count_nonzero searchsorted
        bucketize randperm tril_indices triu_indices one_hot
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
_FLOAT = frozenset(["float", "double", "half", "bfloat16"])
_SHAPES = frozenset(
    """
        reshape view expand expand_as repeat t transpose permute squeeze unsqueeze flatten clone
        detach contiguous flip roll narrow select index_select gather take take_along_dim movedim
        swapaxes swapdims tile ravel unflatten triu tril diag diagonal diag_embed view_as reshape_as
        broadcast_to masked_select adjoint rot90 fliplr flipud requires_grad_ cuda cpu
        repeat_interleave neg negative positive
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""The dtype of the tensor stays, whatever it is."""
_FLOATING = frozenset(
    """
        sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh
        sigmoid relu softmax log_softmax logsumexp mean sum prod norm std var cumsum cumprod matmul
        mm bmm mv dot inner outer add sub subtract mul multiply div divide true_divide pow clamp
        clip clamp_min clamp_max floor ceil round trunc square reciprocal lerp addmm addcmul addcdiv
        maximum minimum erf erfc softplus gelu silu selu elu leaky_relu layer_norm dropout mse_loss
        l1_loss smooth_l1_loss linear normalize remainder fmod masked_fill index_add index_copy
        index_fill scatter scatter_add nan_to_num logaddexp hypot atan2 sign amax amin diff
        nanmean nansum quantile cdist bernoulli relu6 hardtanh mish logsigmoid tensordot kron cross
        vdot trace det inverse pinverse fmax fmin frac
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Floating in, floating out."""
_JOINING = frozenset(
    ["cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack"]
)
_LIKE = frozenset(["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like", "full_like"])
_NEW = frozenset(["new_zeros", "new_ones", "new_empty", "new_full"])
_COUNTS = frozenset(
    ["numel", "dim", "nelement", "ndimension", "element_size", "storage_offset", "get_device", "data_ptr"]
)


def attribute(kinds: Kinds, name: str) -> Kinds:
    """An attribute of a tensor."""
    if name == "shape":
        return container("tuple", of("int"))
    if name in ("ndim", "itemsize", "nbytes"):
        return of("int")
    if name in ("device", "dtype"):
        return of(name)
    if name in ("T", "mT", "data"):
        return kinds
    return None


def of_method(name: str, kinds: Kinds, arguments: int) -> Kinds:
    """A method of a tensor of these kinds, with so many positional arguments."""
    if name in _COUNTS:
        return of("int")
    if name == "size":
        return of("int") if arguments else container("tuple", of("int"))
    if name == "item":
        return None if kinds is None else union(_number(kind) for kind in kinds)
    if name in _NEW:
        return kinds
    if name in _LIKE or name in _JOINING:
        return None
    return of_function(name, kinds, floating=None)


def _number(kind: Kind) -> Kinds:
    name = kind.name.removesuffix("-tensor")
    return of(name) if name in ("bool", "int", "float", "complex") else None


def of_function(name: str, kinds: Kinds, floating: bool | None) -> Kinds:
    """A function or method called ``name`` whose first tensor has these kinds.

    ``floating``: whether everything else it is given is known not to be complex.
    """
    if name in _BOOL:
        return of("bool-tensor")
    if name in _INT:
        return of("int-tensor")
    if name in _FLOAT:
        return of("float-tensor")
    if name in ("any", "all"):
        return of("bool-tensor", "int-tensor")  # of uint8, uint8
    if kinds is None:
        return None
    if name in ("abs", "absolute"):
        inside = {kind.name for kind in kinds}
        return of(*("float-tensor" if item == "complex-tensor" else item for item in inside))
    name = name.removesuffix("_") if name not in ("requires_grad_",) else name
    if name in _SHAPES or name in _LIKE:
        return kinds
    if (
        name in _FLOATING or name in ("zero", "fill", "normal", "uniform", "copy", "random", "exponential")
    ) and all(kind.name in ("float-tensor", "complex-tensor") for kind in kinds):
        return kinds if floating or not kinds else of("float-tensor", "complex-tensor")
    return None


def joined(name: str, kinds: Kinds) -> Kinds:
    """``torch.cat`` and its like, of tensors of these kinds."""
    if name not in _JOINING or kinds is None:
        return None
    names = {kind.name for kind in kinds}
    if len(names) <= 1 or names <= {"float-tensor", "complex-tensor"}:
        return kinds
    return None


def is_joining(name: str) -> bool:
    """Whether a function of torch joins a list of tensors."""
    return name in _JOINING


def is_like(name: str) -> bool:
    """Whether a function of torch makes a tensor like another one, dtype included."""
    return name in _LIKE
