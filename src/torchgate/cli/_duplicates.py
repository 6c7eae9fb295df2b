"""Warns of two modules with one name: Python imports the first, and the other is dead code or a trap.

Spoken of are the modules that the run checked and those that they asked about, so that it does not matter
whether their outcomes were kept from an earlier run.
"""

from __future__ import annotations

from torchgate.config_load import file_info
from torchgate.files.discover import shown_path
from torchgate.semantics.roots import CONTENT, PLACE, Roots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.config import Config
    from torchgate.files.discover import File
    from torchgate.lint.engine import Outcome


def duplicates(found: Iterable[tuple[File, Outcome | None]], cwd: str) -> list[str]:
    """A sentence for each source file that is never imported, since another one has its module's name."""
    modules: dict[Config, set[str]] = {}
    told: set[int] = set()
    for file, outcome in found:
        names = modules.setdefault(file.config, set())
        names.add(file_info(file.config, file.path).module_name)
        evidence = outcome.evidence if outcome is not None else None
        if evidence is not None and id(evidence.states) not in told:
            told.add(id(evidence.states))
            names.update(key[1:] for key in evidence.states if key[0] in (PLACE, CONTENT))
    lines = {line for config, names in modules.items() for line in _lines(config, names, cwd)}
    return sorted(lines)


def _lines(config: Config, modules: set[str], cwd: str) -> Iterable[str]:
    roots = Roots(config)
    for module in modules - {""}:
        # A stub beside its source is no second module.
        winner, *others = [shown_path(path, cwd) for path in roots.files(module, ("py",))] or [""]
        for other in others:
            yield f"two modules are called {module}: {winner} wins over {other}"
