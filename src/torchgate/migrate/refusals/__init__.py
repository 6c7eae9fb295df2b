"""Why a codemod leaves a site alone: a closed list of reasons, each with a page.

The values are promises: they stand in ``migrate --format json`` and in what users search for. A page says
what was found, why nothing can be proven about it, and what to do by hand; ``torchgate explain REASON``
prints it. Pages live beside this module, grouped by what stands in the way.
"""

from __future__ import annotations

from torchgate.migrate.refusals.page import Page
from torchgate.migrate.refusals.reason import RefusalReason

__all__ = ["Page", "RefusalReason", "find", "groups", "page"]


def groups() -> dict[str, dict[RefusalReason, Page]]:
    """The pages by what stands in the way."""
    from torchgate.migrate.refusals import blocks, calls, files, functions, imports

    return {
        "The block that sets the default": blocks.PAGES,
        "A call that the default reaches": calls.PAGES,
        "A function of the project": functions.PAGES,
        "Imports, handles and effects": imports.PAGES,
        "The file, or the run": files.PAGES,
    }


def page(reason: RefusalReason) -> Page:
    """The page of a reason; every reason has one."""
    for group in groups().values():
        if reason in group:
            return group[reason]
    raise LookupError(f"no page for {reason.value}")  # a test holds that this never happens


def find(name: str) -> RefusalReason | None:
    """The reason of that name, whatever its case; None if there is none."""
    try:
        return RefusalReason(name.strip().lower())
    except ValueError:
        return None
