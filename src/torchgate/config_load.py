"""Finds, reads and checks the configuration that counts for a file.

Each file uses the nearest ``torchgate.toml``, or pyproject.toml with ``[tool.torchgate]``, at or above it.
Nothing is merged. A project without either has the defaults, rooted where its pyproject.toml, setup file
or ``.git`` stands.
"""

from __future__ import annotations

import os
from functools import lru_cache

from torchgate import plain_toml
from torchgate.config import Config, LintOptions
from torchgate.errors import UsageError
from torchgate.files.read import read_file
from torchgate.source import BOM, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from torchgate.config import FileInfo
    from torchgate.config_schema import Table

OWN_FILE = "torchgate.toml"
PROJECT_FILE = "pyproject.toml"
ROOT_MARKERS = (PROJECT_FILE, "setup.cfg", "setup.py", ".git", ".hg")
_MODULE_KEYS = ("runtime_modules", "torch_bound_modules", "entry_modules", "facade_modules")
_ABSENT = "the configuration file does not exist"
DEFAULT_SRC = ("src", ".")


class ConfigLoader:
    """Answers which Config a folder has, and reads each configuration once."""

    def __init__(self, explicit: str | None = None, cwd: str | None = None) -> None:
        """``explicit`` is the file of ``--config``: it then counts for every file.

        Raises:
            UsageError: ``explicit`` cannot be read or is not valid.
        """
        try:
            self.cwd = os.path.abspath(cwd or os.getcwd())
        except FileNotFoundError:
            raise UsageError("the working directory does not exist any more") from None
        self._explicit = load_config(os.path.abspath(explicit)) if explicit is not None else None
        self._by_folder: dict[str, Config] = {}
        self._above: dict[str, Config | None] = {}
        self._unconfigured: dict[str, Config] = {}

    def for_folder(self, folder: str) -> Config:
        """The configuration of the files in ``folder`` (absolute).

        Raises:
            UsageError: the configuration found is not valid, or two stand in one folder.
        """
        if self._explicit is not None:
            return self._explicit
        config = self._by_folder.get(folder)
        if config is None:
            config = self._nearest(folder) or self._default(folder)
            self._by_folder[folder] = config
        return config

    def folders(self) -> list[str]:
        """The folders that were looked into for a configuration."""
        return list(self._above)

    @property
    def looks_for_roots(self) -> bool:
        """Whether a folder without a configuration made it look for where its project begins."""
        return bool(self._unconfigured)

    def _nearest(self, folder: str) -> Config | None:
        if folder not in self._above:
            parent = os.path.dirname(folder)
            above = None if parent == folder else parent
            self._above[folder] = load_folder(folder) or (self._nearest(above) if above else None)
        return self._above[folder]

    def _default(self, folder: str) -> Config:
        root = project_root(folder) or (self.cwd if is_within(folder, self.cwd) else folder)
        if root not in self._unconfigured:
            self._unconfigured[root] = build(root, None)
        return self._unconfigured[root]


def project_root(folder: str) -> str | None:
    """The nearest folder at or above ``folder`` that looks like the root of a project."""
    while not any(os.path.lexists(os.path.join(folder, name)) for name in ROOT_MARKERS):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def load_folder(folder: str) -> Config | None:
    """The configuration that stands in ``folder`` itself, or None.

    Raises:
        UsageError: it is not valid, or there are two.
    """
    own = os.path.join(folder, OWN_FILE)
    project = os.path.join(folder, PROJECT_FILE)
    own_data = _read(own)
    project_data = _read(project)
    table = None
    if project_data is not None and b"torchgate" in project_data:
        table = _project_table(project, project_data)
    if own_data is None:
        return None if table is None or project_data is None else build(folder, project, project_data, table)
    if table is not None:
        raise UsageError(f"{show(own)}: {PROJECT_FILE} beside it has [tool.torchgate] too; keep one of them")
    return build(folder, own, own_data, _parse(own, own_data), project_data)


def load_config(file: str) -> Config:
    """The configuration in ``file`` (absolute), as ``--config`` gives it.

    Raises:
        UsageError: it cannot be read, is not valid, or is a pyproject.toml without ``[tool.torchgate]``.
    """
    data = _read(file)
    if data is None:
        what = "it is a folder, and no configuration file" if os.path.isdir(file) else _ABSENT
        raise UsageError(f"{show(file)}: {what}")
    folder, name = os.path.split(file)
    if name != PROJECT_FILE:
        return build(folder, file, data, _parse(file, data), _read(os.path.join(folder, PROJECT_FILE)))
    table = _project_table(file, data)
    if table is None:
        raise UsageError(f"{show(file)}: it has no [tool.torchgate] table")
    return build(folder, file, data, table)


def build(
    folder: str,
    file: str | None,
    data: bytes = b"",
    table: dict[str, Any] | None = None,
    project_data: bytes | None = None,
) -> Config:
    """A Config from a table: checked, with its paths resolved and its ``src`` roots looked into.

    ``project_data`` is the pyproject.toml that gives ``requires-python`` where ``data`` is not.

    Raises:
        UsageError: an unknown key, a wrong type, or a ``src`` outside the project.
    """
    from torchgate.config_roots import project_names, requires_python, shadowing_modules

    config: dict[str, Any] = {}
    lint: dict[str, Any] = {}
    src: tuple[str, ...] = DEFAULT_SRC
    if table is not None and file is not None:
        from torchgate.config_schema import parse_table

        parsed = parse_table(table, lambda key: _place(file, data, key))
        config, lint = parsed.config, parsed.lint
        src = parsed.own.get("src", src)
        if "required_version" in parsed.own:
            from torchgate.required_version import check

            check(parsed.own["required_version"], _place(file, data, "required-version"))
        _check_names(parsed, file, data, folder)
    if src is DEFAULT_SRC and _is_package(folder, "src"):
        src = (".",)  # the package is called src: `from src.app import x`
    roots = tuple(_root(folder, entry, file, data) for entry in src)
    if "target_version" not in config:
        if project_data is None:
            project_data = data if file is not None else _read(os.path.join(folder, PROJECT_FILE))
        found = requires_python(project_data or b"")
        if found is not None:
            config["target_version"] = found
    standing = project_names(roots)
    result = Config(folder, file=file, src=roots, lint=LintOptions(**lint), project_names=standing, **config)
    packages = {*result.gated_packages, *(name.partition(".")[0] for name in result.implicit_torch_packages)}
    result.shadowed_packages = shadowing_modules(roots, packages & standing)
    return result


@lru_cache(maxsize=1 << 14)
def file_info(config: Config, path: str) -> FileInfo:
    """What the file at the absolute ``path`` is to its project."""
    best = ""
    for root in config.src:
        if len(root) > len(best) and is_below(path, root):
            best = root
    relative = relative_to(path, config.root)
    dotted, is_package = "", False
    if best:
        stem, _, suffix = path[len(best) :].strip(os.sep).rpartition(".")
        if suffix in ("py", "pyi"):
            parts = stem.split(os.sep)
            is_package = parts[-1] == "__init__"
            dotted = ".".join(parts[:-1] if is_package else parts)
    return config.info(dotted, relative, is_package=is_package)


def is_within(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or stands below it."""
    return path == folder or is_below(path, folder)


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` stands in ``folder``, by spelling; both absolute and normalised."""
    return path.startswith(folder) and (folder.endswith(os.sep) or path[len(folder) :].startswith(os.sep))


def relative_to(path: str, folder: str) -> str:
    """``path`` relative to ``folder`` with ``/``; unchanged where it stands elsewhere."""
    if folder and is_below(path, folder):
        path = path[len(folder) :].lstrip(os.sep)
    return path if os.sep == "/" else path.replace(os.sep, "/")


def show(file: str) -> str:
    """A configuration file's name as messages give it: relative where it is below the working directory."""
    return relative_to(file, os.getcwd())


def place_of(config: Config, key: str) -> str:
    """File and line at which ``config`` sets ``key``, for messages."""
    if config.file is None:
        return "the configuration"
    return _place(config.file, _read(config.file) or b"", key)


def _check_names(parsed: Table, file: str, data: bytes, folder: str) -> None:
    """Raises UsageError where a module is named from above its root, and so would never be met."""
    roots = parsed.own.get("src", () if _is_package(folder, "src") else ("src",))
    for root in map(os.path.normpath, roots):
        parts = root.split(os.sep)
        above = os.path.join(folder, root)
        if root == "." or not os.path.isdir(above) or os.path.lexists(os.path.join(above, parts[0])):
            continue
        prefix = ".".join((*parts, ""))
        named = [(key, name) for key in _MODULE_KEYS for name in parsed.config.get(key, ())]
        for key, name in named:
            if name.startswith(prefix):
                shown, own = key.replace("_", "-"), name.removeprefix(prefix)
                cure = f'write {own!r}, or set `src = ["."]` if the code imports {prefix[:-1]!r}'
                wrong = f"`{shown}` contains {name!r}, but {root!r} is a root"
                raise UsageError(f"{_place(file, data, shown)}: {wrong}; {cure}")


def _is_package(folder: str, name: str) -> bool:
    return os.path.lexists(os.path.join(folder, name, "__init__.py"))


def _root(folder: str, entry: str, file: str | None, data: bytes) -> str:
    root = os.path.normpath(os.path.join(folder, entry))
    if file is not None and not is_within(root, folder):
        place = _place(file, data, "src")
        raise UsageError(f"{place}: `src` contains {entry!r}, which is outside the project")
    return root


def _read(file: str) -> bytes | None:
    # Most folders have none, and asking is cheaper than failing to open. A folder of that name, or one
    # that may not be entered, is no configuration of this project.
    if not os.path.exists(file) or os.path.isdir(file):
        return None
    try:
        return read_file(file)
    except FileNotFoundError:
        return None
    except UnreadableError as error:
        raise UsageError(f"{show(file)}: the configuration file cannot be read: {error.reason}") from None


def _parse(file: str, data: bytes) -> dict[str, Any]:
    if data.startswith(BOM):
        raise UsageError(f"{show(file)}:1:1: it begins with a byte order mark, which TOML does not allow")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{show(file)}:{line}: it is not UTF-8, so it is not TOML") from None
    found = plain_toml.read(text)
    if found is not None:
        return found
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, rest = str(error).partition(" (at ")
        line, column = _toml_place(rest, data)
        raise UsageError(f"{show(file)}:{line}:{column}: it is not valid TOML: {reason}") from None
    except ValueError as error:  # a number of more digits than Python reads
        raise UsageError(f"{show(file)}:1: it cannot be read: {error}") from None
    except RecursionError:
        raise UsageError(f"{show(file)}:1: it is nested too deeply") from None


def _toml_place(rest: str, data: bytes) -> tuple[int, int]:
    words = rest.rstrip(")").replace(",", "").split()
    if len(words) == 4 and words[1].isdecimal() and words[3].isdecimal():
        return int(words[1]), int(words[3])
    return data.rstrip(b"\n").count(b"\n") + 1, 1


def _project_table(file: str, data: bytes) -> dict[str, Any] | None:
    tool = _parse(file, data).get("tool")
    table = tool.get("torchgate") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{_place(file, data, 'torchgate')}: `tool.torchgate` must be a table")
    return table


def _place(file: str, data: bytes, key: str) -> str:
    from torchgate.config_roots import line_of_key

    return f"{show(file)}:{line_of_key(data, key, os.path.basename(file) == PROJECT_FILE)}"
