"""Makes and reuses the virtual environment of the README's two commands. Standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def compiled(python: Path) -> Path:
    """Have torchgate's modules compiled for ``python``, as installing a wheel does.

    Where nothing may write bytecode (``PYTHONDONTWRITEBYTECODE``) each run would compile what changed.
    """
    subprocess.run([python, "-m", "compileall", "-q", str(ROOT / "src")], check=True)
    return python


def prepare(name: str, requirements: list[str], python: str = sys.executable) -> Path:
    """The Python of the environment ``name``, made where it is missing or made for other requirements."""
    folder = ROOT / name
    executable = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "torchgate-stamp"
    wanted = hashlib.sha256(
        "\n".join([python, *requirements]).encode() + (ROOT / "pyproject.toml").read_bytes()
    ).hexdigest()
    if executable.exists() and stamp.exists() and stamp.read_text() == wanted:
        return executable
    print(f"making the virtual environment {folder.name} (once) ...", flush=True)
    if python == sys.executable:
        venv.create(folder, with_pip=True, clear=True)
    else:
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
    install = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--upgrade", "pip>=25.1"], cwd=ROOT, check=True)  # --group
    subprocess.run([*install, *requirements], cwd=ROOT, check=True)
    stamp.write_text(wanted)
    return executable
