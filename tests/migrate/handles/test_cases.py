"""Every case of the Markdown files beside this one, through the whole machinery but the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.handles.casefile import Case, read_cases
from torchgate.config_load import ConfigLoader
from torchgate.files.discover import Discovery
from torchgate.lint.rules import ALL as RULES
from torchgate.lint.selection import Selection
from torchgate.migrate import codemods
from torchgate.migrate.result import Left, Migrated, Result
from torchgate.migrate.run import Task, run

CASES = [case for file in sorted(Path(__file__).parent.glob("*.md")) for case in read_cases(file)]
CODEMODS = tuple(
    codemod
    for codemod in codemods.ALL
    if codemod.codes & {"TG101", "TG105", "TG107", "TG201", "TG204", "TG205"}
)


def migrate(root: Path, before: dict[str, str], config: str, *, unsafe: bool = False) -> Result:
    """The run of one case; nothing is written."""
    for path, text in before.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    (root / "torchgate.toml").write_text(config, "utf-8")
    loader = ConfigLoader(str(root / "torchgate.toml"))
    discovery = Discovery(loader)
    discovery.add([str(root)])
    files = [file for file in discovery.files.values() if file.path.endswith((".py", ".pyi"))]
    loaded = files[0].config
    return run(Task(loaded, files, Selection(loaded, RULES), CODEMODS, unsafe=unsafe))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path) -> None:
    result = migrate(tmp_path, case.before, case.config, unsafe=case.unsafe)
    assert not result.faults, result.faults
    problems: list[str] = []
    wanted = {(item.path, item.line, item.code): item for item in case.expected()}
    for site in result.sites:
        path = Path(site.site.place.path).relative_to(tmp_path).as_posix()
        key = (path, site.site.place.line, site.site.code)
        expected = wanted.pop(key, None)
        match site:
            case Migrated() if expected is not None:
                problems.append(f"{key} was migrated; expected was {expected.reason}")
            case Left(reason=reason, detail=detail) if expected is None:
                problems.append(f"{key} was refused: {reason.value}: {detail}")
            case Left(reason=reason, detail=detail) if expected is not None and (
                reason.value != expected.reason or expected.words not in detail
            ):
                problems.append(f"{key} was refused for another reason: {reason.value}: {detail}")
    problems += [f"{key} is no site; expected was {item.reason}" for key, item in wanted.items()]
    for path, text in case.before.items():
        rewrite = result.rewrites.get(str(tmp_path / path))
        got = rewrite.after.decode("utf-8") if rewrite is not None else text
        if got != case.after.get(path, text):
            problems.append(f"{path} became\n{got}")
    assert not problems, f"{case.file.name}:{case.line}: " + "\n".join(problems)
