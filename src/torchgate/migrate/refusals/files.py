"""Pages: nothing is wrong with the code; the file or the run stands in the way."""

from __future__ import annotations

from torchgate.migrate.refusals.page import Page
from torchgate.migrate.refusals.reason import RefusalReason as R

PAGES: dict[R, Page] = {
    R.SUPPRESSED: Page(
        what="The site carries a suppression comment, or stands in the baseline.",
        why="Somebody decided to leave it as it is.",
        by_hand="Remove the comment if it should be migrated. "
        "`--no-baseline` looks at what the baseline accepts.",
        example="torch.set_default_dtype(torch.float64)  # torchgate: ignore[TG301] plotting script",
    ),
    R.NEEDS_WHOLE_PROJECT: Page(
        what=(
            "The site can only be judged, or changed, together with other files, and this run sees one file "
            "at a time."
        ),
        why="A parameter added here must be passed there; half of it would break the code.",
        by_hand="Run `torchgate migrate` on the project instead of the LibCST command or single files.",
    ),
    R.PART_REFUSED: Page(
        what="The site spans several places, and another one of them was refused. The detail names it.",
        why="All of a site changes, or none of it.",
        by_hand="See to the place named in the detail; this one follows by itself in the next run.",
    ),
    R.NO_CODEMOD: Page(
        what="The rule has a codemod, and the codemod does not know this form of what the rule found.",
        why="Nothing was looked at, so nothing is known.",
        by_hand="Change it by hand, as the rule's page says (`torchgate explain CODE`).",
    ),
    R.NOT_A_PYTHON_FILE: Page(
        what="The finding is in a notebook, in a document, or in a Python file with a syntax error.",
        why=(
            "Only Python modules that parse are rewritten; outputs and prose around the code cannot be kept "
            "in step."
        ),
        by_hand="Change the example or the cell by hand; `torchgate check` shows when it is right.",
    ),
    R.NOT_EDITABLE: Page(
        what=(
            "The text does not allow the edit: LibCST does not read the file, or would change more of it; "
            "its encoding, or an f-string, cannot hold what the edit needs; or a string that comes to stand "
            "first would become a docstring."
        ),
        why="Only what changes nothing but the edit is written.",
        by_hand=(
            "The detail says which. A newer LibCST may read the file (`pip install -U libcst`); mixed line "
            "endings, odd form feeds, a string at the start of the block can be brought into order first."
        ),
    ),
    R.READ_ONLY_FILE: Page(
        what="The file, or its folder, cannot be written.",
        why=(
            "A file is replaced as a whole, which needs a writable folder, and a file marked read-only is "
            "respected. Nothing was written."
        ),
        by_hand="Make them writable (`chmod u+w`), or check the file out, and run again.",
    ),
    R.FILE_CHANGED: Page(
        what="The file changed, or was taken away, between being read and being written.",
        why="The decision was made about other code than what stands there now. Nothing was written.",
        by_hand="Let the editor or formatter finish, and run again.",
    ),
    R.NOT_VERIFIED: Page(
        what=(
            "The rewritten file failed a check: it did not parse, changed more than the edits, showed new "
            "findings, or changed again when run a second time."
        ),
        why="A rewrite that does not pass its own checks is not written. This is a fault of torchgate.",
        by_hand=(
            "Please report it with the file, or the smallest part of it that shows this; then migrate the "
            "site by hand."
        ),
    ),
}
