"""What is read off a project besides its table: names in the ``src`` roots, ``requires-python``, lines."""

from __future__ import annotations

import os

from torchgate.config import ALSO_PACKAGES, DEFAULT_EXCLUDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def project_names(roots: Iterable[str]) -> frozenset[str]:
    """The top-level names that stand in the roots: modules, packages, and folders (namespace packages)."""
    names: set[str] = set()
    for root in roots:
        try:
            entries = os.listdir(root)
        except OSError:
            continue
        for entry in entries:
            stem, dot, suffix = entry.partition(".")
            if stem.isidentifier() and (not dot or suffix in ("py", "pyi")):
                names.add(stem)
    return frozenset(names)


def shadowing_modules(roots: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Those of ``names`` that a root has as a regular module or package (a plain folder never shadows)."""
    return frozenset(
        name
        for name in names
        for root in roots
        if os.path.isfile(os.path.join(root, f"{name}.py"))
        or os.path.isfile(os.path.join(root, name, "__init__.py"))
    )


def is_package_after_all(path: str, exclude: tuple[str, ...]) -> bool:
    """Whether the folder ``path``, which only a default pattern takes for build output, is a package."""
    count = len(DEFAULT_EXCLUDE)
    name = os.path.basename(path)
    if name not in ALSO_PACKAGES or exclude[:count] != DEFAULT_EXCLUDE or name in exclude[count:]:
        return False
    return os.path.lexists(os.path.join(path, "__init__.py"))


def source_folders(folder: str, names: Iterable[str], exclude: tuple[str, ...]) -> list[str]:
    """Those of the folders ``names`` in ``folder`` in which modules of the project may stand."""
    return [
        name
        for name in names
        if name[0] != "."
        and (name not in exclude or is_package_after_all(os.path.join(folder, name), exclude))
    ]


def requires_python(data: bytes) -> tuple[int, int] | None:
    """The lowest Python 3 version that ``project.requires-python`` admits.

    Read off the line, not the TOML: most projects' pyproject.toml does not mention torchgate, and parsing it
    would cost more than checking a file does.
    """
    section = ""
    for raw in data.splitlines():
        line = raw.strip()
        if line.startswith(b"["):
            section = line.decode("utf-8", "replace")
        elif section.startswith("[project]") and line.startswith(b"requires-python"):
            key, _, value = line.decode("utf-8", "replace").partition("=")
            if key.strip() == "requires-python":
                return _lowest(value.strip().partition("#")[0].strip().strip("\"'"))
    return None


def _lowest(specifier: str) -> tuple[int, int] | None:
    lowest = None
    for part in specifier.split(","):
        clause = part.strip()
        version = clause.lstrip("><=~^! ").split(".")
        if clause.startswith((">", "~=", "==", "^")) and version[0] == "3":
            minor = version[1] if len(version) > 1 else "0"
            if minor.isdecimal():
                above = clause.startswith(">") and not clause.startswith(">=") and len(version) == 2
                found = (3, int(minor) + above)
                lowest = max(found, lowest or found)
    return lowest


def line_of_key(data: bytes, key: str, in_project_file: bool) -> int:
    """The 1-based line at which ``key`` is set; the table's, where the spelling is one not searched for."""
    table = "tool.torchgate" if in_project_file else ""
    wanted = f"{table}.{key}" if table else key
    if key == "torchgate":
        wanted = table
    section, fallback = "", 1
    for number, raw in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        line = raw.strip()
        if line.startswith("["):
            full = section = _dotted(line.strip("[]").partition("]")[0])
        else:
            left, equals, _ = line.partition("=")
            full = f"{section}.{_dotted(left)}".lstrip(".") if equals else ""
        if full == wanted or full.startswith(f"{wanted}."):
            return number
        if table and full == table:
            fallback = number
    return fallback


def _dotted(key: str) -> str:
    return key.translate({ord(char): None for char in " \t\"'"})
