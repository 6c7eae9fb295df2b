"""Writes the missing ``result`` fences of the case files: read them before you commit them.

``python -m tests.migrate.differential.fill`` runs every case that has none under real torch.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.migrate.differential.casefile import Case, read_cases
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.outcome import render

CASES = Path(__file__).parent / "cases"


def filled(file: Path, case: Case, said: str) -> None:
    """Put a result at the end of a case's section."""
    lines = file.read_text("utf-8").split("\n")
    end = next((n for n in range(case.line, len(lines)) if lines[n].startswith("## ")), len(lines))
    while not lines[end - 1].strip():
        end -= 1
    lines[end:end] = ["", "```result", *said.rstrip("\n").split("\n"), "```"]
    file.write_text("\n".join(lines), "utf-8")


def main() -> None:
    """Fill in every file, from its end so that line numbers hold."""
    with tempfile.TemporaryDirectory() as root, Worker() as worker:
        for file in sorted(CASES.glob("*.md")):
            for number, case in reversed([*enumerate(read_cases(file))]):
                if case.result is None:
                    folder = Path(root) / file.stem / str(number)
                    case.write(folder)
                    filled(file, case, render(worker.run(folder)))


if __name__ == "__main__":
    main()
