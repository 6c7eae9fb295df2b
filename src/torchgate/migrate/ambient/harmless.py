"""Closed lists: callables outside the project and outside torch that read no ambient default.

Whatever is in none of these lists is refused, so a name belongs here only if it neither makes tensors nor
calls back into code that might. Callables that do call back (``sorted(key=...)``) are listed by themselves.
"""

from __future__ import annotations

BUILTINS = frozenset(
    """
        abs all any bool bytearray bytes callable chr classmethod complex delattr dict dir divmod
        enumerate float frozenset getattr hasattr hash hex id input int isinstance issubclass iter
        len list map max memoryview min next object oct open ord pow property range reversed round
        set setattr slice sorted staticmethod sum super tuple type vars zip filter print repr str
        format ascii bin globals locals NotImplemented Ellipsis
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Of these, some have conditions of their own (``reads`` knows them)."""

CONSUMERS = frozenset(
    "builtins." + name
    for name in ["all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"]
)
"""Built-ins that run through an iterator before they return."""
ITERATING = CONSUMERS | {f"builtins.{name}" for name in ("enumerate", "iter", "map", "filter", "zip", "next")}
COMPARING = frozenset(f"builtins.{name}" for name in ("max", "min", "sorted"))
ADDING = frozenset(["builtins.sum"])

MODULES = frozenset(
    """
        abc argparse base64 bisect calendar cmath collections contextlib copy csv dataclasses
        datetime decimal enum errno fractions functools gc getpass glob gzip hashlib heapq hmac html
        inspect io itertools json keyword locale logging math numbers numpy operator os pathlib
        pickle platform pprint queue random re secrets shutil signal socket statistics string struct
        subprocess sys tempfile textwrap time timeit traceback types typing typing_extensions
        unicodedata uuid warnings weakref zipfile zlib
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Modules whose functions have nothing to do with torch. A function passed to one is another matter."""

LIBRARIES = frozenset(["pytest.raises", "pytest.warns", "pytest.skip", "pytest.xfail", "pytest.fail"])
"""Functions of other packages that have nothing to do with torch, as long as they are given no function."""

CALLING = frozenset(
    """
        functools.reduce itertools.accumulate itertools.starmap itertools.takewhile
        itertools.dropwhile itertools.filterfalse itertools.groupby timeit.timeit timeit.repeat
        runpy.run_module runpy.run_path operator.methodcaller operator.attrgetter pickle.load
        pickle.loads pickle.dump pickle.dumps operator.truediv operator.add operator.mul
        operator.sub operator.pow operator.mod operator.floordiv statistics.mean statistics.fmean
        statistics.stdev statistics.pstdev statistics.variance pprint.pprint pprint.pformat
        pprint.pp numpy.vectorize functools.singledispatch functools.cmp_to_key
        functools.total_ordering types.new_class contextlib.contextmanager
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Exceptions to ``MODULES``: they run code that is handed to them, or operators on what they are given."""

LOCKS = frozenset(
    f"threading.{name}"
    for name in """
        Lock RLock Event Condition Semaphore BoundedSemaphore Barrier current_thread main_thread
        get_ident active_count
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""What makes threads wait for each other, or tells of them, and gives them no work."""

WORKERS = frozenset(
    ["threading", "concurrent", "multiprocessing", "asyncio", "joblib", "ray", "dask", "trio"]
)
SUBMITTING = frozenset(
    [
        "submit",
        "apply_async",
        "map_async",
        "starmap_async",
        "imap",
        "imap_unordered",
        "run_in_executor",
        "start_new_thread",
    ]
)
"""Methods of executors and pools, on whatever object."""

CONTEXTS = frozenset(
    """
        torch.no_grad torch.inference_mode torch.enable_grad torch.set_grad_enabled
        torch.random.fork_rng contextlib.nullcontext contextlib.suppress contextlib.ExitStack
        contextlib.closing contextlib.redirect_stdout contextlib.redirect_stderr builtins.open
        tempfile.TemporaryDirectory tempfile.NamedTemporaryFile tempfile.TemporaryFile
        warnings.catch_warnings pytest.raises pytest.warns
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Context managers whose enter and exit read nothing."""

QUIET_CONTEXTS = frozenset(
    [
        "torch.no_grad",
        "torch.inference_mode",
        "torch.enable_grad",
        "torch.set_grad_enabled",
        "contextlib.nullcontext",
        "contextlib.ExitStack",
    ]
)
"""Contexts in front of which one may evaluate what is written behind them: they catch and hush nothing."""

TRANSPARENT = frozenset(
    [
        "builtins.staticmethod",
        "builtins.classmethod",
        "torch.no_grad",
        "torch.inference_mode",
        "torch.enable_grad",
        "typing.override",
        "typing.final",
        "typing.no_type_check",
        "typing_extensions.override",
        "typing_extensions.final",
        "abc.abstractmethod",
    ]
)
"""Decorators that hand every argument on, and add nothing to a call that a default could reach."""
CACHES = frozenset(["functools.cache", "functools.lru_cache", "functools.cached_property"])
CONTEXT_MANAGERS = frozenset(["contextlib.contextmanager"])

BASES = frozenset(
    [
        "builtins.object",
        "torch.nn.Module",
        "torch.nn.modules.module.Module",
        "torch.utils.data.Dataset",
        "torch.utils.data.IterableDataset",
        "abc.ABC",
        "typing.Protocol",
        "typing.Generic",
        "typing_extensions.Protocol",
    ]
)
"""Base classes outside the project whose constructor takes nothing and reads nothing."""

STR_METHODS = frozenset(name for name in dir(str) if not name.startswith("_")) - {"format", "format_map"}
NUMBER_METHODS = frozenset(
    name for kind in (int, float, complex) for name in dir(kind) if not name.startswith("_")
)
CONTAINER_METHODS = frozenset(
    name for kind in (list, dict, set, tuple) for name in dir(kind) if not name.startswith("_")
) - {"sort"}

TENSOR_METHODS = frozenset(
    ["cuda", "data_ptr", "untyped_storage", "__hash__", "__deepcopy__", "element_size"]
)
"""Methods of tensors that the table does not list, and that place or read nothing."""
MODULE_METHODS = frozenset(
    """
        add_module bfloat16 buffers children cpu cuda double eval extra_repr float get_buffer
        get_parameter get_submodule half load_state_dict modules named_buffers named_children
        named_modules named_parameters parameters register_buffer register_module register_parameter
        requires_grad_ share_memory state_dict to train zero_grad append extend insert keys values
        items update
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Methods of ``torch.nn`` modules and their containers that make nothing of a default."""
OPTIMIZER_METHODS = frozenset(
    ["zero_grad", "state_dict", "load_state_dict", "add_param_group", "get_last_lr"]
)
GENERATOR_METHODS = frozenset(["manual_seed", "seed", "initial_seed", "get_state", "set_state"])
TORCH = frozenset(
    """
        torch.device torch.Size torch.iinfo torch.cuda.synchronize torch.cuda.empty_cache
        torch.cuda.manual_seed torch.cuda.manual_seed_all torch.cuda.is_initialized
        torch.cuda.current_device torch.seed torch.cuda.memory_allocated
        torch.cuda.max_memory_allocated torch.cuda.reset_peak_memory_stats
        torch.are_deterministic_algorithms_enabled torch.get_num_interop_threads
        torch.backends.mps.is_available torch.jit.is_scripting torch.jit.is_tracing
        torch.random.manual_seed torch.distributed.is_available torch.distributed.is_initialized
        torch.distributed.get_rank torch.distributed.get_world_size torch.nn.Module.__init__
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Callables of torch that the table does not list, and that place or read nothing."""

TORCH_CALLING = (
    "torch.func.",
    "torch.vmap",
    "torch.autograd.functional.",
    "torch.utils.checkpoint.",
    "torch.optim.lr_scheduler.LambdaLR",
    "torch.nn.utils.parametriz",
)
"""Callables of torch, by how their names begin, that call what they are given."""

SHARED_METHODS = frozenset(
    ["expand", "update", "compute", "sample", "step", "map", "split", "sort", "apply", "pad"]
)
"""Names of methods that tensors or containers have, and that library objects give a meaning of their own."""

FORWARD = frozenset(
    "torch.nn." + name
    for name in """
        Linear Bilinear Identity Embedding Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d
        ConvTranspose3d BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm InstanceNorm1d
        InstanceNorm2d InstanceNorm3d ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Hardtanh
        Hardswish Softplus PReLU Softmax LogSoftmax Dropout Dropout1d Dropout2d Dropout3d Flatten
        Unflatten MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d
        AdaptiveAvgPool2d AdaptiveAvgPool3d MSELoss L1Loss SmoothL1Loss HuberLoss CrossEntropyLoss
        NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss GRUCell LSTMCell RNNCell GRU LSTM RNN
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Modules whose forward pass reads no default device, and none of dtype on floating inputs (a test tries)."""
