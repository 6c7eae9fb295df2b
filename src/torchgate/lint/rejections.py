"""What becomes of a rejected runtime: the handlers around a call of an effect, judged one by one."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.contents import contents
from torchgate.lint.torch_names import torch_name
from torchgate.semantics.values import (
    HANDLE,
    NOTHING,
    Class,
    Const,
    Function,
    Mapping,
    Ref,
    Result,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

SWALLOWS = "swallows"
RAW_TORCH = "raw torch"
CPU = "the CPU"

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
# RejectedError is a RuntimeError.
_BASES = frozenset({"builtins.RuntimeError", "builtins.Exception", "builtins.BaseException"})
_EXITS = frozenset(
    {
        "sys.exit",
        "os._exit",
        "os.abort",
        "os.kill",
        "builtins.exit",
        "builtins.quit",
        "pytest.exit",
        "pytest.fail",
        "pytest.skip",
        "pytest.xfail",
    }
)
_EXIT_METHODS = frozenset({"abort", "exit", "fail", "set_exception", "skipTest"})
_KEEPING_METHODS = frozenset({"add", "append", "put", "put_nowait", "send"})
_TELLING = frozenset(
    {"print", "echo", "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "write"}
)


def catches_rejection(module: Module, kind: ast.expr | None) -> bool:
    """Whether ``except kind`` catches a rejected runtime. What is not known does not."""
    if kind is None:
        return True
    if isinstance(kind, ast.Tuple):
        return any(catches_rejection(module, item) for item in kind.elts)
    return any(_is_rejection_type(module, value) for value in contents(module.value(kind)))


def _is_rejection_type(module: Module, value: Value) -> bool:
    match value:
        case Ref(dotted=dotted):
            owner, _, name = dotted.rpartition(".")
            if owner.startswith("torchgate.runtime"):
                return name == "RejectedError"
            return dotted in _BASES or module.config.info(owner).is_runtime
        case Class():
            return module.info.is_runtime
    return False


class Handler:
    """An ``except`` block of ``around`` that catches a rejection."""

    def __init__(self, module: Module, node: ast.ExceptHandler, around: ast.Try | ast.TryStar) -> None:
        self.module = module
        self.node = node
        self.around = around
        self.nodes = list(_own(module, node.body))

    @property
    def raises(self) -> bool:
        """Whether it raises, so that an outer handler sees something."""
        return any(isinstance(node, ast.Raise) for node in self.nodes)

    def verdict(self) -> str:
        """``SWALLOWS``, what it falls back to, or nothing where it stops or hands the rejection on."""
        if self._stops(self.node.body[-1]):
            return ""
        fallback = self._fallback()
        if fallback:
            return fallback
        return "" if any(map(self._leaves, self.nodes)) or self._stops_later() else SWALLOWS

    def _stops_later(self) -> bool:
        """Whether the block goes on after the ``try`` only to stop: always, or asking what was assigned here
        (``if handle is None: sys.exit(4)``)."""
        if isinstance(self.node.body[-1], ast.Return | ast.Continue | ast.Break):
            return False
        assigned = {
            node.id
            for node in (*self.nodes, *_own(self.module, self.around.body))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for statement in _following(self.module, self.around):
            if self._stops(statement):
                return True
            if isinstance(statement, ast.If) and any(
                isinstance(node, ast.Name) and node.id in assigned
                for node in self.module.within(statement.test)
            ):
                ends = [block[-1] for block in (statement.body, statement.orelse) if block]
                if any(self._stops(end) or self._leaves(end) for end in ends):
                    return True
        return False

    def _stops(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Raise | ast.Assert):
            return True
        return isinstance(statement, ast.Expr) and self._exits(statement.value)

    def _leaves(self, node: ast.AST) -> bool:
        """Whether ``node`` raises, exits, or returns or keeps the rejection."""
        match node:
            case ast.Raise() | ast.Assert():
                return True
            case ast.Return(value=value):
                return value is not None and self._is_rejected(value)
            case ast.Yield(value=ast.expr() as value):
                return self._mentions(value)
            case ast.Assign(targets=[target, *_], value=value):
                return self._keeps(target, value)
            case ast.Call():
                return self._exits(node) or self._hands_on(node)
        return False

    def _exits(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        match self.module.value(node.func):
            case Ref(dotted=dotted):
                return dotted in _EXITS
            case Function() as function:
                return _never_returns(self.module, function)
        if not isinstance(node.func, ast.Attribute):
            return False
        owner = self.module.value(node.func.value)
        is_parser = isinstance(owner, Result) and owner.callee.dotted == "argparse.ArgumentParser"
        return node.func.attr in _EXIT_METHODS or (is_parser and node.func.attr == "error")

    def _hands_on(self, call: ast.Call) -> bool:
        """Whether the exception goes to a list, a queue, or a function of another project module."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(call.func, ast.Attribute) and call.func.attr in _KEEPING_METHODS:
            return any(map(self._is_exception, given))
        callee = self.module.value(call.func)
        if not isinstance(callee, Ref):
            return False
        own = self.module.info.module_name.partition(".")[0]
        in_project = callee.package == own or callee.package in self.module.config.project_names
        return in_project and any(map(self._mentions, given))

    def _keeps(self, target: ast.expr, value: ast.expr) -> bool:
        if isinstance(target, ast.Name):
            return self._is_exception(value)
        return self._mentions(value)

    def _is_rejected(self, node: ast.expr) -> bool:
        """Whether a returned expression may tell the caller: not None, False, 0, nothing, or a handle."""
        value = self.module.value(node)
        if self._mentions(node) or (isinstance(value, Mapping) and not value.complete):
            return True
        return not all(map(_is_empty, contents(value)))

    def _is_exception(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id == self.node.name

    def _mentions(self, node: ast.expr) -> bool:
        return self.node.name is not None and any(
            isinstance(inner, ast.Name) and inner.id == self.node.name for inner in self.module.within(node)
        )

    # Fallbacks.

    def _fallback(self) -> str:
        statements = {node for node in self.nodes if isinstance(node, ast.Import | ast.ImportFrom)}
        for item in self.module.imports:
            if item.stmt in statements and item.where.runs and torch_name(self.module, item.value):
                return RAW_TORCH
        for node in self.nodes:
            if isinstance(node, ast.expr):
                found = self._falls_back_to(node)
                if found:
                    return found
        return ""

    def _falls_back_to(self, node: ast.expr) -> str:
        outer = self.module.parent(node)
        if isinstance(outer, ast.Attribute | ast.Compare | ast.Raise | ast.FormattedValue | ast.JoinedStr):
            return ""
        if isinstance(outer, ast.Call) and _name_of(outer.func) in _TELLING:
            return ""
        match self.module.value(node):
            case Const(value=str() as text) if text == "cpu" or text.startswith("cpu:"):
                return CPU
            case Ref(dotted="torch", via=via, type_only=False) as value if via != HANDLE:
                return RAW_TORCH if torch_name(self.module, value) else ""
        return ""


def expects_rejection(module: Module, node: ast.Try | ast.TryStar, statement: ast.AST) -> bool:
    """A test of a rejection: were there none, the code after the effect would fail on purpose."""
    after = node.body[node.body.index(statement) + 1 :]  # type: ignore[arg-type]
    return any(_fails_on_purpose(module, item) for item in (*after, *node.orelse))


def _following(module: Module, statement: ast.stmt) -> list[ast.stmt]:
    """The statements after ``statement`` in its block."""
    outer = module.parent(statement)
    for field in outer._fields if outer is not None else ():
        block = getattr(outer, field)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) + 1 :]
    return []


def _fails_on_purpose(module: Module, statement: ast.stmt) -> bool:
    match statement:
        case ast.Assert(test=ast.Constant(value=False)):
            return True
        case ast.Raise(exc=ast.Call(func=raised) | (ast.Name() as raised)):
            return module.dotted(raised) == "builtins.AssertionError"
        case ast.Expr(value=ast.Call(func=function)):
            return module.dotted(function) == "pytest.fail" or _name_of(function) == "fail"
    return False


def _never_returns(module: Module, function: Function) -> bool:
    body = getattr(function.node, "body", None)
    if not isinstance(body, list):
        return False
    returns = getattr(function.node, "returns", None)
    if returns is not None and module.dotted(returns).rpartition(".")[2] in ("NoReturn", "Never"):
        return True
    for node in _own(module, body):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and module.dotted(node.func) in _EXITS):
            return True
    return False


def _is_empty(value: Value) -> bool:
    match value:
        case Const(value=constant):
            return constant is True or not constant
        case Ref(dotted="torch"):
            return True
    return value is NOTHING


def _own(module: Module, body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a block, without those of the functions and classes inside it."""
    inner: set[ast.AST] = set()
    for statement in body:
        for node in module.within(statement):
            if node in inner:
                continue
            if isinstance(node, _SCOPES):
                inner.update(module.within(node))
            else:
                yield node


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
