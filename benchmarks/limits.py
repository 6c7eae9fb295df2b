"""Where the time of a cold ``torchgate check`` goes, beside what the first marks would allow.

    python3 benchmarks/limits.py [--only WORD] [--rounds N]

On the trees of ``benchmarks/corpus.py``. For each case: the processor time that the mark leaves on two cores
(on one for a single file), measured by running the other tool now; what Python needs for nothing but parsing
what our run parses; and the run itself, in one process, taken apart by steps. A step does not count what is
nested in another one. Watching the steps makes the run some tenths slower: the shares count.
"""

from __future__ import annotations

import argparse
import builtins
import collections
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus import CACHE, compiled, measure, prepare, trees

if TYPE_CHECKING:
    from collections.abc import Callable

PARSER, BODIES = "parser: whole files", "parser: single bodies"
# The steps of a run, and the functions that are the way into them.
STEPS = {
    "bytes looked at": ["cli._filtered:Filtered._sort_out", "cli._filtered:Filtered._skim"],
    "strings and comments told from code": ["semantics.codetext:in_turn"],
    "names told by a text": ["semantics.modules:Modules._glimpse"],
    "bodies left out before parsing": ["semantics.skim:skim"],
    BODIES: ["semantics.skim:Unit.put_into"],
    "own statements and functions": ["semantics.module:_read"],
    "statements of other modules": ["semantics.module:glance", "semantics.module:reread"],
    "bodies of other modules": ["semantics.definitions:Definitions._read_for"],
    "which methods assign what": ["semantics.definitions:Definitions._assigning"],
    "questions to other modules": [
        f"semantics.summary:Summary.{name}"
        for name in ("result", "entered", "member", "has_member", "members")
    ],
    "following names": [f"semantics.following:Following.{name}" for name in ("settle", "member", "result")],
    "rules": ["lint.engine:_run"],
    "comments that suppress": ["lint.engine:_suppressions"],
    "import statements cut out": ["lint.engine:_import_statements"],
    "around a file: decoding, freeing": ["lint.engine:check_data"],
}
REST = "the rest"
CORES = 2
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | {
    "PYTHONPYCACHEPREFIX": str(CACHE / "compiled")
}


class Steps:
    """Processor seconds by step, each without what is nested in it."""

    def __init__(self) -> None:
        self.seconds: collections.Counter[str] = collections.Counter()
        self._nested: list[tuple[str, float]] = []

    def watch(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time noted."""

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            self._nested.append((step, 0.0))
            try:
                return function(*args, **kwargs)
            finally:
                took = time.process_time() - start
                self.seconds[step] += took - self._nested.pop()[1]
                if self._nested:
                    outer, inside = self._nested[-1]
                    self._nested[-1] = outer, inside + took

        return watched

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """``compile``, which counts by whoever calls it."""
        step = BODIES if self._nested and self._nested[-1][0] == BODIES else PARSER
        return self.watch(step, _compile)(*args, **kwargs)


_compile = builtins.compile


def watch_all(steps: Steps) -> None:
    """Put every step's functions under watch, wherever a module has taken one by its name."""
    for step, places in STEPS.items():
        for place in places:
            module, _, qualname = place.partition(":")
            owner: Any = importlib.import_module(f"torchgate.{module}")
            *path, name = qualname.split(".")
            for part in path:
                owner = getattr(owner, part)
            original = getattr(owner, name)
            watched = steps.watch(step, original)
            setattr(owner, name, watched)
            for other in [item for key, item in sys.modules.items() if key.startswith("torchgate.")]:
                if getattr(other, name, None) is original:
                    setattr(other, name, watched)
    builtins.compile = steps.parse


def inside(paths: list[str]) -> None:
    """Check ``paths`` in this process, and print the seconds of the start, the run and its steps."""
    from torchgate.cli import check

    start = time.process_time()
    steps = Steps()
    watch_all(steps)
    gc.disable()  # as the command does
    begun = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        check.run(check.parse(["--no-cache", "--jobs", "1", *paths]))
    builtins.compile = _compile
    total = time.process_time() - begun
    json.dump({"start": start, "run": total, "steps": steps.seconds}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)


class Case(NamedTuple):
    """One case, in seconds of processor time."""

    name: str
    allowed: float
    start: float
    run: float
    steps: collections.Counter[str]

    @property
    def parser(self) -> float:
        """What Python's parser takes of the run."""
        return self.steps[PARSER] + self.steps[BODIES]


def measured(name: str, tree: Path, paths: list[str], allowed: float, python: Path) -> Case:
    """Run one case."""
    command = [str(python), __file__, "--inside", *paths]
    done = subprocess.run(command, cwd=tree, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found = json.loads(done.stdout)
    steps = collections.Counter(found["steps"])
    steps[REST] = found["run"] - sum(steps.values())
    return Case(name, allowed, found["start"], found["run"], steps)


def show(cases: list[Case]) -> None:
    """Print the two tables."""
    print("\n| case | the first mark leaves (s) | start (s) | parser alone (s) | start and run (s) |")
    print("|---|---|---|---|---|")
    for item in cases:
        print(f"| {item.name} | {item.allowed:.2f} | {item.start:.2f} | ", end="")
        print(f"{item.parser:.2f} | {item.start + item.run:.2f} |")
    print(f"\n| step | {' | '.join(item.name for item in cases)} |")
    print("|---" * (len(cases) + 1) + "|")
    shares = {
        step: [100 * item.steps[step] / item.run for item in cases] for item in cases for step in item.steps
    }
    for step, parts in sorted(shares.items(), key=lambda item: -sum(item[1])):
        print(f"| {step} | {' | '.join(f'{part:.0f} %' for part in parts)} |")


def main() -> int:
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only the cases that have it in their name"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of the other tool")
    options = parser.parse_args()
    ours = compiled(prepare(".cache/bench-torchgate", ["--editable", "."]))
    others = prepare(".cache/bench-others", ["ruff==0.17.6", "flake8==7.5.0", "flake8-tidy-imports==4.12.0"])
    bare = prepare(".cache/bench-flake8", ["flake8==7.5.0"])
    legacy, clean = trees(ours)
    ruff, flake8 = [str(others.parent / "ruff"), "check", "--no-cache", "."], str(bare.parent / "flake8")
    cases: list[Case] = []

    def case(name: str, tree: Path, paths: list[str], other: list[str], factor: float) -> None:
        """``factor``: how much processor time the mark leaves for each second of the other tool."""
        if options.only in name:
            measure(other, tree, ENVIRONMENT)
            times = [measure(other, tree, ENVIRONMENT)[0] for _ in range(options.rounds)]
            cases.append(measured(name, tree, paths, factor * statistics.median(times), ours))

    sources = sorted(str(path.relative_to(legacy)) for path in legacy.rglob("*.py"))
    drawn = random.Random(0).sample(sources, 1000)
    one, folder = "transformers/models/llama/modeling_llama.py", "transformers/generation"
    case("clean", clean, ["."], ruff, CORES * 1.0)
    case("1,000 files of legacy", legacy, drawn, ruff, CORES * 2.0 * len(drawn) / len(sources))
    case("one file in the tree", legacy, [one], [flake8, one], 0.5)
    case("one folder, plugin", legacy, [folder], [flake8, "--isolated", folder], CORES * 0.15)
    show(cases)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
