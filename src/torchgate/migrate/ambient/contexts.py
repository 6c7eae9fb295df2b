"""Which expressions set an ambient default when they are entered, and what each of them sets."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass

from torchgate.lint.devices import DEVICE_CONTEXTS
from torchgate.migrate.ambient.definitions import Definition, File, default_for
from torchgate.migrate.ambient.files import Files
from torchgate.migrate.ambient.helper_model import Helper, Misunderstood, Source, bind, default_of
from torchgate.migrate.ambient.helpers import Helpers
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle, obstacle, shown
from torchgate.migrate.ambient.tensors import is_of_tensor
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Instance, Ref, Result, is_device


@dataclass(frozen=True, slots=True)
class Placement:
    """One default that a context sets: to the value of ``node``, an expression of the file that enters it,
    or to a constant of the helper's, given as ``text``. ``none`` is what None means, and ``setter`` whether
    torch's setter sets it (see ``Source``)."""

    aspect: Aspect
    node: ast.expr | None
    text: str
    none: str
    setter: bool


@dataclass(frozen=True, slots=True)
class Ambient:
    """What entering an expression sets. ``nothing`` of an aspect: it is left alone, for certain."""

    placements: tuple[Placement, ...]

    def sets(self, aspect: Aspect) -> bool:
        """Whether it sets this default."""
        return any(item.aspect == aspect for item in self.placements)

    def of(self, aspect: Aspect) -> Placement | None:
        """What it sets this default to."""
        return next((item for item in self.placements if item.aspect == aspect), None)


class Contexts:
    """Recognises contexts."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.helpers = Helpers(files)

    def recognise(self, file: File, node: ast.expr) -> Ambient | Obstacle | None:
        """What entering ``node`` sets; None for a context that sets no default."""
        value = file.module.value(node)
        if isinstance(node, ast.Call):
            name = file.torch(node.func)
            if name == "torch.device":
                return Ambient((Placement("device", _device_argument(node), "", "raises", False),))
            if name:
                return None
            found = self.helpers.read(file, file.module.value(node.func))
            if isinstance(found, Misunderstood):
                return obstacle(file, node, found.reason, found.detail)
            if found is not None:
                return self._called(file, node, found)
            if self._is_configured(file, node.func):
                detail = f"the definition of {shown(file, node.func)} cannot be seen"
                return obstacle(file, node, R.HELPER_NOT_UNDERSTOOD, detail)
            return None
        if is_device(value):
            return Ambient((Placement("device", node, "", "raises", False),))
        if isinstance(node, ast.IfExp) and self._chooses(file, node):
            return obstacle(file, node, R.CONDITIONAL_CONTEXT, f"{shown(file, node.test)} decides")
        return None

    def is_device_index(self, file: File, node: ast.expr) -> bool:
        """Whether a context changes the current index of a backend, as ``torch.cuda.device(1)`` does."""
        value = file.module.value(node)
        callee = value.callee if isinstance(value, Result) else None
        return isinstance(callee, Ref) and callee.dotted in DEVICE_CONTEXTS

    def _chooses(self, file: File, node: ast.IfExp) -> bool:
        return any(self.recognise(file, part) is not None for part in (node.body, node.orelse))

    def _is_configured(self, file: File, function: ast.expr) -> bool:
        value = file.module.value(function)
        dotted = value.dotted if isinstance(value, Ref) else ""
        helpers = file.module.config.default_helpers
        if dotted in helpers or (dotted and dotted.rpartition(".")[2] in helpers):
            return not dotted.startswith("builtins.")
        return False

    def _called(self, file: File, call: ast.Call, helper: Helper) -> Ambient | Obstacle | None:
        given = bind(helper, call)
        if given is None:
            detail = f"which argument of {shown(file, call)} is which cannot be told"
            return obstacle(file, call, R.PLACEMENT_UNKNOWN, detail)
        used = {source.parameter for source in helper.sources.values() if source.constant is None}
        for name, node in given.items():
            if name not in used and not isinstance(node, ast.Constant | ast.Name):
                detail = f"the helper makes nothing of {shown(file, node)}, and it would no longer run"
                return obstacle(file, node, R.ARGUMENT_HAS_SIDE_EFFECTS, detail)
        found: list[Placement] = []
        for aspect, source in helper.sources.items():
            made = self._placement(file, call, helper.file, aspect, source, given, helper)
            if isinstance(made, Obstacle):
                return made
            if made is not None:
                found.append(made)
        return Ambient(tuple(found))

    def _placement(
        self,
        file: File,
        call: ast.Call,
        home: File,
        aspect: Aspect,
        source: Source,
        given: dict[str, ast.expr],
        helper: Helper,
    ) -> Placement | Obstacle | None:
        node = given.get(source.parameter) if source.constant is None else None
        if node is not None:
            return Placement(aspect, node, "", source.none, source.setter)
        constant = source.constant or default_of(helper, source.parameter)
        if isinstance(constant, ast.Constant):
            if constant.value is None:
                if source.none == "pass":
                    return None
                detail = f"{shown(file, call)} leaves the default {aspect} to None, which no keyword means"
                return obstacle(file, call, R.PLACEMENT_MAYBE_NONE, detail)
            return Placement(aspect, None, repr(constant.value), source.none, source.setter)
        if constant is not None:
            place = source.file or home
            text = spelled(file, place.torch(constant))
            if text:
                return Placement(aspect, None, text, source.none, source.setter)
        detail = (
            f"{shown(file, call)} does not say which {aspect}, and the helper's own value has no name here"
        )
        return obstacle(file, call, R.PLACEMENT_UNKNOWN, detail)


def _device_argument(node: ast.Call) -> ast.expr:
    """``"cuda"`` of ``torch.device("cuda")``; the whole call where it has more arguments."""
    if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
        return node.args[0]
    return node


def spelled(file: File, dotted: str) -> str:
    """How a file spells something of torch's at every place: through a name that its top level imports."""
    if not dotted.startswith("torch."):
        return ""
    for name, bound in file.names.root.bound.items():
        if len(bound) == 1 and bound[0].how == "import":
            value = file.module.exports().get(name)
            if isinstance(value, Ref) and not value.type_only:
                if value.dotted == dotted:
                    return name
                if dotted.startswith(f"{value.dotted}.") and value.package == "torch":
                    return name + dotted.removeprefix(value.dotted)
    return ""


_PYTHON_DTYPES = frozenset(f"builtins.{name}" for name in ("bool", "int", "float", "complex"))


def never_none(file: File, node: ast.expr, files: Files, depth: int = 0) -> bool:
    """Whether an expression cannot be None, whoever runs the code."""
    if isinstance(node, ast.Constant):
        return node.value is not None
    value = file.module.value(node)
    if file.torch(node).startswith("torch.") or isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.Name) and file.module.dotted(node) in _PYTHON_DTYPES:
        return file.is_certain(node)
    if isinstance(node, ast.Call):
        name = file.module.dotted(node.func)
        if file.torch(node.func) in ("torch.device", "torch.get_default_dtype") or name == "builtins.str":
            return file.is_certain(node.func)
        made = files.function(file, file.module.value(node.func))
        return made is not None and file.is_certain(node.func) and _never_returns_none(made, files, depth)
    if isinstance(node, ast.IfExp):
        return never_none(file, node.body, files, depth) and never_none(file, node.orelse, files, depth)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return never_none(file, node.values[-1], files, depth)
    if not isinstance(node, ast.Name):
        return (isinstance(value, Result) and is_device(value)) or is_of_tensor(files, file, node)
    bound = file.names.bindings(node)
    if not bound or depth > 5:
        return False
    if file.names.scope_of(node) is file.names.root and files.is_written(file, node.id):
        return False
    for item in bound:
        if item.how == "assign" and item.value is not None:
            if not never_none(file, item.value, files, depth + 1):
                return False
        elif item.how == "parameter" and isinstance(item.node, ast.arg):
            if not _parameter_is_given(file, item.node, files, depth):
                return False
        elif item.how == "element" and isinstance(item.value, ast.Tuple | ast.List):
            if not all(never_none(file, part, files, depth + 1) for part in item.value.elts):
                return False
        else:
            return False
    return True


def _never_returns_none(made: Definition, files: Files, depth: int) -> bool:
    """Whether a function ends with a ``return`` of something that is not None, and has no other kind."""
    node = made.node
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or made.is_generator or depth > 5:
        return False
    if not isinstance(node.body[-1], ast.Return):
        return False
    return all(
        given.value is not None and never_none(made.file, given.value, files, depth + 1)
        for given in made.returns
    )


def _parameter_is_given(file: File, parameter: ast.arg, files: Files, depth: int) -> bool:
    """Whether a parameter is declared as something else than None, or every call passes something else."""
    arguments = file.module.parent(parameter)
    if not isinstance(arguments, ast.arguments) or parameter in (arguments.vararg, arguments.kwarg):
        return False
    default = default_for(arguments, parameter.arg)
    if default is not None and not never_none(file, default, files, depth + 1):
        return False
    if parameter.annotation is not None:
        return is_declared(file, parameter.annotation)
    given = files.arguments_of(file, parameter)
    return bool(given) and all(never_none(there, node, files, depth + 1) for there, node in given or ())


def is_declared(file: File, annotation: ast.expr) -> bool:
    """Whether an annotation names types of devices and dtypes, and not None."""
    match annotation:
        case ast.BinOp(op=ast.BitOr()):
            return is_declared(file, annotation.left) and is_declared(file, annotation.right)
        case ast.Name(id="str" | "int"):
            return True
        case ast.Constant(value=str() as text):
            return text in ("str", "int", "torch.device", "torch.dtype", "str | torch.device")
        case ast.Subscript(
            value=ast.Name(id="Union") | ast.Attribute(attr="Union"), slice=ast.Tuple(elts=parts)
        ):
            return all(is_declared(file, part) for part in parts)
        case ast.Name() | ast.Attribute():
            value = file.module.value(annotation)
            held = value.cls if isinstance(value, Instance) else value
            return isinstance(held, Ref) and held.dotted in ("torch.device", "torch.dtype")
    return False
