"""Warns of two modules with one name: Python imports the first, and the other is dead code or a trap.

Spoken of are the files that the run checks, and no modules that they merely import: which of those are looked
at hangs on what is known already, and a warning must not come and go with that.
"""

from __future__ import annotations

from torchgate.config_load import file_info
from torchgate.files.discover import shown_path
from torchgate.semantics.roots import Roots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.config import Config
    from torchgate.files.discover import File


def duplicates(files: Iterable[File], cwd: str) -> list[str]:
    """A sentence for each source file that is never imported, since another one has its module's name."""
    roots: dict[Config, Roots] = {}
    lines: set[str] = set()
    for file in files:
        module = file_info(file.config, file.path).module_name
        if not module:
            continue
        if file.config not in roots:
            roots[file.config] = Roots(file.config)
        # A stub beside its source is no second module.
        first, *others = [*roots[file.config].files(module, ("py",))] or [""]
        for other in others:
            winner, loser = shown_path(first, cwd), shown_path(other, cwd)
            lines.add(f"two modules are called {module}: {winner} wins over {loser}")
    return sorted(lines)
