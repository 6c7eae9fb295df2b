"""The main job on the example projects: check the legacy one (findings), then the gated one (clean).

Does its own set-up: a virtual environment ``.venv-demo`` with torchgate alone, no torch.
"""

from __future__ import annotations

import subprocess
import sys

from environment import ROOT, prepare


def main() -> int:
    python = prepare(".venv-demo", ["--editable", "."])
    expected = {"legacy": 1, "gated": 0}
    for name, code in expected.items():
        print(f"\n$ torchgate check examples/{name}", flush=True)
        command = [str(python), "-m", "torchgate", "check", f"examples/{name}"]
        got = subprocess.run(command, cwd=ROOT).returncode
        print(f"(exit {got})", flush=True)
        if got != code:
            print(f"expected exit {code}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
