"""What a file does, as plain facts with resolved values. Rules are filters over these."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast

    from torchgate.semantics.values import Class, Function, Value


class Where:
    """The circumstances of an expression, shared by all facts of one place.

    ``import_time``: it runs when the module is imported. ``type_checking``: only a type checker sees
    it (under ``TYPE_CHECKING``, or an annotation that is not evaluated). ``main_guard``: under
    ``if __name__ == "__main__":``. ``function`` and ``cls``: the nearest enclosing ones.
    """

    __slots__ = ("annotation", "cls", "function", "import_time", "main_guard", "qualname", "type_checking")

    def __init__(
        self,
        qualname: str = "",
        function: Function | None = None,
        cls: Class | None = None,
        *,
        import_time: bool = True,
        type_checking: bool = False,
        main_guard: bool = False,
        annotation: bool = False,
    ) -> None:
        self.qualname = qualname
        self.function = function
        self.cls = cls
        self.import_time = import_time
        self.type_checking = type_checking
        self.main_guard = main_guard
        self.annotation = annotation

    @property
    def runs(self) -> bool:
        """Whether the program executes it, as opposed to a type checker alone."""
        return not self.type_checking

    def but(
        self,
        *,
        import_time: bool | None = None,
        type_checking: bool = False,
        main_guard: bool = False,
        annotation: bool = False,
    ) -> Where:
        """The same place with further circumstances; flags once set stay set."""
        return Where(
            self.qualname,
            self.function,
            self.cls,
            import_time=self.import_time if import_time is None else import_time,
            type_checking=self.type_checking or type_checking,
            main_guard=self.main_guard or main_guard,
            annotation=self.annotation or annotation,
        )


class Import:
    """One name of an import statement.

    ``dotted`` is the absolute name asked for (``a.b`` for ``import a.b``, ``a.b.c`` for ``from a.b import
    c``), ``module`` the module part of it; both are empty where a relative import leaves the package.
    ``star`` for ``from m import *`` (``dotted`` is then the module). ``bound`` is the name it binds.
    """

    __slots__ = ("alias", "bound", "dotted", "is_from", "level", "module", "star", "stmt", "value", "where")

    def __init__(
        self,
        stmt: ast.Import | ast.ImportFrom,
        alias: ast.alias,
        where: Where,
        *,
        module: str,
        dotted: str,
        bound: str,
        value: Value,
    ) -> None:
        self.stmt = stmt
        self.alias = alias
        self.where = where
        self.module = module
        self.dotted = dotted
        self.bound = bound
        self.value = value
        self.star = alias.name == "*"
        self.is_from = hasattr(stmt, "level")
        self.level: int = getattr(stmt, "level", 0) or 0


class Call:
    """A call whose callee is known, or whose method name matters on any object (``enter_context``,
    ``set_device``)."""

    __slots__ = ("callee", "node", "stmt", "where")

    def __init__(self, node: ast.Call, callee: Value, stmt: ast.stmt, where: Where) -> None:
        self.node = node
        self.callee = callee
        self.stmt = stmt
        self.where = where

    def argument(self, position: int, keyword: str = "") -> ast.expr | None:
        """The argument at a 0-based position or by keyword; None where absent or hidden by ``*``/``**``."""
        for index, argument in enumerate(self.node.args):
            if argument.__class__.__name__ == "Starred":
                break
            if index == position:
                return argument
        if keyword:
            for item in self.node.keywords:
                if item.arg == keyword:
                    return item.value
        return None


class Reference:
    """A name or attribute chain that resolves to a ``Ref``, at its longest; ``called`` for callees."""

    __slots__ = ("called", "node", "stmt", "value", "where")

    def __init__(self, node: ast.expr, value: Value, called: bool, stmt: ast.stmt, where: Where) -> None:
        self.node = node
        self.value = value
        self.called = called
        self.stmt = stmt
        self.where = where


class Write:
    """A write to an attribute or item: ``base.name = value``, ``base[key] = value``, ``del``, ``setattr``.

    ``base`` is the value of the object written to; ``name`` the attribute or the constant string key
    (None where it is not constant); ``item`` for subscripts. ``value`` is None for ``del``, and
    ``value_node`` for targets of ``for``, ``with`` and unpacking too. ``kind`` is ``"assign"``,
    ``"augment"``, ``"delete"`` or ``"setattr"``.
    """

    __slots__ = ("base", "item", "kind", "name", "node", "stmt", "value", "value_node", "where")

    def __init__(
        self,
        node: ast.expr,
        base: Value,
        name: str | None,
        kind: str,
        stmt: ast.stmt,
        where: Where,
        *,
        value: Value | None,
        value_node: ast.expr | None,
        item: bool = False,
    ) -> None:
        self.node = node
        self.base = base
        self.name = name
        self.kind = kind
        self.stmt = stmt
        self.where = where
        self.value = value
        self.value_node = value_node
        self.item = item


class Binding:
    """A name bound to torch or the handle. ``scope_kind`` is the binding scope's: module, class, function."""

    __slots__ = ("name", "node", "scope_kind", "stmt", "value", "where")

    def __init__(
        self, name: str, value: Value, scope_kind: str, node: ast.AST, stmt: ast.stmt, where: Where
    ) -> None:
        self.name = name
        self.value = value
        self.scope_kind = scope_kind
        self.node = node
        self.stmt = stmt
        self.where = where


class Site:
    """A statement or expression of a kind that rules look at as a whole (``if``, ``try``, ``with`` ...)."""

    __slots__ = ("node", "stmt", "where")

    def __init__(self, node: ast.AST, stmt: ast.stmt, where: Where) -> None:
        self.node = node
        self.stmt = stmt
        self.where = where


class Facts:
    """Everything one round records, keyed by node: a second pass over a loop overwrites the first."""

    __slots__ = (
        "bindings",
        "calls",
        "classes",
        "every_call",
        "functions",
        "imports",
        "lazy",
        "references",
        "sites",
        "values",
        "writes",
    )

    def __init__(self) -> None:
        self.imports: dict[ast.alias, Import] = {}
        # Names of lazy imports (Python 3.15), and whether importing the module uses them.
        self.lazy: dict[str, bool] = {}
        self.calls: dict[ast.Call, Call] = {}
        self.every_call: dict[ast.Call, None] = {}
        self.references: dict[ast.expr, Reference] = {}
        self.writes: dict[ast.expr, Write] = {}
        self.bindings: dict[tuple[ast.AST, str], Binding] = {}
        self.sites: dict[ast.AST, Site] = {}
        self.values: dict[ast.expr, Value] = {}
        self.functions: dict[ast.AST, tuple[Function, Where]] = {}
        self.classes: dict[ast.ClassDef, tuple[Class, Where]] = {}
