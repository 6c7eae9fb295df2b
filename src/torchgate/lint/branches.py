"""What a branch does to whoever gets there: raises, asserts, warns, exits, or logs at warning or above."""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.semantics.module import Module

_EXITS = frozenset(
    ["builtins.exit", "builtins.quit", "os._exit", "os.abort", "pytest.exit", "pytest.fail", "sys.exit"]
)
_WARNS = frozenset(["warnings.warn", "warnings.warn_explicit"])
_LOGS = frozenset(["critical", "error", "exception", "fatal", "warn", "warning"])
_LEVELS = frozenset(f"logging.{level}" for level in ("WARN", "WARNING", "ERROR", "CRITICAL", "FATAL"))
_WARNING = 30


def enforcement(module: Module, body: Iterable[ast.stmt]) -> str:
    """How a block stops or scolds whoever enters it (``"raises"``, ``"asserts"``, ``"exits"``, ``"warns"``,
    ``"logs"``); empty where it does so only under a further condition, or not at all."""
    for statement in _always_run(body):
        match statement:
            case ast.Raise():
                return "raises"
            case ast.Assert() if _is_plain(module, statement.test):
                return "asserts"
            case ast.Expr(value=ast.Call() as call):
                done = enforcing_call(module, call)
                if done:
                    return done
    return ""


def enforcing_call(module: Module, call: ast.Call) -> str:
    """The same for one call: ``"exits"``, ``"warns"``, ``"logs"`` or nothing."""
    callee = module.dotted(call.func)
    if callee in _EXITS:
        return "exits"
    if callee in _WARNS:
        return "warns"
    if callee.startswith("logging."):
        method = callee.removeprefix("logging.")
    else:
        # Loggers reach a module in too many ways to follow; who else is called `.warning` at a guard?
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in _LOGS or (method == "log" and call.args and _is_high(module, call.args[0])):
        return "logs"
    return ""


def _is_plain(module: Module, test: ast.expr) -> bool:
    """A constant or a switch, as opposed to a statement about some object."""
    for node in module.within(test):
        if isinstance(node, ast.Call | ast.Compare | ast.Subscript):
            return False
        if isinstance(node, ast.expr) and module.dotted(node).startswith("torch"):
            return False
    return True


def _is_high(module: Module, level: ast.expr) -> bool:
    number = module.constant(level)
    return module.dotted(level) in _LEVELS or (isinstance(number, int) and number >= _WARNING)


def _always_run(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        match statement:
            case ast.With() | ast.AsyncWith():
                yield from _always_run(statement.body)
            case ast.Try() | ast.TryStar():
                yield from _always_run([*statement.body, *statement.finalbody])
