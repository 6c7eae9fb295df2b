"""What ``torchgate init`` sees in a project, and what it proposes for ``[tool.torchgate]``."""

from __future__ import annotations

import _ast as ast
import os
from functools import partial

from torchgate.config_load import ConfigLoader, build, file_info, is_below, relative_to
from torchgate.files.discover import Discovery
from torchgate.files.read import read_file
from torchgate.lint.determinism import changes
from torchgate.lint.engine import Options, check_data, project_of
from torchgate.lint.rules import tg202_import_order_guard, tg203_import_time_thread_guard
from torchgate.lint.selection import Overrides, Selection
from torchgate.lint.torch_names import brings_torch
from torchgate.semantics.outline import outline
from torchgate.semantics.values import Class, Ref
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.config import Config
    from torchgate.files.discover import File
    from torchgate.semantics.module import Module

_GUARDS = (tg202_import_order_guard.RULE, tg203_import_time_thread_guard.RULE)
# A function that sets fewer settings sees to one thing, and is no effect.
_EFFECT = 3
# Packages with which programs read their command lines.
_COMMAND_LINES = frozenset(
    [
        *("absl", "argparse", "click", "docopt", "fire", "getopt", "hydra", "jsonargparse"),
        *("optparse", "simple_parsing", "typer", "tyro"),
    ]
)
# A module that so many others import at most, and of a large project a tenth, can be the gate.
_FEW = 10
# A package with fewer modules of torch classes, or with less than half of its modules, is named by these.
_PACKAGE = 2
# So many of its modules have to import torch: whoever imports one of the others has to hold the handle, too.
_MOST = 0.75


class Seen:
    """What one module of the project is, as far as a proposal asks.

    ``bases`` are the dotted names of the base classes that it needs while it is imported, ``has_classes``:
    some are torch's own; ``settings`` the determinism settings that a function sets, by its qualified name;
    ``at_import`` what is set or asked while the module is imported; ``takes`` the modules from which it takes
    torch; ``imports`` the dotted names that it imports; ``is_bare``: it has no functions or classes;
    ``runs``: it does something as a program.
    """

    __slots__ = (
        "at_import",
        "bases",
        "has_classes",
        "imports",
        "imports_torch",
        "is_bare",
        "name",
        "runs",
        "settings",
        "takes",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.imports_torch = False
        self.is_bare = False
        self.has_classes = False
        self.runs = False
        self.bases: set[str] = set()
        self.imports: set[str] = set()
        self.takes: set[str] = set()
        self.settings: dict[str, set[str]] = {}
        self.at_import: set[str] = set()


class Proposal:
    """The keys of ``[tool.torchgate]``: each item with the reason for it. ``hints``: what could be one, if
    something was done by hand."""

    __slots__ = ("hints", "items", "looked_at", "with_torch")

    def __init__(
        self, items: dict[str, dict[str, str]], hints: list[str], looked_at: int, with_torch: int
    ) -> None:
        self.items = items
        self.hints = hints
        self.looked_at = looked_at
        self.with_torch = with_torch


def look(loader: ConfigLoader, root: str) -> Proposal:
    """Read the modules of a project that mention torch, and propose.

    Raises:
        UsageError: a configuration below is not valid.
    """
    discovery = Discovery(loader)
    discovery.add([root])
    own = loader.for_folder(root)
    files = [file for file in discovery.files.values() if file.config is own and file.path.endswith(".py")]
    roots = _roots(files, own)
    config = own if not roots else build(root, os.path.join(root, "torchgate.toml"), b"", {"src": roots})
    seen = list(_seen(files, config))
    items, hints = propose(seen)
    if roots:
        items = {"src": dict.fromkeys(roots, "")} | items
    return Proposal(items, hints, len(files), sum(1 for one in seen if one.imports_torch))


def propose(seen: Iterable[Seen]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The keys with their patterns and reasons, from what the project's modules are; and the hints."""
    modules = {one.name: one for one in seen}
    importers = _importers(modules)
    facades = _facades(modules, importers)
    runtime, hints = _runtime([one for one in modules.values() if one.name not in facades], importers)
    others = {name: one for name, one in modules.items() if name not in facades and name not in runtime}
    bound = _bound(others, {one.name for one in others.values() if one.runs and not importers[one.name]})
    found = {"runtime-modules": runtime, "torch-bound-modules": bound, "facade-modules": facades}
    return {key: patterns for key, patterns in found.items() if patterns}, hints


# Looking.


def _roots(files: Iterable[File], config: Config) -> list[str]:
    """The folders that hold packages, where these are not those that count anyway."""
    found: dict[str, None] = {}
    for file in files:
        package = _outermost(os.path.dirname(file.path), config.root)
        if package is not None and not file_info(config, file.path).is_test:
            folder = os.path.dirname(package)
            found[relative_to(folder, config.root) if folder != config.root else "."] = None
    known = {"." if root == config.root else relative_to(root, config.root) for root in config.src}
    return sorted(found.keys() | known, key=lambda root: (root == ".", root)) if set(found) - known else []


def _outermost(folder: str, root: str) -> str | None:
    """The outermost package around a file that stands in the package ``folder``, below the project's root;
    folders without an ``__init__.py`` may lie between."""
    shown = relative_to(folder, root)
    if not os.path.isfile(os.path.join(folder, "__init__.py")) or not shown.isprintable() or "\\" in shown:
        return None  # a configuration cannot name every folder
    found: str | None = None
    while is_below(folder, root):
        if os.path.isfile(os.path.join(folder, "__init__.py")):
            found = folder
        folder = os.path.dirname(folder)
    return found


def _seen(files: Iterable[File], config: Config) -> Iterator[Seen]:
    selection = Selection(config, _GUARDS, Overrides())
    project = project_of(config)
    words = [b"class", *(package.encode() for package in config.gated_packages)]
    for file in files:
        try:
            data = read_file(file.path)
        except (FileNotFoundError, UnreadableError):
            continue
        info = file_info(config, file.path)
        if info.is_test or not all(map(str.isidentifier, info.module_name.split("."))):
            continue  # what nobody can import by its name cannot be named in a configuration
        one = Seen(info.module_name)
        imported = outline(data, info).imports
        one.imports = {name for item in imported for name in (item.module, item.dotted)}
        if any(word in data for word in words):
            in_package = os.path.isfile(os.path.join(os.path.dirname(file.path), "__init__.py"))
            options = Options(info.path, resolver=project, look=partial(_observe, one, in_package))
            outcome = check_data(file.shown, data, config, info, selection, options)
            one.at_import.update(finding.code for finding in outcome.findings if not finding.qualname)
        yield one


def _observe(one: Seen, in_package: bool, module: Module) -> None:
    gates = module.config.gated_packages
    for item in module.imports:
        if item.where.runs and item.where.import_time and item.dotted.partition(".")[0] in gates:
            one.imports_torch = True
    for cls, where in module.classes:
        if where.runs and where.import_time and not where.main_guard:
            bases = {base.dotted for base in cls.bases if isinstance(base, Class | Ref)}
            one.has_classes = one.has_classes or any(base.partition(".")[0] in gates for base in bases)
            one.has_classes = one.has_classes or any(brings_torch(module, base) for base in cls.bases)
            one.bases |= bases
    deciding: set[str] = set()  # the others only weaken
    for change in changes(module):
        function = change.where.function
        if function is None:
            one.at_import.add(change.subject)
        elif change.lasts:
            one.settings.setdefault(function.qualname, set()).update(change.sets, change.weakened)
            deciding.update([function.qualname] if change.sets else ())
    one.settings = {name: found for name, found in one.settings.items() if name in deciding}
    one.runs = _runs(module, in_package)
    one.is_bare = not module.functions and not module.classes
    imported = (item.value for item in module.imports if not item.star)  # of a star, what is used counts
    values = [*imported, *(item.value for item in module.references)]
    one.takes |= {
        value.taken_from
        for value in values
        if isinstance(value, Ref) and value.taken_from and value.package in gates
    }


def _runs(module: Module, in_package: bool) -> bool:
    """Whether a file is a program: by its main guard or by what it does at top level. In a package a main
    guard may be there to try the module out: a program has a command line."""
    in_guard = any(call.where.main_guard for call in module.calls)
    if in_package:
        return in_guard and any(item.dotted.partition(".")[0] in _COMMAND_LINES for item in module.imports)
    return in_guard or any(
        isinstance(statement, ast.For | ast.While | ast.With)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call))
        for statement in module.tree.body
    )


# Proposing.


def _facades(modules: dict[str, Seen], importers: dict[str, int]) -> dict[str, str]:
    """Modules that enforce an order while they are imported, or set something, and are there for that: others
    take torch from them, or they have nothing else. Any module that imports torch could be taken for one."""
    takers = {taken for one in modules.values() for taken in one.takes - {one.name}}
    reasons = {}
    for name, one in modules.items():
        if not one.at_import or not one.imports_torch:
            continue
        if not one.at_import.isdisjoint(rule.code for rule in _GUARDS):
            reasons[name] = "imports torch, and asks first whether it may"
        elif name in takers:
            reasons[name] = "gives torch to others, and sets something first"
        elif one.is_bare and importers[name]:
            reasons[name] = "sets something while it is imported, and has nothing else"
    return reasons


def _importers(modules: dict[str, Seen]) -> dict[str, int]:
    """How many modules import each one. A program finds the modules beside it by their last names."""
    counts = dict.fromkeys(modules, 0)
    for one in modules.values():
        beside = f"{one.name.rpartition('.')[0]}."
        named = one.imports | {f"{beside}{name}" for name in one.imports}
        for name in named & modules.keys() - {one.name}:
            counts[name] += 1
    return counts


def _runtime(modules: Iterable[Seen], importers: dict[str, int]) -> tuple[dict[str, str], list[str]]:
    """The module with the function that sets most of the determinism state; a project has one gate. One that
    much of the project imports is there for other things too: all of these would have to hold the handle."""
    most = max(_FEW, len(importers) // 10)
    counted = sorted(
        (
            (len(names), one.name, function)
            for one in modules
            for function, names in one.settings.items()
            if len(names) >= _EFFECT
        ),
        key=lambda item: (-item[0], item[1]),
    )
    for count, name, function in counted:
        if importers[name] <= most:
            return {name: f"{function} sets {count} determinism settings"}, []
    return {}, [
        f"{name}.{function} sets {count} determinism settings, and {importers[name]} modules import {name}:"
        " move it to a module of its own, and name that in `runtime-modules`"
        for count, name, function in counted[:1]
    ]


def _bound(modules: dict[str, Seen], programs: set[str]) -> dict[str, str]:
    """Modules whose classes derive from torch's, or from those of such modules; packages of nothing else.
    Programs only inside these: nobody imports one, and what it does with torch is for the gate."""
    bound = {one.name for one in modules.values() if one.has_classes}
    while more := {
        one.name
        for one in modules.values()
        if one.name not in bound and any(not bound.isdisjoint(_prefixes(base)) for base in one.bases)
    }:
        bound |= more
    found: dict[str, str] = {}
    for package in sorted({package for name in bound for package in _packages(name)}, key=_depth):
        inside = {name for name in modules if _is_in(name, package) and name != package}
        classes = len(inside & bound)
        with_torch = sum(1 for name in inside if name in bound or modules[name].imports_torch)
        if classes >= max(_PACKAGE, len(inside) / 2) and with_torch >= _MOST * len(inside):
            found[f"{package}.*"] = f"{classes} of {len(inside)} modules have classes of torch"
            bound -= {package, *inside}
    return dict(sorted((found | dict.fromkeys(bound - programs, "")).items()))


def _packages(name: str) -> Iterator[str]:
    """The packages around a module but the outermost: all of a project is no zone."""
    return (prefix for prefix in _prefixes(name) if "." in prefix)


def _prefixes(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _is_in(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def _depth(package: str) -> tuple[int, str]:
    return package.count("."), package
