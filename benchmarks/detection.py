"""What torchgate and tools that can ban an import see in the case files of its rules, statement by statement.

    python3 benchmarks/detection.py [--only WORD] [--missed TOOL]

Makes the environments it needs under ``.cache/``. The corpus is ``tests/rules/*.md``: each case is a small
project whose comments say which statements are to be reported, and all others are not. Every tool runs on
each project as its users run it, told as much as its options take (:class:`Ban`). A report counts for the
statement that it stands in. Ten minutes on two cores. ``--missed`` lists what one tool missed and reported
besides.
"""

from __future__ import annotations

import argparse
import ast
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "scripts")]

from environment import compiled, prepare  # noqa: E402

from tests.rules.casefile import expected_findings, read_cases  # noqa: E402
from torchgate.config_load import file_info, load_config  # noqa: E402
from torchgate.lint import ambient, determinism  # noqa: E402
from torchgate.lint.rules import ALL  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rules.casefile import Case

OTHERS = {
    "ruff": ["ruff==0.17.6"],
    "flake8-tidy-imports": ["flake8==7.5.0", "flake8-tidy-imports==4.12.0"],
    "pylint": ["pylint==4.1.4"],
    "import-linter": ["import-linter==2.17"],
    "TorchFix": ["flake8==7.5.0", "torchfix==0.7.0"],
}
# Made by the engine, not by a rule about torch.
OWN = ("TG900", "TG901")
Place = tuple[str, int]  # a file of the project, the first line of a statement


class Ban(NamedTuple):
    """What a tool is told for one project: more than most people would write down."""

    packages: list[str]  # the gated packages and the facades
    members: list[str]  # what sets or reads ambient defaults and determinism state
    exempt: frozenset[str]  # the files of runtime and torch-bound modules, as per-file ignores would have it

    @property
    def names(self) -> list[str]:
        return [*self.packages, *self.members]


class Subject(NamedTuple):
    """One case on disk."""

    case: Case
    folder: Path
    ban: Ban
    expected: dict[Place, set[str]]
    starts: dict[str, dict[int, int]]

    def places(self, reports: set[tuple[str, int]]) -> set[Place]:
        """The statements of lines that a tool reports; files of other names do not count."""
        return {(path, self.starts[path].get(line, line)) for path, line in reports if path in self.starts}


def statement_starts(text: str) -> dict[int, int]:
    """The first line of the smallest statement around each line; empty for what Python cannot read."""
    starts: dict[int, int] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return starts

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                starts[line] = node.lineno
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return starts


def subject_of(case: Case, folder: Path) -> Subject:
    """Write a case to disk, and what it expects by statement."""
    expected: dict[Place, set[str]] = defaultdict(set)
    starts = {path: statement_starts(text) for path, text in case.files.items()}
    for path, text in case.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        for item in expected_findings(text):
            if item.code not in OWN:
                expected[path, starts[path].get(item.line, item.line)].add(item.code)
    (folder / "torchgate.toml").write_text(case.config, "utf-8")
    config = load_config(str(folder / "torchgate.toml"))
    infos = {path: file_info(config, str(folder / path)) for path in case.files}
    exempt = frozenset(path for path, info in infos.items() if info.is_runtime or info.is_torch_bound)
    packages = [*config.gated_packages, *(name.removesuffix(".*") for name in config.facade_modules)]
    state = [*determinism.ATTRIBUTES, *determinism.CALLS, *determinism.CONTEXTS]
    members = [*ambient.SETTERS, *ambient.READERS, *state, *config.default_helpers]
    return Subject(case, folder, Ban(packages, members, exempt), dict(expected), starts)


def _run(command: list[str], folder: Path, good: tuple[int, ...] = (0, 1)) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if process.returncode not in good:
        raise SystemExit(
            f"{' '.join(command)} in {folder}: exit {process.returncode}\n{process.stderr.decode()}"
        )
    return process.stdout.decode()


def torchgate(tools: Path, subject: Subject) -> set[tuple[str, int]]:
    every = ",".join(rule.code for rule in ALL)
    command = [str(tools / "torchgate"), "check", "--no-cache", "--format=json", f"--select={every}", "."]
    found = json.loads(_run(command, subject.folder))["findings"]
    return {(item["path"], item["line"]) for item in found if item["code"] not in OWN}


def ruff(tools: Path, subject: Subject) -> set[tuple[str, int]]:
    lines = ['[lint]\nselect = ["TID251", "TID253"]\n[lint.flake8-tidy-imports]']
    lines += [f"banned-module-level-imports = {json.dumps(subject.ban.packages)}"]
    lines += ["[lint.flake8-tidy-imports.banned-api]"]
    lines += [f'{json.dumps(name)}.msg = "one gate"' for name in dict.fromkeys(subject.ban.names)]
    (subject.folder / "ruff.toml").write_text("\n".join(lines) + "\n", "utf-8")
    command = [str(tools / "ruff"), "check", "--no-cache", "--output-format=json", "."]
    return {
        (os.path.relpath(item["filename"], subject.folder.resolve()), item["location"]["row"])
        for item in json.loads(_run(command, subject.folder))
        if str(item["code"]).startswith("TID")
    }


def _flake8(tools: Path, folder: Path, select: str, *options: str) -> set[tuple[str, int]]:
    command = [str(tools / "flake8"), "--isolated", f"--select={select}", "--jobs=1"]
    text = _run([*command, "--format=%(path)s:%(row)d", *options, "."], folder)
    rows = (line.rpartition(":") for line in text.splitlines())
    return {(path.removeprefix("./"), int(row)) for path, _, row in rows}


def tidy_imports(tools: Path, subject: Subject) -> set[tuple[str, int]]:
    banned = "\n".join(f"{name}.* = one gate\n{name} = one gate" for name in subject.ban.names)
    return _flake8(tools, subject.folder, "I25", "--banned-modules", banned)


def torchfix(tools: Path, subject: Subject) -> set[tuple[str, int]]:
    name = subject.folder.name
    found = _torchfix_everywhere(tools, subject.folder.parent)
    return {(path.removeprefix(f"{name}/"), line) for path, line in found if path.startswith(f"{name}/")}


@functools.cache
def _torchfix_everywhere(tools: Path, folder: Path) -> set[tuple[str, int]]:
    """In one run over all projects: nothing of them is told to it, and it takes a second to start."""
    return _flake8(tools, folder, "TOR")


def pylint(tools: Path, subject: Subject) -> set[tuple[str, int]]:
    command = [str(tools / "pylint"), "--rcfile=" + os.devnull, "--persistent=n", "--disable=all"]
    command += ["--enable=deprecated-module", "--deprecated-modules=" + ",".join(subject.ban.packages)]
    command += ["--output-format=json", *(path for path in subject.case.files if path.endswith(".py"))]
    found = json.loads(_run(command, subject.folder, tuple(range(32))) or "[]")
    return {(item["path"], item["line"]) for item in found if item["symbol"] == "deprecated-module"}


_LINK = re.compile(r"^\s*-?\s*(\S+) -> \S+ \(l\.([\d, l.]+)\)", re.M)


def import_linter(tools: Path, subject: Subject) -> set[tuple[str, int]]:
    """A contract that no module may lead to a banned package; every link that it names counts."""
    modules = {_module(path): path for path in subject.case.files if path.endswith(".py")}
    roots = sorted(
        {name.partition(".")[0] for name in modules if (subject.folder / name.partition(".")[0]).is_dir()}
    )
    if not roots:
        return set()  # it reads packages, no single files
    copy = subject.folder / ".import-linter"
    for path in modules.values():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(subject.case.files[path].encode())
        for parent in [*Path(path).parents][:-1]:
            (copy / parent / "__init__.py").touch()
    inside = [name for name in modules if name.partition(".")[0] in roots]
    free = [name for name in inside if modules[name] in subject.ban.exempt]
    banned = subject.ban.packages
    sources = [name for name in inside if name not in free and name not in banned]
    if not sources:
        return set()
    lines = ["[importlinter]", "root_packages =", *(f"    {name}" for name in roots)]
    lines += [
        "include_external_packages = True",
        "[importlinter:contract:1]",
        "name = gate",
        "type = forbidden",
    ]
    lines += ["as_packages = False", "unmatched_ignore_imports_alerting = none"]
    lines += ["source_modules =", *(f"    {name}" for name in sources)]
    lines += ["forbidden_modules =", *(f"    {name}" for name in banned)]
    lines += ["ignore_imports =", *(f"    {name} -> {package}" for name in free for package in banned)]
    (copy / ".importlinter").write_text("\n".join(lines) + "\n", "utf-8")
    text = _run([str(tools / "lint-imports"), "--no-cache", "--config", ".importlinter"], copy)
    return {(modules[name], line) for name, line in links(text) if name in modules}


def links(text: str) -> set[tuple[str, int]]:
    """The importing modules in import-linter's report, with the lines."""
    return {(name, int(line)) for name, lines in _LINK.findall(text) for line in re.findall(r"\d+", lines)}


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")


TOOLS: dict[str, Callable[[Path, Subject], set[tuple[str, int]]]] = {
    "torchgate": torchgate,
    "ruff": ruff,
    "flake8-tidy-imports": tidy_imports,
    "pylint": pylint,
    "import-linter": import_linter,
    "TorchFix": torchfix,
}


def subjects(folder: Path, only: str) -> Iterator[Subject]:
    """Every case that this Python can read."""
    for file in sorted((ROOT / "tests/rules").glob("*.md")):
        for number, case in enumerate(read_cases(file)):
            if file.stem not in OWN and only in case.id and sys.version_info >= case.version:
                target = folder / f"{file.stem}-{number}"
                target.mkdir()
                yield subject_of(case, target)


class Score:
    """What one tool saw, by rule, what it reported besides, and how many projects it told exactly."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.statements = 0
        self.besides = 0
        self.exact = 0
        self.lines: list[str] = []

    def add(self, subject: Subject, places: set[Place]) -> None:
        """Count one project."""
        for place, codes in subject.expected.items():
            if place in places:
                self.seen.update(codes)
                self.statements += 1
            else:
                self.lines.append(
                    f"missed {subject.case.id} {place[0]}:{place[1]} {', '.join(sorted(codes))}"
                )
        besides = places - subject.expected.keys()
        self.besides += len(besides)
        self.exact += places == subject.expected.keys()
        self.lines += [f"besides {subject.case.id} {path}:{line}" for path, line in sorted(besides)]


def score(name: str, tools: Path, all_subjects: list[Subject]) -> Score:
    """Run one tool on every project, two at a time."""

    def places(subject: Subject) -> set[Place]:
        found = subject.places(TOOLS[name](tools, subject))
        return found if name == "torchgate" else {at for at in found if at[0] not in subject.ban.exempt}

    result = Score()
    with ThreadPoolExecutor(2) as pool:
        for subject, found in zip(all_subjects, pool.map(places, all_subjects), strict=True):
            result.add(subject, found)
    return result


def table(scores: dict[str, Score], all_subjects: list[Subject]) -> str:
    """The results in Markdown."""
    codes = Counter(code for subject in all_subjects for codes in subject.expected.values() for code in codes)
    statements = sum(len(subject.expected) for subject in all_subjects)
    names = {rule.code: f"{rule.code} {rule.name}" for rule in ALL}
    rows = [["seen, of", "", *scores], ["---"] * (len(scores) + 2)]
    for code in sorted(codes):
        rows.append([names[code], str(codes[code]), *(str(item.seen[code]) for item in scores.values())])
    share = [f"{item.statements} ({item.statements / statements:.0%})" for item in scores.values()]
    rows.append(["**statements seen**", str(statements), *share])
    rows.append(["**statements reported besides**", "0", *(str(item.besides) for item in scores.values())])
    exact = [f"{item.exact} ({item.exact / len(all_subjects):.0%})" for item in scores.values()]
    rows.append(["**projects told exactly**", str(len(all_subjects)), *exact])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="WORD", help="only cases with it in 'file: title'")
    parser.add_argument("--missed", default="", metavar="TOOL", choices=["", *TOOLS])
    options = parser.parse_args()
    ours = compiled(prepare(".cache/bench-torchgate", ["--editable", "."]))
    scores: dict[str, Score] = {}
    with tempfile.TemporaryDirectory() as folder:
        all_subjects = [*subjects(Path(folder), options.only)]
        for name in [options.missed] if options.missed else TOOLS:
            python = ours if name == "torchgate" else prepare(f".cache/detect-{name}", OTHERS[name])
            scores[name] = score(name, python.parent, all_subjects)
            print(f"{name} done", file=sys.stderr, flush=True)
    print(table(scores, all_subjects))
    if options.missed:
        print("\n".join(scores[options.missed].lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
