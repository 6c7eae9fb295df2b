"""Write or check the table of torch factories by probing the installed torch.

    python scripts/generate_factory_table.py            compare with the checked-in table: 0 same, 1 different
    python scripts/generate_factory_table.py --write    write it
    python scripts/generate_factory_table.py --device cuda
                                                    what it does otherwise than meta: 0 nothing, 1 something

The table of another torch version is made by running this with that version installed; the file's name
carries it. ``docs/factories.md`` says what is probed and how to read a row.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

# torch.fx warns at import time about a name that nothing here uses.
logging.disable(logging.WARNING)

import torch  # noqa: E402
from factory_probe import modules, ops, readers, rows, state, unlisted  # noqa: E402

FOLDER = Path(__file__).parent.parent / "src" / "torchgate" / "migrate" / "factories"


def version() -> str:
    """The installed torch's version as the tables are keyed."""
    major, minor, *_ = torch.__version__.split(".")
    return f"{major}.{minor}"


def path() -> Path:
    """The file of the installed torch's table."""
    return FOLDER / f"torch_{version().replace('.', '_')}.json"


def measure() -> dict[str, Any]:
    """Probe everything. Raises AssertionError where probes contradict each other or leave state behind."""
    state.prepare()
    factories = rows.factory_rows() | modules.module_rows()
    read, inert = readers.probe_readers()
    for name, op in (unlisted.probe_unlisted() | ops.probe_ops()).items():
        if not op.ran or name in factories:
            continue
        if op.floating or op.integer:
            when = "always" if op.floating else "integer-input"
            read.setdefault(
                name, {"reads": sorted(op.floating | op.integer), "when": when, "evidence": op.evidence}
            )
        elif name not in read:
            inert.append(name)
    names = {*factories, *read, *inert}
    return {
        "version": version(),
        "measured_on": torch.__version__.partition("+")[0],
        "factories": dict(sorted(factories.items())),
        "readers": dict(sorted(read.items())),
        "inert": sorted(set(inert) - set(read)),
        "aliases": dict(sorted(_aliases(names).items())),
    }


def _aliases(names: set[str]) -> dict[str, str]:
    """Where a named thing is defined, and its other place in torch.nn.modules: users import from both."""
    found: dict[str, str] = {}
    for name in sorted(names):
        if not name.startswith("torch."):
            continue
        target = rows.resolve(name)
        if not (inspect.isclass(target) or inspect.isfunction(target)):
            continue
        places = [f"{target.__module__}.{target.__qualname__}"]
        if name.startswith("torch.nn.") and name.count(".") == 2:
            places.append(name.replace("torch.nn.", "torch.nn.modules.", 1))
        for place in places:
            if place not in names and place.startswith("torch.") and _public(place) and _is(place, target):
                found.setdefault(place, name)
    return found


def _public(place: str) -> bool:
    return not any(part.startswith("_") and not part.startswith("__") for part in place.split("."))


def _is(place: str, target: Any) -> bool:
    try:
        return rows.resolve(place) is target
    except AttributeError:
        return False


def render(data: dict[str, Any]) -> str:
    """JSON with one row a line, so that a diff shows rows."""
    parts: list[str] = []
    for key, value in data.items():
        if isinstance(value, dict):
            body = ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items())
            parts.append(f"  {json.dumps(key)}: {{\n{body}\n  }}")
        elif isinstance(value, list):
            body = ",\n".join(f"    {json.dumps(name)}" for name in value)
            parts.append(f"  {json.dumps(key)}: [\n{body}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def differences(first: str, second: str, name: str = "checked in", other: str = "measured") -> list[str]:
    """The lines that differ, as a unified diff without context."""
    return list(difflib.unified_diff(first.splitlines(), second.splitlines(), name, other, lineterm="", n=0))


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Probe the installed torch for the table of factories.")
    parser.add_argument("--write", action="store_true", help="write the table instead of comparing")
    parser.add_argument("--device", help="compare what this device does with what meta does")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    text = render(measure())
    print(f"probed torch {torch.__version__} in {time.monotonic() - start:.0f} s", file=sys.stderr)
    if options.device:
        torch.ones(1, device=options.device)  # initialised from here on, so that its generator is seeded
        state.probe_with(options.device)
        changed = differences(text, render(measure()), "meta", options.device)
        print("\n".join(changed) or f"torch {torch.__version__} does the same on {options.device} and meta")
        return 1 if changed else 0
    if options.write:
        path().write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {path().name}", file=sys.stderr)
        return 0
    if not path().exists():
        print(f"no table for torch {version()}: run with --write to make {path().name}")
        return 1
    changed = differences(path().read_text(encoding="utf-8"), text)
    print("\n".join(changed) or f"{path().name} is what torch {torch.__version__} does")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
