"""The kinds of what calls give."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import results
from torchgate.migrate.ambient.kinds import Kinds
from torchgate.semantics.values import Function, Ref, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgate.migrate.ambient.definitions import File
    from torchgate.migrate.ambient.files import Files
    from torchgate.migrate.factories import FactoryTable


class CallKinds:
    """The part of the inference that knows calls."""

    _files: Files
    _table: FactoryTable

    def kinds(self, file: File, node: ast.expr) -> Kinds:
        """Overridden by the layer that knows expressions."""
        raise NotImplementedError

    def _settle(self, key: tuple[object, str], compute: Callable[[], Kinds]) -> Kinds:
        """Overridden by the layer that keeps answers."""
        raise NotImplementedError

    def _call(self, file: File, node: ast.Call) -> Kinds:
        value = file.module.value(node.func)
        if isinstance(value, Ref | Function) and not file.is_certain(node.func):
            return None
        if isinstance(value, Ref):
            name = torch_name(file.module, value)
            if name:
                return self._torch_call(file, node, self._table.canonical(name))
            if value.package == "builtins":
                return self._builtin(file, node, value.dotted[9:])
            if value.package == "math":
                return None if value.dotted in _NOT_FLOAT else k.of(_MATH.get(value.dotted[5:], "float"))
            if value.dotted in _NUMBER_MAKERS:
                return k.of(_NUMBER_MAKERS[value.dotted])
            if value.dotted in _NUMPY_MAKERS:
                return k.NUMPY
        if isinstance(value, Function | Ref):
            return self._project_call(file, value)
        if isinstance(node.func, ast.Name) and self.module_class(file, node.func) in FLOATING_LAYERS:
            inside = [self.kinds(file, item) for item in node.args]
            known = file.is_certain(node.func) and all(k.only(item, k.FLOATING) for item in inside)
            return k.of("float-tensor", "complex-tensor") if known else None
        if isinstance(node.func, ast.Attribute):
            return self._method(file, node, node.func)
        return None

    def _project_call(self, file: File, value: Function | Ref) -> Kinds:
        found = self._files.function(file, value)
        if found is None or found.is_generator or isinstance(found.node, ast.AsyncFunctionDef):
            return None
        if getattr(found.node, "decorator_list", ()):
            return None
        inner = found

        def compute() -> Kinds:
            if isinstance(inner.node, ast.Lambda):
                return self.kinds(inner.file, inner.node.body)
            parts: list[Kinds] = []
            for given in inner.returns:
                parts.append(k.of("none") if given.value is None else self.kinds(inner.file, given.value))
            return k.union(parts) if parts else None

        return self._settle((found.node, "()"), compute)

    def _method(self, file: File, node: ast.Call, function: ast.Attribute) -> Kinds:
        inside = self.kinds(file, function.value)
        name = function.attr
        if k.only(inside, frozenset(["str"])) and name not in ("split", "splitlines", "encode"):
            return k.of("str")
        if not k.only(inside, k.TENSORS):
            called = self.module_class(file, function)
            if called and name in ("to", "eval", "train", "float", "double", "half"):
                return k.of("module")
            return None
        if name in ("to", "type"):
            return self._cast(file, node, inside)
        if (redirected := self._redirected(file, node, name, node.args)) is not None:
            return redirected
        if name in ("new_tensor", "tolist"):
            return None
        if name.startswith("new_") and any(item.arg in ("dtype", None) for item in node.keywords):
            return self.by_dtype(file, node) or k.of("tensor")
        return results.of_method(name, inside, len(node.args))

    def _redirected(self, file: File, node: ast.Call, name: str, rest: list[ast.expr]) -> Kinds:
        """The kind that a ``dtype`` among the arguments asks for; None where there is none."""
        if any(item.arg == "dtype" for item in node.keywords):
            return self.by_dtype(file, node) or k.of("tensor")
        if any(item.arg is None for item in node.keywords):
            return k.of("tensor")
        for item in rest:
            inside = self.kinds(file, item)
            if inside is None and name in _TAKE_DTYPE and not (name == "view" and len(rest) > 1):
                return k.of("tensor")
            if inside is not None and k.maybe(inside, frozenset(["dtype"])):
                named = self._dtype_name(file, item)
                return k.of(results.BY_DTYPE[named]) if named else k.of("tensor")
        return None

    def _cast(self, file: File, node: ast.Call, inside: Kinds) -> Kinds:
        found = inside
        for argument in [*node.args, *(item.value for item in node.keywords)]:
            name = self._dtype_name(file, argument)
            if name:
                found = k.of(results.BY_DTYPE[name])
            elif not k.only(self.kinds(file, argument), frozenset(["str", "bool", "device", "none"])):
                return k.of("tensor")
        return found

    def _dtype_name(self, file: File, node: ast.expr) -> str:
        value = file.module.value(node)
        name = torch_name(file.module, value) or (value.dotted if isinstance(value, Ref) else "")
        return name if name in results.BY_DTYPE else ""

    def by_dtype(self, file: File, node: ast.Call) -> Kinds:
        """The kind of a tensor made with a constant ``dtype=``; unknown for another one."""
        for item in node.keywords:
            if item.arg == "dtype":
                name = self._dtype_name(file, item.value)
                return k.of(results.BY_DTYPE[name]) if name else None
        return None

    def _torch_call(self, file: File, node: ast.Call, name: str) -> Kinds:
        factory = self._table.entry(name)
        last = name.rpartition(".")[2]
        if name == "torch.device":
            return k.of("device")
        if factory is not None:
            return self._made(file, node, name, last)
        arguments = [self.kinds(file, item) for item in node.args]
        if any(isinstance(item, ast.Starred) for item in node.args) or not arguments:
            return None
        if (redirected := self._redirected(file, node, last, node.args[1:])) is not None:
            return redirected
        if results.is_joining(last):
            return results.joined(last, k.elements(arguments[0]))
        rest = k.union([*arguments[1:], *(self.kinds(file, item.value) for item in node.keywords)])
        floating = rest is not None and not k.maybe(rest, frozenset(["complex", "complex-tensor", "tensor"]))
        found = results.of_function(last, arguments[0], floating)
        if (
            found is None
            and len(arguments) > 1
            and k.only(arguments[1], k.FLOATING)
            and last in ("add", "mul", "where", "maximum", "minimum")
        ):
            return k.of("float-tensor", "complex-tensor")
        return found

    def _made(self, file: File, node: ast.Call, name: str, last: str) -> Kinds:
        if name.startswith("torch.nn."):
            if name in ("torch.nn.Parameter", "torch.nn.Buffer"):
                given = self.kinds(file, node.args[0]) if node.args else None
                return given if k.only(given, k.TENSORS) else k.of("tensor")
            made = self._table.entry(name)
            return k.of("module") if made is not None and made.kind.value == "module" else None
        if any(item.arg in ("dtype", None) for item in node.keywords):
            return self.by_dtype(file, node) or k.of("tensor")
        if results.is_like(last):
            given = self.kinds(file, node.args[0]) if node.args else None
            return given if k.only(given, k.TENSORS) else k.of("tensor")
        if name in ("torch.linspace", "torch.logspace"):
            return k.of("float-tensor", "complex-tensor")
        if name in _ALWAYS_FLOAT:
            return k.of("float-tensor")
        if name in ("torch.randint", "torch.randperm", "torch.tril_indices", "torch.triu_indices"):
            return k.of("int-tensor")
        if name in _BY_ARGUMENT:
            return self._by_argument(file, node, _BY_ARGUMENT[name])
        return k.of("tensor") if name.startswith("torch.") and name != "torch.Generator" else None

    def _by_argument(
        self, file: File, node: ast.Call, which: tuple[tuple[int, ...], tuple[str, ...]]
    ) -> Kinds:
        given = [node.args[index] for index in which[0] if index < len(node.args)]
        given += [item.value for item in node.keywords if item.arg in which[1]]
        names: set[str] = set()
        for item in given:
            decided = k.deciding(self.kinds(file, item))
            if decided is None:
                return k.of("tensor")
            names |= frozenset().union(*decided)
        if names <= {"int", "bool", "int-tensor", "bool-tensor", "range"}:
            return k.of("int-tensor", "bool-tensor")
        if names <= {"float", "empty", "float-tensor"}:
            return k.of("float-tensor")
        return k.of("tensor")

    def _builtin(self, file: File, node: ast.Call, name: str) -> Kinds:
        if name in ("int", "len", "hash", "id", "ord"):
            return k.of("int")
        if name == "round":
            return k.of("int") if len(node.args) == 1 and not node.keywords else None
        if name in ("float", "str", "bool", "complex", "repr", "format", "bytes"):
            return k.of("str" if name in ("repr", "format") else name)
        if name in ("isinstance", "issubclass", "callable", "hasattr", "any", "all"):
            return k.of("bool")
        if name == "range":
            return k.of("range")
        if name == "type" and len(node.args) == 1 and not self._files.has_metaclass:
            return k.of("type")
        if name in ("list", "tuple", "sorted", "reversed") and len(node.args) == 1:
            inside = k.elements(self.kinds(file, node.args[0]))
            return k.container("tuple" if name == "tuple" else "list", inside)
        if name in ("min", "max") and len(node.args) > 1 and not node.keywords:
            found = k.union(self.kinds(file, item) for item in node.args)
            return found if k.only(found, k.NUMBERS) else None
        if name == "abs" and len(node.args) == 1:
            inside = self.kinds(file, node.args[0])
            return inside if k.only(inside, frozenset(["int", "float", *k.TENSORS])) else None
        return None

    # Modules of torch.

    def module_class(self, file: File, node: ast.expr) -> str:
        """The ``torch.nn`` class of an object made by one of its constructors; empty for anything else."""
        value = file.module.value(node.value if isinstance(node, ast.Attribute) else node)
        if isinstance(value, Result):
            name = self._table.canonical(torch_name(file.module, value.callee))
            made = self._table.entry(name)
            return name if made is not None and made.kind.value == "module" else ""
        return ""


FLOATING_LAYERS = frozenset(
    f"torch.nn.{name}"
    for name in ["Linear", "Conv1d", "Conv2d", "Conv3d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "ReLU"]
)
"""Modules that give floating tensors for floating tensors; those that have a weight have a floating one."""
_TAKE_DTYPE = frozenset(["view", "softmax", "log_softmax", "softmin", "cumsum", "cumprod"])
_MATH = dict.fromkeys(
    ["ceil", "floor", "gcd", "lcm", "comb", "perm", "factorial", "isqrt", "trunc"], "int"
) | dict.fromkeys(["isnan", "isinf", "isfinite", "isclose"], "bool")
_NOT_FLOAT = frozenset(["math.prod", "math.sumprod", "math.frexp", "math.modf"])
_NUMBER_MAKERS = {
    "random.random": "float",
    "random.uniform": "float",
    "random.gauss": "float",
    "random.randint": "int",
    "random.randrange": "int",
    "time.time": "float",
    "time.perf_counter": "float",
    "os.cpu_count": "int",
}
_NUMPY_MAKERS = frozenset(
    "numpy." + name
    for name in [
        "array",
        "asarray",
        "zeros",
        "ones",
        "full",
        "empty",
        "arange",
        "linspace",
        "eye",
        "random.rand",
        "random.randn",
    ]
)
_ALWAYS_FLOAT = frozenset(
    "torch." + name
    for name in """
        zeros ones empty rand randn eye scalar_tensor hann_window hamming_window bartlett_window
        blackman_window kaiser_window fft.fftfreq fft.rfftfreq empty_strided empty_permuted
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
_BY_ARGUMENT: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "torch.arange": ((0, 1, 2), ("start", "end", "step")),
    "torch.as_tensor": ((0,), ("data",)),
    "torch.asarray": ((0,), ("obj",)),
    "torch.full": ((1,), ("fill_value",)),
    "torch.tensor": ((0,), ("data",)),
}
