"""Every check that keeps main green, with its own set-up: ``python3 scripts/test.py``.

``--python python3.12`` runs the checks that need no torch on another Python (environment ``.venv-3.12``);
further arguments go to pytest (``python3 scripts/test.py -m slow``).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from environment import ROOT, prepare


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--python"]:
        name = f".venv-{Path(arguments[1]).name.removeprefix('python')}"
        python = prepare(name, ["--editable", ".", "--group", "portable"], arguments[1])
        marks = ["-m", "not torch and not slow"]
        return run("pytest", [str(python), "-m", "pytest", *marks, *arguments[2:]])
    python = prepare(".venv", ["--editable", ".", "--group", "dev"])
    tool = python.parent
    if arguments:
        return run("pytest", [str(python), "-m", "pytest", *arguments])
    checks = {
        "ruff check": [tool / "ruff", "check"],
        "ruff format": [tool / "ruff", "format", "--check"],
        "mypy --strict": [tool / "mypy"],
        "import-linter": [tool / "lint-imports"],
        "torchgate on itself": [python, "-m", "torchgate", "check", "src", "tests"],
        "generated docs": [python, "scripts/generate_docs.py", "--check"],
        "pytest": [python, "-m", "pytest", "--durations=15"],
    }
    failed = [name for name, command in checks.items() if run(name, [str(part) for part in command])]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, command: list[str]) -> int:
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    code = subprocess.run(command, cwd=ROOT).returncode
    print(
        f"== {name}: {'ok' if code == 0 else f'exit {code}'} ({time.monotonic() - start:.0f} s)", flush=True
    )
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
