"""The keys of ``[tool.torchgate]``: their types, and what is said about a bad one.

``parse_table`` turns a TOML table into the keyword arguments of ``Config`` and ``LintOptions``. It is pure:
it knows neither files nor folders, and reports with the place that its caller gives.
"""

from __future__ import annotations

from torchgate.config import DEFAULT_EXCLUDE, EFFECT_FUNCTION
from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    Parser: TypeAlias = Callable[[Any], Any]


class BadValue(Exception):
    """A value of the wrong type or form. Says what is wrong; the caller adds key, file and line."""


def strings(value: Any) -> tuple[str, ...]:
    """A list of non-empty strings."""
    if not isinstance(value, list):
        raise BadValue(f"must be a list of strings, not {_kind(value)}")
    for item in value:
        if not isinstance(item, str):
            raise BadValue(f"must be a list of strings, but it contains {_kind(item)}")
        if not item.strip():
            raise BadValue("contains an empty string")
        _no_null(item)
    return tuple(value)


def _no_null(text: str) -> None:
    if "\0" in text:
        raise BadValue(f"has a null character in {text!r}")


def folders(value: Any) -> tuple[str, ...]:
    """A list of folders, with ``/`` on every system: elsewhere a backslash is part of a name."""
    for folder in strings(value):
        if "\\" in folder:
            raise BadValue(f"contains {folder!r}; write {folder.replace(chr(92), '/')!r} on every system")
    return tuple(value)


def modules(value: Any) -> tuple[str, ...]:
    """A list of dotted module names; a part may be ``*``."""
    for name in strings(value):
        _module(name)
    return tuple(value)


def _module(name: str) -> None:
    if all(part == "*" or part.isidentifier() for part in name.split(".")):
        return
    hint = ""
    if "/" in name or name.endswith(".py"):
        dotted = name.removesuffix(".py").strip("./").removeprefix("src/").replace("/", ".")
        hint = f"; write the module's name, such as {dotted!r}"
    raise BadValue(f"contains {name!r}, which is no dotted module name{hint}")


def gated_packages(value: Any) -> dict[str, tuple[str, ...]]:
    """A list of packages, or a table from a package to its own runtime modules.

    The table adds to torch, the list replaces it: a table that gives cupy a module must not open the gate
    for torch.
    """
    if isinstance(value, dict):
        packages = {"torch": (), **{name: modules(own) for name, own in value.items()}}
    elif isinstance(value, list):
        packages = dict.fromkeys(strings(value), ())
    else:
        raise BadValue(f"must be a list of packages or a table of packages, not {_kind(value)}")
    for name in packages:
        if not name.isidentifier():
            raise BadValue(f"contains {name!r}, which is no top-level package name")
    return packages


def effect_functions(value: Any) -> tuple[str, ...]:
    """Dotted names; torchgate's own effect always counts."""
    return (EFFECT_FUNCTION, *(name for name in modules(value) if name != EFFECT_FUNCTION))


def names(value: Any) -> tuple[str, ...]:
    """A list of plain identifiers."""
    for name in strings(value):
        if not name.isidentifier():
            raise BadValue(f"contains {name!r}, which is no identifier")
    return tuple(value)


def codes(value: Any) -> tuple[str, ...]:
    """Rule codes and prefixes; whether they exist is for the selection to say."""
    return strings(value)


def codes_by_pattern(value: Any) -> dict[str, tuple[str, ...]]:
    """A table from a file pattern to codes."""
    if not isinstance(value, dict):
        raise BadValue(f"must be a table from file patterns to lists of codes, not {_kind(value)}")
    parsed = {}
    for pattern, entry in value.items():
        try:
            parsed[pattern] = codes(entry)
        except BadValue as error:
            raise BadValue(f"of {pattern!r} {error}") from None
    return parsed


def boolean(value: Any) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false, not {_kind(value)}")
    return value


def string(value: Any) -> str:
    """One non-empty string."""
    if not isinstance(value, str):
        raise BadValue(f"must be a string, not {_kind(value)}")
    if not value.strip():
        raise BadValue("is empty")
    _no_null(value)
    return value


def _one_of(*allowed: str) -> Parser:
    def parse(value: Any) -> str:
        if string(value) not in allowed:
            raise BadValue(f"must be {' or '.join(map(repr, allowed))}, not {value!r}")
        return str(value)

    return parse


def _subset_of(*allowed: str) -> Parser:
    def parse(value: Any) -> tuple[str, ...]:
        for item in strings(value):
            if item not in allowed:
                raise BadValue(f"may contain {' and '.join(map(repr, allowed))}, not {item!r}")
        return tuple(value)

    return parse


def version(value: Any) -> tuple[int, int]:
    """``"3.12"`` or, as ruff and black write it, ``"py312"``."""
    text = string(value)
    major, dot, minor = text.partition(".")
    if not dot and text.startswith("py"):
        major, minor = text[2:3], text[3:]
    if not (major == "3" and minor.isdecimal() and minor.isascii()):
        raise BadValue(f"must be a Python version such as '3.12' or 'py312', not {value!r}")
    return int(major), int(minor)


# Keys of Config, keys of LintOptions, and those that the loader interprets itself.
CONFIG_KEYS: dict[str, Parser] = {
    "gated-packages": gated_packages,
    "runtime-modules": modules,
    "torch-bound-modules": modules,
    "entry-modules": modules,
    "facade-modules": modules,
    "effect-functions": effect_functions,
    "default-helpers": modules,
    "handle-names": names,
    "implicit-torch-packages": modules,
    "allow-ambient-devices": strings,
    "implicit-placement": _subset_of("device", "dtype"),
    "checklist": _one_of("core", "full"),
    "documents": _one_of("guidance", "full"),
    "target-version": version,
}
LINT_KEYS: dict[str, Parser] = {
    "select": codes,
    "ignore": codes,
    "extend-select": codes,
    "extend-ignore": codes,
    "per-file-ignores": codes_by_pattern,
    "extend-per-file-ignores": codes_by_pattern,
    "exclude": strings,
    "preview": boolean,
    "baseline": string,
}
LOADER_KEYS: dict[str, Parser] = {
    "src": folders,
    "required-version": string,
    "extend-exclude": strings,
}


class Table:
    """A checked table: keyword arguments of Config and of LintOptions, and the loader's own keys."""

    __slots__ = ("config", "lint", "own")

    def __init__(self, config: dict[str, Any], lint: dict[str, Any], own: dict[str, Any]) -> None:
        self.config = config
        self.lint = lint
        self.own = own


def parse_table(table: Mapping[str, Any], place: Callable[[str], str]) -> Table:
    """Check every key and value; ``place(key)`` names file and line.

    Raises:
        UsageError: an unknown key (with the nearest known one) or a value of the wrong type.
    """
    parsed = Table({}, {}, {})
    groups = ((CONFIG_KEYS, parsed.config), (LINT_KEYS, parsed.lint), (LOADER_KEYS, parsed.own))
    for key, value in table.items():
        keys, target = next((group for group in groups if key in group[0]), (None, None))
        if keys is None or target is None:
            raise UsageError(f"{place(key)}: unknown key `{key}`{_nearest(key)}")
        try:
            target[key.replace("-", "_")] = keys[key](value)
        except BadValue as error:
            raise UsageError(f"{place(key)}: `{key}` {error}") from None
    extend = parsed.own.pop("extend_exclude", ())
    if extend:
        parsed.lint["exclude"] = (*parsed.lint.get("exclude", DEFAULT_EXCLUDE), *extend)
    return parsed


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    if key == "tool":
        return "; in torchgate.toml the keys stand at the top level, without [tool.torchgate]"
    if key == "lint":
        return "; the keys that ruff has under `lint` stand without it here"
    known = [*CONFIG_KEYS, *LINT_KEYS, *LOADER_KEYS]
    close = get_close_matches(key.lower().replace("_", "-"), known, 1, 0.5)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; the keys are {', '.join(sorted(known))}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return "a list"
    return "a table" if isinstance(value, dict) else "a date or time"
