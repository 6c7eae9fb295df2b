"""The kinds of expressions, from all that binds the names in them."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import results
from torchgate.migrate.ambient.kinds import Kind, Kinds
from torchgate.semantics.values import Class, Const, Function, Instance, Ref, Result, is_device

if TYPE_CHECKING:
    from torchgate.migrate.ambient.files import File, Files
    from torchgate.migrate.ambient.names import Bound
    from torchgate.migrate.factories import FactoryTable

_ROUNDS = 5
_DEEPEST = 60
_DIVISIONS = (ast.Div,)


class Inference:
    """Answers for the expressions of a project's files; every answer is kept."""

    def __init__(self, files: Files, table: FactoryTable) -> None:
        self._files = files
        self._table = table
        self._known: dict[tuple[object, str], Kinds] = {}
        self._assumed: dict[tuple[object, str], Kinds] = {}
        self._used: set[tuple[object, str]] = set()
        self._depth = 0

    def kinds(self, file: File, node: ast.expr) -> Kinds:
        """The kinds of an expression."""
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._kinds(file, node)
        finally:
            self._depth -= 1

    def _kinds(self, file: File, node: ast.expr) -> Kinds:
        match node:
            case ast.Constant(value=value):
                return k.of(_constant(value))
            case ast.JoinedStr():
                return k.of("str")
            case ast.Tuple() | ast.List():
                return self._display(file, node)
            case ast.Set() | ast.SetComp():
                return k.container("set", None)
            case ast.Dict() | ast.DictComp():
                return k.container("dict", None)
            case ast.ListComp():
                return k.container("list", self.kinds(file, node.elt))
            case ast.Name():
                return self._name(file, node)
            case ast.NamedExpr() | ast.Await():
                return self.kinds(file, node.value)
            case ast.IfExp():
                return k.union([self.kinds(file, node.body), self.kinds(file, node.orelse)])
            case ast.BoolOp():
                return k.union(self.kinds(file, part) for part in node.values)
            case ast.UnaryOp():
                inside = self.kinds(file, node.operand)
                if isinstance(node.op, ast.Not):
                    return k.of("bool")
                if inside is not None and not k.maybe(inside, frozenset(["bool", "tensor"])):
                    return inside if k.only(inside, k.NUMBERS | k.TENSORS) or not inside else None
                return inside if k.only(inside, k.TENSORS) else None
            case ast.BinOp():
                return self._binary(file, node)
            case ast.Compare():
                return self._compare(file, node)
            case ast.Subscript():
                return self._subscript(file, node)
            case ast.Attribute():
                return self._attribute(file, node)
            case ast.Call():
                return self._call(file, node)
        return None

    def _display(self, file: File, node: ast.Tuple | ast.List) -> Kinds:
        name = "tuple" if isinstance(node, ast.Tuple) else "list"
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return k.container(name, None)
        return k.display(name, [self.kinds(file, item) for item in node.elts])

    def _binary(self, file: File, node: ast.BinOp) -> Kinds:
        left, right = self.kinds(file, node.left), self.kinds(file, node.right)
        if k.only(left, frozenset(["str"])) and isinstance(node.op, ast.Mod | ast.Add | ast.Mult):
            return k.of("str")
        if isinstance(node.op, ast.MatMult):
            both = k.only(left, k.FLOATING) and k.only(right, k.FLOATING)
            return left if both else k.of("tensor") if k.only(left, k.TENSORS) else None
        if isinstance(node.op, ast.Pow) and k.only(left, k.NUMBERS) and k.only(right, k.NUMBERS):
            return k.of("int", "float", "complex")
        if isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor | ast.LShift | ast.RShift):
            return k.of("tensor") if k.only(left, k.TENSORS) and k.only(right, k.TENSORS) else None
        return k.arithmetic(left, right, division=isinstance(node.op, _DIVISIONS))

    def _compare(self, file: File, node: ast.Compare) -> Kinds:
        if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
            return k.of("bool")
        if len(node.comparators) > 1:
            return None
        sides = [self.kinds(file, node.left), self.kinds(file, node.comparators[0])]
        if any(k.only(side, k.TENSORS) for side in sides):
            return k.of("bool-tensor")
        return k.of("bool") if all(map(k.is_plain, sides)) else None

    def _subscript(self, file: File, node: ast.Subscript) -> Kinds:
        held = self.kinds(file, node.value)
        if held is None:
            return None
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        found: list[Kinds] = []
        for kind in held:
            if kind.name in k.TENSORS:
                found.append(frozenset([kind]))
            elif isinstance(node.slice, ast.Slice):
                found.append(k.container(kind.name, k.elements(frozenset([kind]))))
            elif (
                kind.items is not None and type(index) is int and -len(kind.items) <= index < len(kind.items)
            ):
                found.append(kind.items[index])
            elif kind.name in ("list", "tuple", "range", "str"):
                found.append(k.elements(frozenset([kind])))
            else:
                return None
        return k.union(found)

    def _attribute(self, file: File, node: ast.Attribute) -> Kinds:
        dotted = file.module.dotted(node)
        if dotted:
            if torch_name(file.module, file.module.value(node)) in results.BY_DTYPE:
                return k.of("dtype")
            return k.of("float") if dotted in _CONSTANTS else None
        inside = self.kinds(file, node.value)
        if k.only(inside, k.TENSORS):
            return results.attribute(inside, node.attr)
        return None

    # Names.

    def _name(self, file: File, node: ast.Name) -> Kinds:
        value = file.module.value(node)
        if torch_name(file.module, value) in results.BY_DTYPE:
            return k.of("dtype")
        bound = file.names.bindings(node)
        scope = file.names.scope_of(node)
        if bound is None or scope is None:
            return None
        if is_device(value) and len(bound) == 1:
            return k.of("device")
        found = self._settle((scope.node, node.id), lambda: self._bound(file, bound))
        if (
            found is not None
            and any(kind.name in ("list", "set", "dict") for kind in found)
            and not all(map(file.reads_only, file.names.loads(scope, node.id)))
        ):
            return k.union(k.container(kind.name, None) for kind in found)
        return found

    def _settle(self, key: tuple[object, str], compute: _Compute) -> Kinds:
        """The least kinds that agree with themselves, for what may depend on itself."""
        if key in self._known:
            return self._known[key]
        if key in self._assumed:
            self._used.add(key)
            return self._assumed[key]
        outside, self._used = self._used, set()
        found: Kinds = frozenset()
        for _ in range(_ROUNDS):
            self._assumed[key] = found
            new = compute()
            if new == found or new is None:
                found = new
                break
            found = new
        else:
            found = None
        del self._assumed[key]
        self._used.discard(key)
        if not self._used:
            self._known[key] = found
        self._used |= outside
        return found

    def _bound(self, file: File, bound: list[Bound]) -> Kinds:
        steady = k.union(self._of_binding(file, item) for item in bound if item.how != "augment")
        for item in bound:
            if item.how == "augment" and item.value is not None and isinstance(item.node, ast.AugAssign):
                more = self.kinds(file, item.value)
                division = isinstance(item.node.op, _DIVISIONS)
                for _ in range(3):
                    steady = k.union([steady, k.arithmetic(steady, more, division=division)])
        return steady

    def _of_binding(self, file: File, bound: Bound) -> Kinds:
        match bound.how:
            case "assign" if bound.value is not None:
                return self.kinds(file, bound.value)
            case "unpack" | "element" if bound.value is not None:
                return self._iterated(file, bound)
            case "parameter" if isinstance(bound.node, ast.arg):
                return self._declared(file, bound.node)
        return None

    def _iterated(self, file: File, bound: Bound) -> Kinds:
        return None if bound.value is None else k.elements(self.kinds(file, bound.value))

    def _declared(self, file: File, parameter: ast.arg) -> Kinds:
        """What an annotation promises. ``float`` allows an int, so it promises nothing here."""
        annotation = parameter.annotation
        parent = file.module.parent(parameter)
        if isinstance(parent, ast.arguments) and parameter is parent.vararg:
            return k.container("tuple", None)
        if annotation is None:
            given = self._files.arguments_of(file, parameter)
            if not given:
                return None
            return self._settle(
                (parameter, "given"), lambda: k.union(self.kinds(there, node) for there, node in given)
            )
        text = annotation.value if isinstance(annotation, ast.Constant) else ast_text(annotation)
        simple = {"int": ("int",), "bool": ("bool",), "str": ("str",)}.get(str(text))
        if simple is not None:
            return k.of(*simple)
        value = file.module.value(annotation)
        name = torch_name(file.module, value)
        if name in ("torch.Tensor", "torch._tensor.Tensor"):
            return k.of("tensor")
        if name in ("torch.device", "torch.dtype"):
            return k.of(name.removeprefix("torch."))
        return None

    # Calls.

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
            return self.kinds(file, node.args[0]) if node.args else k.of("tensor")
        if name in ("torch.linspace", "torch.logspace"):
            return k.of("float-tensor", "complex-tensor")
        if name in _ALWAYS_FLOAT:
            return k.of("float-tensor")
        if name in ("torch.randint", "torch.randperm", "torch.tril_indices", "torch.triu_indices"):
            return k.of("int-tensor")
        if name in _BY_ARGUMENT:
            return self._by_argument(file, node, _BY_ARGUMENT[name])
        return k.of("tensor") if name.startswith("torch.") else None

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
            return name if name.startswith("torch.nn.") else ""
        return ""


if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    _Compute: TypeAlias = Callable[[], Kinds]


def ast_text(node: ast.expr) -> str:
    """A plain name's text; empty for other expressions."""
    return node.id if isinstance(node, ast.Name) else ""


def _constant(value: object) -> str:
    return "none" if value is None else type(value).__name__


def constant_of(value: object) -> object:
    """The folded constant of a value of the semantics; None for others."""
    return value.value if isinstance(value, Const) else None


def class_of(value: object) -> Class | Ref | None:
    """The class of an instance, as the semantics know it."""
    return value.cls if isinstance(value, Instance) else None


_TAKE_DTYPE = frozenset(["view", "softmax", "log_softmax", "softmin", "cumsum", "cumprod"])
_CONSTANTS = frozenset(["math.pi", "math.e", "math.tau", "math.inf", "math.nan", "numpy.pi", "numpy.inf"])
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

__all__ = ["Inference", "Kind", "class_of", "constant_of"]
