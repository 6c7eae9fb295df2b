"""What may matter in a file: kinds of source, and names of the standard library that are known."""

from __future__ import annotations

# The kinds of source. A dotted name of the standard library is one as well: "os.environ".
ANYTHING = "@anything"  # loaders, or text that is not understood: everything may come from there
TORCH = "@torch"  # an import statement of a gated package
HANDLE = "@handle"  # a parameter or field that carries the handle; an effect function
IMPLICIT = "@implicit"  # an import statement of a package that imports torch
GATES = "@gates"  # an import statement of a runtime or torch-bound module
EFFECTS = "@effects"  # an effect function
FACADES = "@facades"  # a configured facade, by import or by its last name
HELPERS = "@helpers"  # the last name of a configured default helper

CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
# Decorators that leave what a call gives as it is.
TRANSPARENT = (
    frozenset(
        [
            "abc.abstractclassmethod",
            "abc.abstractmethod",
            "abc.abstractproperty",
            "abc.abstractstaticmethod",
            "atexit.register",
            "builtins.classmethod",
            "builtins.property",
            "builtins.staticmethod",
            "functools.cache",
            "functools.cached_property",
            "functools.lru_cache",
            "functools.wraps",
            "torch._dynamo.disable",
            "torch.amp.autocast",
            "torch.autocast",
            "torch.autograd.profiler.record_function",
            "torch.compile",
            "torch.compiler.disable",
            "torch.cpu.amp.autocast",
            "torch.cuda.amp.autocast",
            "torch.enable_grad",
            "torch.inference_mode",
            "torch.jit.export",
            "torch.jit.ignore",
            "torch.jit.unused",
            "torch.no_grad",
            "torch.profiler.record_function",
            "torch.set_grad_enabled",
            "types.coroutine",
            "typing.final",
            "typing.no_type_check",
            "typing.overload",
            "typing.override",
            "typing.type_check_only",
            "typing_extensions.deprecated",
            "typing_extensions.final",
            "typing_extensions.override",
            "warnings.deprecated",
        ]
    )
    | CONTEXT_MANAGERS
)

# What gives modules and attributes by names that may be computed, or runs text.
LOADERS = (
    "builtins",
    "importlib.__import__",
    "importlib.find_loader",
    "importlib.import_module",
    "importlib.machinery",
    "importlib.reload",
    "importlib.util",
    "operator.attrgetter",
    "pkgutil",
    "pytest.importorskip",
    "runpy",
    "sys.modules",
)
# Built-in functions by which names are reached that nobody wrote.
GIVING = frozenset(
    "__import__ __lazy_import__ compile delattr eval exec getattr globals locals setattr vars".split()  # noqa: SIM905
)
# What rules look for, besides: a module that gives one away under another name is followed.
WATCHED = (
    *LOADERS,
    "_thread.get_ident",
    "os.environ",
    "os.environb",
    "os.putenv",
    "os.unsetenv",
    "threading.activeCount",
    "threading.active_count",
    "threading.currentThread",
    "threading.current_thread",
    "threading.enumerate",
    "threading.get_ident",
    "threading.get_native_id",
    "threading.main_thread",
)
# Other names that rules and the analysis know, wherever they stand: what a module of the project gives under
# such a name is always looked up.
KNOWN = [
    *TRANSPARENT,
    "asyncio.run",
    "attr.field",
    "attr.ib",
    "attrs.field",
    "collections.ChainMap",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "contextlib.AsyncContextDecorator",
    "contextlib.AsyncExitStack",
    "contextlib.ContextDecorator",
    "contextlib.ExitStack",
    "contextlib.nullcontext",
    "contextlib.suppress",
    "copy.copy",
    "copy.deepcopy",
    "dataclasses.field",
    "functools.partial",
    "functools.update_wrapper",
    "inspect.isclass",
    "inspect.isfunction",
    "inspect.isroutine",
    "os._exit",
    "os.abort",
    "os.getenv",
    "os.kill",
    "pytest.exit",
    "pytest.fail",
    "pytest.raises",
    "pytest.skip",
    "pytest.xfail",
    "sys.exit",
    "threading.local",
    "types.ModuleType",
    "types.SimpleNamespace",
    "typing.Any",
    "typing.TYPE_CHECKING",
    "typing.assert_type",
    "typing.cast",
    "typing.reveal_type",
    "typing_extensions.TYPE_CHECKING",
    "typing_extensions.assert_type",
    "typing_extensions.cast",
    "typing_extensions.reveal_type",
    "unittest.mock.MagicMock",
    "unittest.mock.Mock",
    "warnings.warn",
    "warnings.warn_explicit",
    "weakref.WeakKeyDictionary",
    "weakref.WeakSet",
    "weakref.WeakValueDictionary",
]
KNOWN_WORDS = frozenset(part for name in (*KNOWN, *WATCHED) for part in name.split("."))
_WATCHED = frozenset(WATCHED)
_TOPS = frozenset(name.partition(".")[0] for name in WATCHED)


def is_watched(dotted: str) -> bool:
    """Whether a dotted name is one that rules look for, or lies in one."""
    top = dotted.partition(".")[0]
    if top not in _TOPS:
        return False
    if dotted.startswith("builtins."):
        return dotted[9:] in GIVING
    return dotted in _WATCHED or any(dotted.startswith(f"{name}.") for name in WATCHED)


def holds_watched(dotted: str) -> bool:
    """Whether a dotted name is a module or package in which names lie that rules look for."""
    if dotted.partition(".")[0] not in _TOPS:
        return False
    return dotted == "builtins" or any(name.startswith(f"{dotted}.") for name in WATCHED)


def decides_for_types(dotted: str) -> bool:
    """Whether a dotted name is ``TYPE_CHECKING``, a module that has it, or the last part of one of these."""
    return dotted.removesuffix(".TYPE_CHECKING") in ("TYPE_CHECKING", "typing", "typing_extensions")
