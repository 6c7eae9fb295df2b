"""What the imports and references of a file lead to: all that most questions about it ask, and little enough
to be sent to a process that has not read the file."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from torchgate.migrate.lookups import looks_up
from torchgate.semantics.module import Module
from torchgate.semantics.values import Ref


@dataclass(frozen=True, slots=True)
class Leads:
    """Dotted names of the project: as they are ``imported``, what these ``imports`` and the other
    ``references`` come to. ``renamed``: what ``as`` gives another name, with that. ``has_star``: there is a
    star import. ``replaced``: what of torch the file replaces (``torchgate.migrate.torch_patches``).
    ``looks_up``: it may look up names by texts (``torchgate.migrate.lookups``)."""

    imported: frozenset[str]
    imports: frozenset[str]
    references: frozenset[str]
    renamed: frozenset[tuple[str, str]]
    has_star: bool
    replaced: frozenset[str]
    looks_up: bool

    def to(self, module: str, dotted: str, *, follow: bool) -> bool:
        """Whether an import or a value leads to a name of a module: to the module itself, to a package around
        it, or to the name; ``follow``: through re-exports."""
        if self.has_star or dotted in self.imported:
            return True
        if any(f"{module}.".startswith(f"{name}.") for name in self.imports):
            return True
        return follow and (
            dotted in self.imports or any(f"{name}.".startswith(f"{dotted}.") for name in self.references)
        )


def leads_of(module: Module, packages: Container[str], replaced: Iterable[str] = ()) -> Leads:
    """The leads of a file into the project, whose top-level names are ``packages``, with what it replaces."""

    def own(dotted: str) -> bool:
        return dotted.partition(".")[0] in packages

    imports = list(module.imports)
    renamed = (
        (item.value.dotted, item.bound)
        for item in imports
        if item.alias.asname and isinstance(item.value, Ref) and own(item.value.dotted)
    )
    values = (item.value.dotted for item in imports if isinstance(item.value, Ref))
    references = (item.value.dotted for item in module.references if isinstance(item.value, Ref))
    return Leads(
        frozenset(item.dotted for item in imports if own(item.dotted)),
        frozenset(filter(own, values)),
        frozenset(filter(own, references)),
        frozenset(renamed),
        any(item.star for item in imports),
        frozenset(replaced),
        looks_up(module),
    )
