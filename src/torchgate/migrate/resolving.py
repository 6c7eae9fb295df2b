"""Which of the edits can be made together: what they need, where they conflict, what may be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from torchgate.migrate.changes import Place
from torchgate.migrate.deciding import Key, key_of
from torchgate.migrate.decisions import Edit, Refused
from torchgate.migrate.merge import Occupied, paths_of
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.writing.files import GONE


class Resolution:
    """The edits of one pass. ``accepted`` can be made together; ``refused`` says why the others are not."""

    def __init__(self, edits: Iterable[Edit], describe: Callable[[Place], str]) -> None:
        """``describe`` names a place for people."""
        self._describe = describe
        self.accepted: dict[Key, Edit] = {key_of(edit.site): edit for edit in edits}
        self.refused: dict[Key, Refused] = {}

    def refuse(self, refusals: Iterable[Refused]) -> None:
        """Refuse edits, and with them those that need them."""
        for refusal in refusals:
            key = key_of(refusal.site)
            if self.accepted.pop(key, None) is not None:
                self.refused[key] = refusal
        self._drop_dependents()

    def _drop_dependents(self) -> None:
        """The greatest set in which every edit has what it needs."""
        moved = True
        while moved:
            moved = False
            for key, edit in list(self.accepted.items()):
                for need in edit.needs:
                    if key_of(need) not in self.accepted:
                        del self.accepted[key]
                        detail = f"it goes only together with the {need.code} at {self._describe(need.place)}"
                        self.refused[key] = Refused(edit.site, RefusalReason.PART_REFUSED, detail, need.place)
                        moved = True
                        break

    def settle_conflicts(self) -> None:
        """Of edits that cannot be made together the first ones, in the order of the text, stay."""
        found = True
        while found:
            found = False
            occupied: dict[str, Occupied] = {}
            for key in sorted(self.accepted):
                refusal = self._conflict(self.accepted[key], occupied)
                if refusal is not None:
                    self.refuse([refusal])
                    found = True
                    break

    def _conflict(self, edit: Edit, occupied: dict[str, Occupied]) -> Refused | None:
        for change in edit.changes:
            other = occupied.setdefault(change.place.path, Occupied()).conflict(change)
            if other is not None:
                detail = f"another site changes the same code at {self._describe(other.place)}"
                return Refused(edit.site, RefusalReason.PART_REFUSED, detail, other.place)
        for change in edit.changes:
            occupied[change.place.path].add(change)
        return None


def permissions(
    edits: Mapping[Key, Edit],
    writable: Callable[[str], bool],
    obstacle: Callable[[str], str | None],
    shown: Callable[[str], str],
    *,
    unsafe: bool,
) -> list[Refused]:
    """The edits that this run may not make: unsafe ones, and those in files that it cannot write."""
    found = []
    for edit in edits.values():
        if edit.unsafe and not unsafe:
            detail = "this rewrite can change behaviour; `--unsafe` makes it"
            found.append(Refused(edit.site, RefusalReason.UNSAFE_REWRITE, detail))
            continue
        for path in paths_of(edit.changes):
            if not writable(path):
                detail = f"{shown(path)} would change too, and is not among the files of this run"
                found.append(Refused(edit.site, RefusalReason.NEEDS_WHOLE_PROJECT, detail))
                break
            if (why := obstacle(path)) is not None:
                gone = why == GONE
                reason = RefusalReason.FILE_CHANGED if gone else RefusalReason.READ_ONLY_FILE
                found.append(Refused(edit.site, reason, f"{shown(path)}: {why}"))
                break
    return found
