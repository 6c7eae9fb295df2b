"""Writes docs/rules/ from the rule files: one page a rule and the table. ``--check`` compares instead."""

from __future__ import annotations

import sys
from pathlib import Path

from torchgate.lint.rules import ALL, page

DOCS = Path(__file__).resolve().parents[1] / "docs"
GROUPS = {
    "TG1": "Imports: how torch gets in",
    "TG2": "Facade leftovers",
    "TG3": "Ambient defaults",
    "TG4": "Determinism state",
    "TG9": "The tool itself",
}


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    found: dict[Path, str] = {}
    rows: list[str] = ["# Rules", "", "Generated from the rule files by `python scripts/generate_docs.py`."]
    group = ""
    for rule in ALL:
        if rule.code[:3] != group:
            group = rule.code[:3]
            rows += ["", f"## {GROUPS[group]}", "", "| code | name | reports |", "|---|---|---|"]
        summary = page(rule.code).strip().splitlines()[0].strip()
        marks = " (opt-in)" if rule.opt_in else " (preview)" if rule.preview else ""
        rows.append(f"| [{rule.code}]({rule.code}.md) | {rule.name}{marks} | {summary} |")
        found[DOCS / "rules" / f"{rule.code}.md"] = (
            f"# {rule.code}: {rule.name}\n\n{page(rule.code).strip()}\n"
        )
    found[DOCS / "rules" / "README.md"] = "\n".join(rows) + "\n"
    return found


def main(arguments: list[str]) -> int:
    wanted = pages()
    folder = DOCS / "rules"
    stale = [path for path in sorted(folder.glob("*.md")) if path not in wanted]
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    if arguments == ["--check"]:
        for path in [*changed, *stale]:
            print(f"docs/rules/{path.name} is not what the rule files say: run scripts/generate_docs.py")
        return 1 if changed or stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.unlink()
    for path in changed:
        path.write_text(wanted[path], "utf-8")
    print(f"{len(wanted)} pages, {len(changed)} changed, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
