"""Annotations: what parameters and fields hold by them."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.expressions import Expressions
from torchgate.semantics.handle import handle
from torchgate.semantics.values import UNKNOWN, Class, Instance, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.values import Value

_PLAIN_TYPES = frozenset({"str", "int", "bool", "float", "bytes", "complex", "dict", "list", "tuple", "set"})


class Annotations(Expressions):
    """Reads annotations."""

    def annotations(self, nodes: list[ast.expr]) -> None:
        """Evaluate annotations; where Python does not, only a type checker sees them. What other modules may
        ask of this one they tell where they bind a name at most."""
        if nodes and (not self.symbolic or self.text.has_walrus(self.stmt)):
            before = self.at(self.where.but(type_checking=self.lazy_annotations, annotation=True))
            for node in nodes:
                self.evaluate(node)
            self.where = before

    @property
    def lazy_annotations(self) -> bool:
        """Whether annotations are left unevaluated (the future import, or Python 3.14)."""
        return self.text.future_annotations or self.config.target_version >= (3, 14)

    def declared(self, target: ast.AST, annotation: ast.expr | None) -> Value:
        """What a parameter or field holds by its name and annotation alone."""
        name = getattr(target, "arg", None) or getattr(target, "id", None)
        if annotation is None and name not in self.config.handle_names:
            return UNKNOWN
        types = self._types(annotation) if annotation is not None else []
        if any(map(self.is_handle_type, types)):
            return handle()
        is_field = isinstance(target, ast.arg) or self.scope.kind == "class"
        if is_field and name in self.config.handle_names:
            plain = [kind for kind in types if isinstance(kind, Ref) and kind.package == "builtins"]
            if not any(kind.dotted[9:] in _PLAIN_TYPES for kind in plain):
                return handle()
        for kind in types:
            if isinstance(kind, Class):
                return Instance(kind)
        if types and all(isinstance(kind, Ref) and kind.dotted == "torch.device" for kind in types):
            return Instance(Ref("torch.device"))
        for kind in types:
            if isinstance(kind, Ref) and self._may_be_class(kind):
                return Instance(kind)
        return UNKNOWN

    def _may_be_class(self, kind: Ref) -> bool:
        """Whether a name of another module is a class of the project, or whoever asks will see."""
        if self.resolver is not None:
            return self.resolver.is_class(kind.dotted)
        return self.symbolic and kind.package in self.config.project_names

    def _types(self, node: ast.expr) -> list[Value]:
        """The types that an annotation names, read without recording anything."""
        match node:
            case ast.Name():
                return [self.lookup(node.id)]
            case ast.Attribute():
                return [self.attribute(value, node.attr) for value in self._types(node.value)]
            case ast.Constant(value=str() as text):
                parsed = _parsed(text)
                return self._types(parsed) if parsed is not None else []
            case ast.BinOp(op=ast.BitOr()):
                return [*self._types(node.left), *self._types(node.right)]
            case ast.Subscript():
                outer = (
                    node.value.attr
                    if isinstance(node.value, ast.Attribute)
                    else getattr(node.value, "id", "")
                )
                if outer in ("Optional", "Union", "Annotated", "Final", "ClassVar"):
                    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                    return [kind for item in inner for kind in self._types(item)]
                return self._types(node.value)
        return []


def _parsed(text: str) -> ast.expr | None:
    if len(text) > 500:
        return None
    try:
        tree = compile(text.strip(), "<annotation>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree.body if isinstance(tree, ast.Expression) else None
