"""Parses a command line from a table of options: a third of argparse's features, a tenth of its import time.

``--name value``, ``--name=value``, ``-n value``, ``-nvalue``, flags of one letter together (``-qv``), lists
separated by commas and repeated, ``--`` and positional arguments.
"""

from __future__ import annotations

import os

from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FLAG, TEXT, LIST, NUMBER = "flag", "text", "list", "number"
# What linters of other houses call it.
_OF_MIGRATE = frozenset({"--fix", "--fix-only", "--unsafe-fixes", "--diff", "--autofix"})


class Option:
    """One option. ``names`` are its spellings, the first one documented; ``choices`` limit a TEXT."""

    __slots__ = ("choices", "help", "key", "kind", "metavar", "names")

    def __init__(
        self,
        names: str,
        kind: str,
        text: str,
        *,
        metavar: str = "",
        choices: tuple[str, ...] = (),
    ) -> None:
        self.names = tuple(names.split())
        self.key = self.names[0].lstrip("-").replace("-", "_")
        self.kind = kind
        self.help = text
        self.metavar = metavar or "|".join(choices)
        self.choices = choices


class Arguments:
    """What was given, by an option's key; ``paths`` are the positional arguments, ``raw`` is everything."""

    def __init__(self, raw: list[str]) -> None:
        self.raw = raw
        self.paths: list[str] = []
        self._flags: set[str] = set()
        self._texts: dict[str, str] = {}
        self._lists: dict[str, tuple[str, ...]] = {}

    def flag(self, key: str) -> bool:
        """Whether a FLAG was given."""
        return key in self._flags

    def text(self, key: str) -> str | None:
        """A TEXT's value; the last one where it was repeated."""
        return self._texts.get(key)

    def list(self, key: str) -> tuple[str, ...] | None:
        """A LIST's items, in order."""
        return self._lists.get(key)

    def number(self, key: str) -> int | None:
        """A NUMBER's value."""
        value = self._texts.get(key)
        return None if value is None else int(value)

    def take(self, option: Option, name: str, value: str) -> None:
        """Note one option with its value.

        Raises:
            UsageError: the value is not one that the option takes.
        """
        if option.kind == LIST:
            items = tuple(item.strip() for item in value.split(",") if item.strip())
            if not items:
                raise UsageError(_needs_value(name, option))
            self._lists[option.key] = (*self._lists.get(option.key, ()), *items)
        elif option.kind == FLAG:
            self._flags.add(option.key)
        else:
            if option.kind == NUMBER and not (value.isdecimal() and value.isascii() and int(value) > 0):
                raise UsageError(f"{name} needs a positive number, not {value!r}")
            if option.choices and value not in option.choices:
                allowed = ", ".join(option.choices)
                raise UsageError(f"{name} takes {allowed}, not {value!r}{_nearest(value, option.choices)}")
            self._texts[option.key] = value


def parse(arguments: list[str], options: Iterable[Option]) -> Arguments:
    """Parse ``arguments``.

    Raises:
        UsageError: an unknown option, a missing value, or one that the option does not take.
    """
    by_name = {name: option for option in options for name in option.names}
    given = Arguments(arguments)
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            given.paths.extend(rest)
        elif argument == "-" or not argument.startswith("-"):
            given.paths.append(argument)
        else:
            for name, value in _split(argument, by_name):
                option = by_name.get(name)
                if option is None:
                    raise UsageError(f"unknown option {name!r}{_hint(argument, by_name)}")
                if option.kind == FLAG:
                    if value is not None:
                        raise UsageError(f"{name} takes no value")
                elif value is None:
                    value = next(rest, "")
                    if not value:
                        raise UsageError(_needs_value(name, option))
                given.take(option, name, value or "")
    return given


def _split(argument: str, by_name: Mapping[str, Option]) -> list[tuple[str, str | None]]:
    """The options that one argument holds, each with the value that is attached to it: ``-qj2`` has two.

    Letters of which one is unknown are one unknown option: nobody meant a part of ``-jsn`` or ``-dash.py``.
    """
    name, equals, value = argument.partition("=")
    whole: list[tuple[str, str | None]] = [(name, value if equals else None)]
    if name in by_name or argument.startswith("--"):
        return whole
    found: list[tuple[str, str | None]] = []
    for place, letter in enumerate(argument[1:], 2):
        option = by_name.get(f"-{letter}")
        if option is None:
            return whole
        after = argument[place:]
        if option.kind != FLAG:
            return [*found, (f"-{letter}", after.removeprefix("=") if after else None)]
        found.append((f"-{letter}", None))
    return found


def _needs_value(name: str, option: Option) -> str:
    return f"{name} needs a value: {name} {option.metavar}"


def usage(command: str, text: str, paths: str, options: Iterable[Option], codes: str) -> str:
    """The ``--help`` text. ``paths``: what the command does with them, empty where it takes none;
    ``codes``: what it exits with."""
    rows = [("PATHS", paths)] if paths else []
    rows += [(f"{', '.join(option.names)} {option.metavar}".strip(), option.help) for option in options]
    lines = [f"usage: torchgate {command} [OPTIONS]{' [PATHS]' if paths else ''}", "", text, ""]
    for left, right in rows:
        lines += [f"  {left}", f"        {right}"] if len(left) > 26 else [f"  {left:<28}{right}"]
    own = "2 wrong usage or configuration, 3 a fault of torchgate's own"
    return "\n".join([*lines, "", f"exit: {codes},", f"      {own}"])


def _hint(argument: str, known: Iterable[str]) -> str:
    if os.path.lexists(argument):
        return f"; for the file of that name write {os.path.join('.', argument)!r}, or `--` before it"
    name = argument.partition("=")[0]
    # Two options are not alike for their dashes.
    bare = {option.lstrip("-"): option for option in known}
    if name in _OF_MIGRATE and "--diff" not in bare.values():
        return "; it is `torchgate migrate` that changes files"
    return _nearest(name.lstrip("-"), bare, bare)


def _nearest(word: str, known: Iterable[str], spelled: Mapping[str, str] | None = None) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), 1, 0.51)
    return f"; did you mean {spelled[close[0]] if spelled else close[0]}?" if close else ""
