"""The catalogue: the calls that are probed, written as a user writes them.

A case is an expression whose outermost node is the call. ``{}`` stands for one dtype-deciding argument and
is filled with every spelling of every kind in ``KINDS``. Names other than torch and np are in fixtures.py.
"""

from __future__ import annotations

# What a codemod can tell about an argument by reading it. "absent" is the call without the argument.
NUMBERS = {
    "bool": ("True",),
    "int": ("3", "-2"),
    "float": ("2.5", "0.1"),
    "complex": ("(1+2j)",),
}
SCALAR_TENSORS = {
    "bool-tensor": ("bool_0",),
    "int-tensor": ("i64_0", "i32_0"),
    "float-tensor": ("f16_0", "f32_0", "f64_0"),
    "complex-tensor": ("c64_0", "c128_0"),
}
NUMPY_SCALARS = {
    "numpy-bool": ("np.bool_(True)",),
    "numpy-int": ("np.int64(3)", "np.int32(3)"),
    "numpy-float": ("np.float64(2.5)", "np.float32(2.5)", "np.float16(2.5)"),
    "numpy-complex": ("np.complex128(1+2j)", "np.complex64(1+2j)"),
}
SCALARS = NUMBERS | SCALAR_TENSORS | NUMPY_SCALARS | {"none": ("None",), "str": ("'3'",)}

# The kinds that may be mixed in one call or list: the generator proves that the strongest effect wins.
MIXABLE = tuple(NUMBERS)

# An element kind decides alike as a scalar, in a flat list, nested, in a tuple, and twice: the generator
# proves that for every function, so that one kind a function is enough.
SHAPES = ("{}", "[{}]", "[{}, {}]", "[[{}], [{}]]", "({},)", "[({}, {})]")
ARRAYS = {
    "empty": ("[]", "()", "[[]]"),
    "range": ("range(3)",),
    "bool-tensor": ("bool_1",),
    "int-tensor": ("i64_1", "u8_1"),
    "float-tensor": ("f16_1", "f32_1", "f64_1", "f32_1.requires_grad_()"),
    "complex-tensor": ("c64_1", "c128_1"),
    "numpy-bool": ("np.array([True, False])",),
    "numpy-int": ("np.array([1, 2])", "np.array(3)", "np.array([1, 2], dtype=np.uint8)"),
    "numpy-float": ("np.array([1.5, 2.5])", "np.array(1.5)", "np.array([1.5], dtype=np.float32)"),
    "numpy-complex": ("np.array([1j])", "np.array([1j], dtype=np.complex64)"),
}

SIZES = ("3", "2, 3", "(2, 3)", "[2, 3]", "size=(2, 3)", "()", "torch.Size([2])", "0")


def _sized(name: str, *more: str) -> tuple[str, ...]:
    return tuple(f"{name}({size})" for size in SIZES) + tuple(f"{name}({args})" for args in more)


# name -> calls whose dtype does not depend on an argument
PLAIN: dict[str, tuple[str, ...]] = {
    "torch.zeros": _sized("torch.zeros", "2, requires_grad=True", "2, layout=torch.sparse_coo"),
    "torch.ones": _sized("torch.ones", "2, requires_grad=True"),
    "torch.empty": _sized(
        "torch.empty", "2, requires_grad=True", "(1, 2, 3, 3), memory_format=torch.channels_last"
    ),
    "torch.rand": _sized("torch.rand", "2, generator=generator", "2, requires_grad=True"),
    "torch.randn": _sized("torch.randn", "2, generator=generator", "2, requires_grad=True"),
    "torch.eye": ("torch.eye(3)", "torch.eye(2, 3)", "torch.eye(2, m=3)", "torch.eye(n=2)"),
    "torch.empty_strided": ("torch.empty_strided((2, 3), (1, 2))", "torch.empty_strided([2], [1])"),
    "torch.empty_permuted": ("torch.empty_permuted((2, 3), (1, 0))",),
    # Nothing fills quantized memory, so only an empty tensor compares.
    "torch.empty_quantized": ("torch.empty_quantized((0,), quantized)",),
    "torch.randint": (
        "torch.randint(5, (2,))",
        "torch.randint(2, 5, (2,))",
        "torch.randint(high=5, size=(2,))",
        "torch.randint(5, (2,), generator=generator)",
    ),
    "torch.randperm": ("torch.randperm(5)", "torch.randperm(5, generator=generator)"),
    "torch.tril_indices": ("torch.tril_indices(3, 3)", "torch.tril_indices(3, 3, 1)"),
    "torch.triu_indices": ("torch.triu_indices(3, 3)", "torch.triu_indices(row=3, col=3, offset=1)"),
    "torch.bartlett_window": (
        "torch.bartlett_window(5)",
        "torch.bartlett_window(5, False)",
        "torch.bartlett_window(1)",
    ),
    "torch.blackman_window": ("torch.blackman_window(5)", "torch.blackman_window(5, periodic=False)"),
    "torch.hamming_window": (
        "torch.hamming_window(5)",
        "torch.hamming_window(5, True, 0.5)",
        "torch.hamming_window(5, True, 0.5, 0.4)",
    ),
    "torch.hann_window": ("torch.hann_window(5)", "torch.hann_window(5, False)", "torch.hann_window(0)"),
    "torch.kaiser_window": (
        "torch.kaiser_window(5)",
        "torch.kaiser_window(5, True)",
        "torch.kaiser_window(5, True, 9.0)",
    ),
    "torch.fft.fftfreq": ("torch.fft.fftfreq(5)", "torch.fft.fftfreq(5, 0.5)", "torch.fft.fftfreq(4, d=2)"),
    "torch.fft.rfftfreq": (
        "torch.fft.rfftfreq(5)",
        "torch.fft.rfftfreq(5, 0.5)",
        "torch.fft.rfftfreq(4, d=2)",
    ),
    **{
        f"torch.signal.windows.{name}": (
            f"torch.signal.windows.{name}(5{args})",
            f"torch.signal.windows.{name}(1{args})",
            f"torch.signal.windows.{name}(5{args}, sym=False)",
            f"torch.signal.windows.{name}(6{args}, requires_grad=True)",
        )
        for name, args in {
            "bartlett": "",
            "blackman": "",
            "cosine": "",
            "exponential": ", tau=2.0",
            "gaussian": ", std=1.5",
            "general_cosine": ", a=[0.4, 0.6]",
            "general_hamming": ", alpha=0.5",
            "hamming": "",
            "hann": "",
            "kaiser": ", beta=9.0",
            "nuttall": "",
        }.items()
    },
    "torch.from_file": ("torch.from_file(raw_file, size=2)",),
    "torch.nn.Transformer.generate_square_subsequent_mask": (
        "torch.nn.Transformer.generate_square_subsequent_mask(3)",
    ),
    "torch.nn.UninitializedParameter": (
        "torch.nn.UninitializedParameter()",
        "torch.nn.UninitializedParameter(False)",
    ),
    "torch.nn.UninitializedBuffer": ("torch.nn.UninitializedBuffer()",),
}

# Results that take device and dtype from an argument: nothing ambient, nothing to add.
LIKE: dict[str, tuple[str, ...]] = {
    **{
        f"torch.{name}": (
            f"torch.{name}(f64_1{args})",
            f"torch.{name}(f32_1{args})",
            f"torch.{name}(i64_1{args})",
        )
        for name, args in {
            "zeros_like": "",
            "ones_like": "",
            "empty_like": "",
            "rand_like": "",
            "randn_like": "",
            "full_like": ", 2.5",
            "randint_like": ", 5",
        }.items()
    },
    **{
        f"torch.Tensor.{name}": (f"f64_1.{name}({args})", f"f32_1.{name}({args})", f"i64_1.{name}({args})")
        for name, args in {
            "new_zeros": "3",
            "new_ones": "3",
            "new_empty": "3",
            "new_full": "(2,), 2.5",
            "new_tensor": "[1, 2.5]",
            "new_empty_strided": "(2,), (1,)",
            "new": "[1, 2]",
        }.items()
    },
    "torch.from_numpy": ("torch.from_numpy(np.array([1.5]))", "torch.from_numpy(np.array([1]))"),
    "torch.from_dlpack": ("torch.from_dlpack(f64_1)", "torch.from_dlpack(np.array([1.5]))"),
    "torch.frombuffer": ("torch.frombuffer(bytearray(8), dtype=torch.float32)",),
    "torch.Generator": ("torch.Generator()",),
    "torch.UntypedStorage": ("torch.UntypedStorage(4)",),
    "torch.sparse.spdiags": ("torch.sparse.spdiags(f32_2, i64_1, (2, 2))",),
    "torch.nested.as_nested_tensor": (
        "torch.nested.as_nested_tensor([f32_1, f32_1])",
        "torch.nested.as_nested_tensor([f32_1, f32_1], layout=torch.jagged)",
    ),
    "torch.nested.nested_tensor_from_jagged": ("torch.nested.nested_tensor_from_jagged(f32_1, offsets)",),
}

# Type-named constructors: they take no dtype keyword, and a device keyword only for their own device.
LEGACY: dict[str, tuple[str, ...]] = {
    "torch.Tensor": (
        "torch.Tensor()",
        "torch.Tensor(2)",
        "torch.Tensor(2, 3)",
        "torch.Tensor([1, 2.5])",
        "torch.Tensor((1,))",
    ),
    **{
        f"torch.{name}Tensor": (
            f"torch.{name}Tensor()",
            f"torch.{name}Tensor(2)",
            f"torch.{name}Tensor([1, 2])",
        )
        for name in ("Float", "Double", "Half", "BFloat16", "Int", "Long", "Short", "Char", "Byte", "Bool")
    },
    **{f"torch.{name}Storage": (f"torch.{name}Storage(2)",) for name in ("Float", "Double", "Long", "Half")},
}

# name -> (deciding parameters, calls with {} for each of them in order, are sequences taken)
DECIDED: dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    "torch.tensor": (
        ("data",),
        ("torch.tensor({})", "torch.tensor(data={})", "torch.tensor({}, requires_grad=False)"),
        True,
    ),
    "torch.as_tensor": (("data",), ("torch.as_tensor({})",), True),
    "torch.asarray": (("obj",), ("torch.asarray({})", "torch.asarray({}, copy=True)"), True),
    "torch.scalar_tensor": (("s",), ("torch.scalar_tensor({})",), False),
    "torch.full": (
        ("fill_value",),
        ("torch.full((2,), {})", "torch.full(size=[2, 3], fill_value={})", "torch.full((), {})"),
        False,
    ),
    "torch.arange": (
        ("start", "end", "step"),
        (
            "torch.arange({})",
            "torch.arange({}, {})",
            "torch.arange({}, {}, {})",
            "torch.arange(start={}, end={})",
            "torch.arange(end={})",
        ),
        False,
    ),
    "torch.range": (("start", "end", "step"), ("torch.range({}, {})", "torch.range({}, {}, {})"), False),
    "torch.linspace": (
        ("start", "end"),
        ("torch.linspace({}, {}, 5)", "torch.linspace({}, {}, steps=5)"),
        False,
    ),
    "torch.logspace": (
        ("start", "end"),
        ("torch.logspace({}, {}, 5)", "torch.logspace({}, {}, steps=3, base=2)"),
        False,
    ),
    "torch.normal": (
        ("mean", "std"),
        (
            "torch.normal({}, {}, (3,))",
            "torch.normal({}, {}, size=(3,), generator=generator)",
            "torch.normal({})",
            "torch.normal({}, {})",
        ),
        False,
    ),
    "torch.nested.nested_tensor": (
        ("tensor_list",),
        ("torch.nested.nested_tensor([[{}], [{}, {}]])",),
        False,
    ),
    "torch.nn.Parameter": (
        ("data",),
        ("torch.nn.Parameter({})", "torch.nn.Parameter({}, requires_grad=False)"),
        True,
    ),
    "torch.nn.Buffer": (("data",), ("torch.nn.Buffer({})", "torch.nn.Buffer({}, persistent=False)"), True),
    "torch.sparse_coo_tensor": (("values",), ("torch.sparse_coo_tensor([[0], [1]], [{}], (2, 2))",), False),
    **{
        f"torch.sparse_{layout}_tensor": (
            ("values",),
            (f"torch.sparse_{layout}_tensor({index}, {values}, (2, 2))",),
            False,
        )
        for layout, index, values in (
            ("csr", "[0, 1, 1], [1]", "[{}]"),
            ("csc", "[0, 1, 1], [1]", "[{}]"),
            ("bsr", "[0, 1, 1], [1]", "[[[{}]]]"),
            ("bsc", "[0, 1, 1], [1]", "[[[{}]]]"),
        )
    },
    "torch.sparse_compressed_tensor": (
        ("values",),
        ("torch.sparse_compressed_tensor([0, 1, 1], [1], [{}], (2, 2), layout=torch.sparse_csr)",),
        False,
    ),
}

# Calls of the above without the deciding argument: the kind "absent".
BARE: dict[str, tuple[str, ...]] = {
    "torch.nn.Parameter": ("torch.nn.Parameter()", "torch.nn.Parameter(requires_grad=False)"),
    "torch.nn.Buffer": ("torch.nn.Buffer()", "torch.nn.Buffer(persistent=False)"),
    "torch.sparse_coo_tensor": ("torch.sparse_coo_tensor((2, 2))", "torch.sparse_coo_tensor(size=(2, 2))"),
}
