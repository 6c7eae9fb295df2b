"""Functions that are handed over to be called: to project functions that do nothing else with them, and to
``functools.partial`` objects that are only called."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.ambient.definitions import Definition, File, own_nodes
from torchgate.migrate.ambient.files import Files
from torchgate.semantics.values import Ref


class Callbacks:
    """Answers for the functions of a project."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._only: dict[Definition, frozenset[str]] = {}

    def called_only(self, made: Definition) -> frozenset[str]:
        """The parameters of a function that it calls, and does nothing else with."""
        if made not in self._only:
            self._only[made] = frozenset(self._find(made))
        return self._only[made]

    def _find(self, made: Definition) -> list[str]:
        arguments = made.node.args
        scope = made.file.names.scope(made.node)
        own = set(own_nodes(made.node))
        found: list[str] = []
        for parameter in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            loads = made.file.names.loads(scope, parameter.arg)
            if len(scope.bound[parameter.arg]) != 1 or not loads:
                continue
            parents = [(made.file.module.parent(load), load) for load in loads]
            if all(
                isinstance(parent, ast.Call) and parent.func is load and load in own
                for parent, load in parents
            ):
                found.append(parameter.arg)
        return found

    def arguments(self, made: Definition, call: ast.Call) -> dict[str, ast.expr] | None:
        """What a call of a plain function passes for these parameters; None where that cannot be told."""
        wanted = self.called_only(made)
        if not wanted:
            return {}
        names = [parameter.arg for parameter in [*made.node.args.posonlyargs, *made.node.args.args]]
        if made.owner is not None or any(isinstance(item, ast.Starred) for item in call.args):
            return None
        given = dict(zip(names, call.args, strict=False))
        for item in call.keywords:
            if item.arg is None:
                return None
            given[item.arg] = item.value
        found = {name: given[name] for name in wanted if name in given}
        return found if len(found) == len(wanted) else None

    def is_own(self, file: File, node: ast.expr) -> bool:
        """Whether a callee is such a parameter of the function around it."""
        scope = file.names.scope_of(node) if isinstance(node, ast.Name) else None
        if scope is None or not isinstance(scope.node, ast.FunctionDef) or not isinstance(node, ast.Name):
            return False
        made = self._files.of_node(file, scope.node)
        return made is not None and node.id in self.called_only(made)

    def is_handed_over(self, file: File, node: ast.expr) -> bool:
        """Whether an expression stands where a project function takes something only to call it."""
        outer = file.module.parent(node)
        call = file.module.parent(outer) if isinstance(outer, ast.keyword) else outer
        if not isinstance(call, ast.Call) or node is call.func:
            return False
        made = self._files.function(file, file.module.value(call.func))
        if made is None or not file.is_certain(call.func):
            return False
        return any(given is node for given in (self.arguments(made, call) or {}).values())

    # Partial objects.

    def partial(self, file: File, node: ast.expr) -> ast.Call | None:
        """The ``functools.partial(...)`` call that an expression holds for certain."""
        if isinstance(node, ast.Name):
            bound = file.names.bindings(node)
            if bound is None or len(bound) != 1 or bound[0].how != "assign" or bound[0].value is None:
                return None
            node = bound[0].value
        if not isinstance(node, ast.Call) or file.module.dotted(node.func) != "functools.partial":
            return None
        plain = not any(isinstance(item, ast.Starred) for item in node.args)
        return node if node.args and plain and all(item.arg for item in node.keywords) else None

    def is_only_called(self, file: File, node: ast.Call) -> bool:
        """Whether a ``partial`` object goes into one name that is only ever called."""
        parent = file.module.parent(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return True
        if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
            return False
        target = parent.targets[0]
        if not isinstance(target, ast.Name):
            return False
        scope = file.names.find(file.names.home(target), target.id)
        if scope is None or len(scope.bound[target.id]) != 1 or target.id in scope.declared:
            return False
        parents = [(file.module.parent(load), load) for load in file.names.loads(scope, target.id)]
        return scope is not file.names.root and all(
            isinstance(outer, ast.Call) and outer.func is load for outer, load in parents
        )


def partial_name(file: File) -> str:
    """How a file spells ``functools.partial``; empty where it imports neither."""
    for name, bound in file.names.root.bound.items():
        if len(bound) == 1 and bound[0].how == "import":
            value = file.module.exports().get(name)
            if isinstance(value, Ref) and value.dotted == "functools":
                return f"{name}.partial"
            if isinstance(value, Ref) and value.dotted == "functools.partial":
                return name
    return ""


def combined(made: ast.Call, call: ast.Call) -> ast.Call:
    """The call that calling a ``partial`` object comes to, at the place of that call."""
    named = {item.arg for item in call.keywords}
    keywords = [*call.keywords, *(item for item in made.keywords if item.arg not in named)]
    whole = ast.Call(func=made.args[0], args=[*made.args[1:], *call.args], keywords=keywords)
    whole.lineno, whole.col_offset = call.lineno, call.col_offset
    whole.end_lineno, whole.end_col_offset = call.end_lineno, call.end_col_offset
    return whole
