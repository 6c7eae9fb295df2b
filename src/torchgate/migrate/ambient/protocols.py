"""What Python's own operations and functions ask of an object that they are given: methods that run without
being named."""

from __future__ import annotations

import _ast as ast

ITERATED = ("__iter__", "__next__", "__getitem__", "__len__", "__length_hint__")
MAPPED = ("keys", "__getitem__", "__iter__")
KEYED = ("__hash__", "__eq__", "__index__")
CHECKED = ("__instancecheck__", "__subclasscheck__", "__subclasshook__", "__getattr__", "__getattribute__")
TRUE = ("__bool__", "__len__")
ORDERED = ("__lt__", "__gt__", "__le__", "__ge__")
SHOWN = ("__str__", "__repr__", "__format__", "extra_repr", "_get_name")  # the last two of modules
READ = ("__getattr__", "__getattribute__", "__get__")
WRITTEN = ("__setattr__", "__delattr__", "__set__", "__delete__")
CONTAINED = ("__contains__", "__eq__", "__iter__", "__hash__", "__getitem__")
FILED = ("write", "writelines", "flush", "read", "readline", "close", "seek", "tell")
MATCHED = (
    "__instancecheck__",
    "__getitem__",
    "__len__",
    "get",
    "keys",
    "__contains__",
    "__eq__",
    "__getattr__",
    "__getattribute__",
)
# What the methods that abstract containers give to their subclasses call.
MIXED_IN = (
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
    "__missing__",
    "__iter__",
    "__len__",
    "__eq__",
    "__reversed__",
    "insert",
    "add",
    "discard",
    "append",
    "extend",
    "keys",
    "items",
    "values",
)
# What contexts of the standard library run of what they are given, at their end or before it.
CONTEXTS = {
    "contextlib.closing": ("close",),
    "contextlib.redirect_stdout": FILED,
    "contextlib.redirect_stderr": FILED,
}
# Making a class: what its bases, its metaclass and what stands in its body are told of it.
CLASS_MADE = ("__init_subclass__", "__set_name__", "__prepare__", "__mro_entries__", "_generate_next_value_")
_NUMBER = (
    "__float__",
    "__index__",
    "__int__",
    "__complex__",
    "__trunc__",
    "__floor__",
    "__ceil__",
    "__round__",
)
COPIED = (
    "__getnewargs__",
    "__getnewargs_ex__",
    "__setitem__",
    "__hash__",
    "__copy__",
    "__deepcopy__",
    "__reduce__",
    "__reduce_ex__",
    "__setstate__",
    "__getstate__",
    "__new__",
)
# Torch's functions and methods of tensors, of an argument that is no tensor.
TORCH = ("__index__", "__float__", "__int__", "__bool__", "__complex__", "__array__", "__dlpack__")
# What holds in a container what it is given compares or hashes the elements, too.
_DEEP = frozenset(["__hash__", "__eq__", *ORDERED])
# What a container's augmented assignment asks of the other operand.
IN_PLACE: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Add: ITERATED,
    ast.BitOr: tuple(dict.fromkeys((*MAPPED, *ITERATED))),
    ast.Mult: ("__index__",),
}
_BUFFER = ("__bytes__", "__buffer__", "__index__", *ITERATED)
BUILTINS: dict[str, tuple[str, ...]] = {
    "abs": ("__abs__",),
    "bin": ("__index__",),
    "bool": TRUE,
    "bytearray": _BUFFER,
    "bytes": _BUFFER,
    "chr": ("__index__",),
    "complex": _NUMBER,
    "dict": tuple(dict.fromkeys((*MAPPED, *KEYED))),
    "dir": ("__dir__",),
    "divmod": ("__divmod__", "__rdivmod__"),
    "float": _NUMBER,
    "frozenset": (*KEYED, "__length_hint__"),
    "hash": ("__hash__",),
    "hex": ("__index__",),
    "int": _NUMBER,
    "len": ("__len__",),
    "list": ("__length_hint__",),
    "memoryview": ("__buffer__",),
    "next": ("__next__",),
    "oct": ("__index__",),
    "open": ("__fspath__", "__index__"),
    "pow": ("__pow__", "__rpow__"),
    "range": ("__index__",),
    "reversed": ("__reversed__", "__len__", "__getitem__"),
    "round": ("__round__", "__index__"),
    "set": (*KEYED, "__length_hint__"),
    "tuple": ("__length_hint__",),
}
"""Of each argument. What the walk judges by itself is not here: ``print``, ``sorted``, and all iteration."""

# Methods of containers and of text that run through what they are given.
_DRAWING = frozenset(
    """
        extend update union intersection difference symmetric_difference intersection_update
        difference_update symmetric_difference_update issubset issuperset isdisjoint fromkeys join
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
_NAMED = ("named_parameters", "_named_members", "named_modules", "parameters", "modules", "children")
_OF_MODULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("to cpu cuda float double half bfloat16 share_memory", ("_apply", "train", "to")),
    ("parameters zero_grad requires_grad_ named_parameters", _NAMED),
    ("buffers named_buffers", (*_NAMED, "named_buffers")),
    ("modules named_modules children named_children", (*_NAMED, "named_children")),
    ("train eval", ("train", "children")),
    ("append extend insert update", ("add_module", "__setitem__")),
    ("get_buffer get_parameter get_submodule", ("get_submodule", "__getattr__")),
    ("state_dict", ("_save_to_state_dict", "get_extra_state")),
    ("load_state_dict", ("_load_from_state_dict", "set_extra_state")),
    ("register_module", ("add_module",)),
)
MODULES = {name: asked for names, asked in _OF_MODULES for name in names.split()}
"""What the methods of ``torch.nn.Module`` and its containers call, of the module and of those below it."""

_SEQUENCE = (*ITERATED, *KEYED)
_OF_LIBRARY: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "abc argparse enum errno functools gc getpass html inspect keyword locale logging platform queue re",
        (),
    ),
    ("secrets signal socket string textwrap timeit traceback types typing typing_extensions unicodedata", ()),
    ("uuid warnings", ()),
    ("base64 hashlib hmac zlib", _BUFFER),
    ("calendar cmath datetime decimal fractions math numbers struct time", (*_NUMBER, *ITERATED)),
    ("glob os pathlib shutil subprocess tempfile", ("__fspath__", *_NUMBER)),
    ("csv gzip io zipfile", (*FILED, "__fspath__", *ITERATED)),
    ("bisect heapq statistics", (*ORDERED, *ITERATED, "__eq__", "__add__", "__radd__")),
    ("collections", (*MAPPED, *_SEQUENCE)),
    ("contextlib", ("close", *FILED)),
    ("copy dataclasses", COPIED),
    ("itertools", (*ITERATED, "__index__", "__bool__")),
    ("json", (*FILED, "items", *ITERATED)),
    ("numpy", ("__array__", "__array_function__", "__array_ufunc__", "__array_interface__", *_NUMBER)),
    ("operator", (*_SEQUENCE, *ORDERED, *TRUE)),  # and what the function is called after
    ("pickle", (*COPIED, *FILED)),
    ("pprint", SHOWN),
    ("random", (*ITERATED, *_NUMBER, "__setitem__")),
    ("sys", ("__sizeof__",)),
    ("weakref", KEYED),
)
LIBRARY = {name: asked for names, asked in _OF_LIBRARY for name in names.split()}
"""What functions of the standard library, and of numpy, ask of their arguments, by the package. Sequences of
the project's own that numpy is given are taken for granted to be none."""


def asked_by(method: str) -> tuple[str, ...]:
    """The methods that a container's or a text's method may run on what it is given."""
    if method == "append":
        return ()
    if method == "format_map":
        return ("__getitem__", "__missing__", *SHOWN)
    return tuple(dict.fromkeys((*ITERATED, *MAPPED, *KEYED))) if method in _DRAWING else KEYED


def is_deep(names: tuple[str, ...]) -> bool:
    """Whether who asks for these asks the elements of a container as well."""
    return not _DEEP.isdisjoint(names)


def of_library(dotted: str) -> tuple[str, ...]:
    """What a function of the standard library may run of its arguments."""
    package, _, name = dotted.partition(".")
    found = LIBRARY.get(package, ())
    if package != "operator":
        return found
    name = name.strip("_")  # `operator.iadd`, `operator.__neg__`
    return (*found, *(f"__{form}{name}__" for form in ("", "r", "i")), f"__{name[1:]}__", f"__r{name[1:]}__")
