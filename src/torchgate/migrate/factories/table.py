"""Loading a version's table; one small JSON file, read once."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from torchgate.migrate.factories.binding import Signature
from torchgate.migrate.factories.model import Effect, Factory, Kind, Reader, Rule

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_FILE = re.compile(r"torch_(\d+)_(\d+)\.json")


class FactoryTable:
    """The rows measured on one torch version.

    A name is dotted and starts with ``torch.``; the place where torch defines a thing
    (``torch.nn.modules.linear.Linear``) finds the row of its public name.
    """

    __slots__ = ("_aliases", "_factories", "_inert", "_readers", "exact", "measured_on", "version")

    def __init__(self, data: Mapping[str, Any], *, exact: bool) -> None:
        """``exact`` is False when the asked-for version has no table of its own and this is the nearest."""
        self.version: str = data["version"]
        self.measured_on: str = data["measured_on"]
        self.exact = exact
        self._factories: Mapping[str, Any] = data["factories"]
        self._readers: Mapping[str, Any] = data["readers"]
        self._inert: frozenset[str] = frozenset(data["inert"])
        self._aliases: Mapping[str, str] = data["aliases"]

    def canonical(self, name: str) -> str:
        """The public name under which a row is kept."""
        return self._aliases.get(name, name)

    def entry(self, name: str) -> Factory | None:
        """The row of a callable that makes tensors or modules; None if it has none."""
        name = self.canonical(name)
        row = self._factories.get(name)
        return None if row is None else _factory(name, row)

    def reader(self, name: str) -> Reader | None:
        """What is known of a callable that reads the defaults itself; None if it is not known to."""
        name = self.canonical(name)
        row = self._readers.get(name)
        return None if row is None else Reader(name, frozenset(row["reads"]), row["when"], row["evidence"])

    def is_inert(self, name: str) -> bool:
        """Whether a callable was probed and reads no ambient default whatever tensors it gets.

        False is not the opposite: an unknown callable is not inert either.
        """
        return self.canonical(name) in self._inert

    def factories(self) -> Iterator[Factory]:
        """Every factory, sorted by name."""
        return (_factory(name, row) for name, row in self._factories.items())

    def readers(self) -> Iterator[Reader]:
        """Every reader, sorted by name."""
        found = (self.reader(name) for name in self._readers)
        return (reader for reader in found if reader is not None)

    def __repr__(self) -> str:
        return f"FactoryTable(torch {self.version}, measured on {self.measured_on}, exact={self.exact})"


def _factory(name: str, row: Mapping[str, Any]) -> Factory:
    return Factory(
        name=name,
        kind=Kind(row["kind"]),
        device=_rule(row["device"]),
        dtype=_rule(row["dtype"]),
        decided_by=tuple(row.get("decided_by", ())),
        mixes=row.get("mixes", False),
        signatures=tuple(Signature.parse(text) for text in row["signatures"]),
    )


def _rule(spelled: str | Mapping[str, list[str]]) -> Rule:
    if isinstance(spelled, str):
        return Rule(Effect(spelled), {})
    return Rule(None, {kind: Effect(effect) for effect, kinds in spelled.items() for kind in kinds})


def versions() -> tuple[str, ...]:
    """The torch versions that have a table, oldest first, as ``"2.13"``."""
    found = sorted((int(m[1]), int(m[2])) for m in map(_FILE.fullmatch, os.listdir(_FOLDER)) if m)
    return tuple(f"{major}.{minor}" for major, minor in found)


def table(version: str | None = None) -> FactoryTable:
    """The table for a torch version (``"2.13.0+cpu"``); without one, the newest.

    A version without a table of its own gets the newest table that is not newer, or else the oldest, with
    ``exact`` False. Raises ValueError for text that is no version.
    """
    if version is None:
        return _load(versions()[-1], exact=True)
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        raise ValueError(f"not a torch version: {version!r} (wanted something like 2.13.0)")
    asked = (int(match[1]), int(match[2]))
    known = [tuple(map(int, text.split("."))) for text in versions()]
    nearest = max((pair for pair in known if pair <= asked), default=known[0])
    return _load(".".join(map(str, nearest)), exact=nearest == asked)


@functools.cache
def _load(version: str, *, exact: bool) -> FactoryTable:
    path = os.path.join(_FOLDER, f"torch_{version.replace('.', '_')}.json")
    with open(path, encoding="utf-8") as file:
        return FactoryTable(json.load(file), exact=exact)
