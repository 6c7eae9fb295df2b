"""Why something cannot be proven, before it is a site's refusal."""

from __future__ import annotations

from dataclasses import dataclass

from torchgate.migrate.changes import Place
from torchgate.migrate.refusals.reason import RefusalReason


@dataclass(frozen=True, slots=True)
class Denied:
    """A reason, in words of the code, and the place where that is another one than the site's."""

    reason: RefusalReason
    detail: str
    at: Place | None = None
