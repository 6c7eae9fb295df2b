"""What ``torchgate init`` sees in a project, and what it proposes for ``[tool.torchgate]``."""

from __future__ import annotations

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
from torchgate.semantics.values import Class, Function, Ref
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
# A package with fewer modules of torch classes, or with less than half of its modules, is named by these.
_PACKAGE = 2
# So many of its modules have to import torch: whoever imports one of the others has to hold the handle, too.
_MOST = 0.75


class Seen:
    """What one module of the project is, as far as a proposal asks.

    ``bases`` are the dotted names of the base classes that it needs while it is imported, ``has_classes``:
    some are torch's own; ``settings`` the determinism settings that a function sets, by its qualified name;
    ``at_import`` what is set or asked while the module is imported; ``gives_torch``: others may take torch
    from it; ``has_own``: or a function or class of its own; ``takes`` are the modules from which it takes
    torch by its name.
    """

    __slots__ = (
        "at_import",
        "bases",
        "gives_torch",
        "has_classes",
        "has_own",
        "imports_torch",
        "name",
        "settings",
        "takes",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.imports_torch = False
        self.gives_torch = False
        self.has_classes = False
        self.has_own = False
        self.takes: set[str] = set()
        self.bases: set[str] = set()
        self.settings: dict[str, set[str]] = {}
        self.at_import: set[str] = set()


class Proposal:
    """The keys of ``[tool.torchgate]``: each item with the reason for it."""

    __slots__ = ("items", "looked_at", "with_torch")

    def __init__(self, items: dict[str, dict[str, str]], looked_at: int, with_torch: int) -> None:
        self.items = items
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
    items = propose(seen)
    if roots:
        items = {"src": dict.fromkeys(roots, "")} | items
    return Proposal(items, len(files), sum(1 for one in seen if one.imports_torch))


def propose(seen: Iterable[Seen]) -> dict[str, dict[str, str]]:
    """The keys with their patterns and reasons, from what the project's modules are."""
    modules = {one.name: one for one in seen}
    taken: set[str] = set().union(*(one.takes for one in modules.values()))
    facades = {name: _as_facade(one) for name, one in modules.items() if _is_facade(one, taken)}
    runtime = _runtime([one for one in modules.values() if one.name not in facades])
    others = {name: one for name, one in modules.items() if name not in facades and name not in runtime}
    found = {"runtime-modules": runtime, "torch-bound-modules": _bound(others), "facade-modules": facades}
    return {key: patterns for key, patterns in found.items() if patterns}


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
        if any(word in data for word in words):
            options = Options(info.path, resolver=project, look=partial(_observe, one))
            outcome = check_data(file.shown, data, config, info, selection, options)
            one.at_import.update(finding.code for finding in outcome.findings if not finding.qualname)
        yield one


def _observe(one: Seen, module: Module) -> None:
    gates = module.config.gated_packages
    for item in module.imports:
        if item.where.runs and item.where.import_time and item.dotted.partition(".")[0] in gates:
            one.imports_torch = True
        if item.where.runs and item.is_from and item.dotted.rpartition(".")[2] in gates:
            one.takes.add(item.module)
    for cls, where in module.classes:
        if where.runs and where.import_time and not where.main_guard:
            bases = {base.dotted for base in cls.bases if isinstance(base, Class | Ref)}
            one.has_classes = one.has_classes or any(base.partition(".")[0] in gates for base in bases)
            one.has_classes = one.has_classes or any(brings_torch(module, base) for base in cls.bases)
            one.bases |= bases
    for change in changes(module):
        function = change.where.function
        if function is None:
            one.at_import.add(change.subject)
        elif change.lasts:
            one.settings.setdefault(function.qualname, set()).update(change.sets, change.weakened)
    exports = module.exports()
    one.gives_torch = any(isinstance(value, Ref) and value.dotted in gates for value in exports.values())
    one.has_own = any(
        isinstance(value, Function | Class) and not name.startswith("_") for name, value in exports.items()
    )


# Proposing.


def _is_facade(one: Seen, taken: set[str]) -> bool:
    """A module from which others take torch, and which does something about it while it is imported.

    Every module that imports torch could give it away. One with functions of its own is there for these,
    unless somebody does take torch from it.
    """
    return one.gives_torch and bool(one.at_import) and (not one.has_own or one.name in taken)


def _as_facade(one: Seen) -> str:
    return "gives torch to others, and sets or asks something first"


def _runtime(modules: Iterable[Seen]) -> dict[str, str]:
    """The module with the function that sets most of the determinism state; a project has one gate."""
    counted = [
        (len(names), one.name, function)
        for one in modules
        for function, names in one.settings.items()
        if len(names) >= _EFFECT
    ]
    if not counted:
        return {}
    count, name, function = max(counted, key=lambda item: (item[0], [-ord(letter) for letter in item[1]]))
    return {name: f"{function} sets {count} determinism settings"}


def _bound(modules: dict[str, Seen]) -> dict[str, str]:
    """Modules whose classes derive from torch's, or from those of such modules; packages of nothing else."""
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
    return dict(sorted((found | dict.fromkeys(bound, "")).items()))


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
