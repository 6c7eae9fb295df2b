"""Sites that are decided together."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torchgate.migrate.changes import Change
from torchgate.migrate.decisions import Site
from torchgate.migrate.handles.candidates import Target
from torchgate.migrate.handles.denied import Denied
from torchgate.semantics.facts import Import

if TYPE_CHECKING:
    from torchgate.migrate.handles.builders import Builders


@dataclass(slots=True, eq=False)
class Take:
    """One site: the names that go from a statement, or an expression that takes torch from a module."""

    site: Site
    node: ast.AST
    items: list[Import] = field(default_factory=list)
    denied: Denied | None = None


@dataclass(slots=True, eq=False)
class Group:
    """Sites that are decided together, and what their edits change."""

    takes: list[Take]
    changes: list[Change] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    needs: list[Site] = field(default_factory=list)
    builders: Builders | None = None
