"""What the text of a file tells of its imports is never less than what the file has; and a migration decides
the same where every file is understood instead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.migrate.ambient.test_cases import CASES as AMBIENT
from tests.migrate.handles.test_cases import CASES as HANDLES
from tests.migrate.handles.test_generated import CONFIG, ClassMaker, Maker
from tests.migrate.test_others import task, write
from torchgate.migrate import codemods, torch_patches
from torchgate.migrate.deciding import Decisions, decide
from torchgate.migrate.imports_text import imports_text
from torchgate.migrate.linting import lint
from torchgate.migrate.project import Migration
from torchgate.semantics.text import UNFILTERED
from torchgate.semantics.values import Class, Function, Ref

OTHERS = {
    "torchgate.toml": 'src = ["."]\n',
    "app/__init__.py": "from app.ops import double as twice\n",
    "app/ops.py": "import torch\n\n\ndef double(x):\n    return torch.add(x, x)\n\n\nclass Net:\n    pass\n",
    "app/sub/__init__.py": "",
    "app/sub/deep.py": "ONE = 1\n",
}
# Files of every form of import; ``app.ops`` is what is asked about.
FORMS = {
    "plain": "import app.ops\n\napp.ops.double(1)\n",
    "as": "import app.ops as ops, os as o\nfrom app.ops import double as double, Net as Other\n",
    "as over lines": "from app.ops import (\n    double as  # a comment\n    double,\n    Net,\n)\n",
    "brackets": "from app.ops import (  # (\n    double,  # )\n    Net as N,\n)\nimport app.sub.deep\n",
    "backslashes": "from app.ops import \\\n    double, \\\n    Net\nimport app.sub \\\n    as s\nONE = 1\n",
    "backslash in brackets": "from app.ops import (double, \\\n    Net)\n",
    "backslash before": "from \\\n    app.ops \\\n    import double\n",
    "relative": "from . import ops\nfrom .ops import double\nfrom .sub import deep as d\nfrom ... import x\n",
    "star": "from app.ops import *\n\nprint(double)\n",
    "one line": "import os; import app.ops; from app.ops import double\nif os: import app.sub\n",
    "guarded": "import typing\nif typing.TYPE_CHECKING:\n    import app.ops\n    from app import ops as o\n",
    "import in a name": "from app.ops_import import double\nfrom app.éimport import x\n",
    "inside": "def f():\n    from app.ops import double\n    class C:\n        import app.ops\n    return C",
    "try": "try:\n    import app.ops\nexcept ImportError:\n    from app import ops\nelse: import app.sub\n",
    "docstring": '"""Say\n\nimport app.ops\nfrom app.ops import double\n"""\nfrom app.ops import Net\n',
    "docstring that goes on": '"""Say\nimport app.sub, \\\nand so"""\nfrom app.ops import Net\n',
    "comment": "# from app.ops import \\\nimport app.ops\n# import app.sub\n",
    "comments behind": "import os  # from app.ops import Net\nfrom app import (  # from app.ops import C\na)",
    "f-string": 'import app\n\ntext = f"""\nimport {app.ops}\nfrom x import {app.ops.double}\n"""\n',
    "hands on": "from app import twice\nimport app\n\nprint(app.twice)\n",
    "main": "if __name__ == '__main__':\n    import app.ops\n",
    "crlf": "import os\r\nfrom app.ops import \\\r\n    double\r\nimport app.ops\r\n",
    "form feed": "\f\nimport app.ops\n\f import os\n",
    "bom": "\ufeffimport app.ops\n",
    "letters": "import app.ops as größe\n\nprint(größe.double)\n",
    "not normal": "from app.ops import double as ｄouble\nimport ａpp.ops\n",
    "lone cr": "import os\rfrom app.ops import double\r",
    "cookie": "# -*- coding: latin-1 -*-\nimport app.ops\n",
    "called import": "important = 1\nimported_from = 2\nfrom app.ops import double\n",
    "after a string": "'''\n'''; import app.ops\n",
}


def migration_of(root: Path, files: Mapping[str, str]) -> Migration:
    write(root, files)
    given = task(root)
    linted = lint(given.files, given.config, given.selection)
    findings = {path: outcome.findings for path, outcome in linted.outcomes.items() if outcome.findings}
    paths = [file.path for file in given.files]
    return Migration(given.config, findings, paths, project=linted.project, units=linted.units)


def check_imports(migration: Migration) -> int:
    """Everything that is imported shows in the text; the number of imports that did."""
    count = 0
    for path in sorted(migration.files):
        unit, text = migration.unit(path), imports_text(migration, path)
        if unit is None or text is None or not path.endswith(".py"):
            continue
        imports = list(unit.module.imports)
        for item in imports:
            count += 1
            assert {item.module, item.dotted} - {""} <= text.names, path
            assert not item.star or text.has_star
            assert not item.dotted or text.asks_for(item.dotted)
            if isinstance(item.value, Ref) and item.dotted and not item.star:
                assert (item.bound, item.value.dotted) in text.values, (path, item.bound)
                assert not item.alias.asname or text.renames(item.value.dotted)
            if isinstance(item.value, Function | Class):
                assert item.value.dotted in text.definitions
        for module in {item.dotted for item in imports} - {""}:
            lines = text.top_lines(module)
            own = [item for item in imports if f"{item.dotted}.".startswith(f"{module}.")]
            if lines is not None:
                assert all(unit.module.parent(item.stmt) is unit.module.tree for item in own), path
                assert lines == list(dict.fromkeys(item.stmt.lineno for item in own)), (path, module)
    return count


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_import(tmp_path: Path, form: str) -> None:
    check_imports(migration_of(tmp_path, {**OTHERS, "app/use.py": FORMS[form]}))


def test_the_imports_of_cases_and_of_this_project(tmp_path: Path) -> None:
    count = 0
    for number, case in enumerate([*HANDLES, *AMBIENT]):
        count += check_imports(
            migration_of(tmp_path / str(number), {"torchgate.toml": case.config, **case.before})
            if hasattr(case, "config")
            else migration_of(tmp_path / str(number), {"torchgate.toml": "", **case.before})
        )
    assert count > 1000
    own = Path(torch_patches.__file__).parents[1]
    files = {f"torchgate/{path.relative_to(own).as_posix()}": path.read_text() for path in own.rglob("*.py")}
    assert check_imports(migration_of(tmp_path / "own", {"torchgate.toml": 'src = ["."]\n', **files})) > 1000


def test_plain_forms_are_told(tmp_path: Path) -> None:
    told = {
        form: imports_text(migration, str(root / "app" / "use.py"))
        for form in FORMS
        if (root := tmp_path / form)
        and (migration := migration_of(root, {**OTHERS, "app/use.py": FORMS[form]}))
    }
    unsure = {"comment", "not normal", "lone cr", "cookie"}
    assert {form for form, text in told.items() if text is None} == unsure
    for form, lines in {"plain": [1], "brackets": [1], "backslashes": [1], "crlf": [2, 4]}.items():
        text = told[form]
        assert text is not None
        assert text.top_lines("app.ops") == lines, form
    for form in ("comments behind", "docstring", "try", "inside", "one line", "guarded", "main"):
        text = told[form]
        assert text is not None
        assert text.top_lines("app.ops") is None, form


@pytest.mark.parametrize(
    ("use", "holds"),
    [
        ("app.ops.other(1)", False),
        ("app.sub.deep.ONE", False),
        ("x.app", False),
        ("app.ops.double(1)", True),
        ("app . ops . double(1)", True),
        ("(app).ops.double", True),
        ("m = app.ops", True),
        ("print(app)", True),
        ("app.ops.double = print", True),
        ("f'{app.ops}'", True),
        ('def f():\n    """As\n    from the shelf import (this\n    """\n    return app.ops', True),
        ("from os import (  # app\n    path,\n)", False),
    ],
)
def test_who_gets_hold_of_a_module(tmp_path: Path, use: str, holds: bool) -> None:
    migration = migration_of(tmp_path, {**OTHERS, "app/use.py": f"import app.ops\n\nx = m = 1\n{use}\n"})
    text = imports_text(migration, str(tmp_path / "app" / "use.py"))
    assert text is not None
    assert text.gets_hold("app.ops", "double") is holds


def decisions_of(root: Path, files: Mapping[str, str]) -> Decisions:
    migration = migration_of(root, files)
    # As in a process that has linted one file in two: the others are looked at first, then understood.
    for path in sorted(migration._units)[::2]:
        del migration._units[path]
    found = decide(migration, codemods.ALL)
    assert not found.faults
    return found


def test_decisions_are_the_same_where_all_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [{**case.before, "torchgate.toml": case.config} for case in HANDLES]
    cases += [{"torchgate.toml": "", **case.before} for case in AMBIENT]
    for maker in (Maker, ClassMaker):
        cases += [{**maker(seed).files(), "torchgate.toml": CONFIG} for seed in range(9000, 9020)]
    for number, files in enumerate(cases):
        root = tmp_path / str(number)
        quick = decisions_of(root, files)
        with monkeypatch.context() as patch:
            patch.setenv(UNFILTERED, "1")
            patch.setattr(torch_patches, "_may_call_patches", lambda module, words: True)
            assert decisions_of(root, files).by_site == quick.by_site


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# patch the model\nx = 'mock'\n", False),
        ("setattr(self, name, 1)\n", False),
        ("patch('torch.zeros')\n", True),
        ("monkeypatch.setattr(torch, 'zeros', 1)\n", True),
        ("f'{patch(1)}'\n", True),
        ("setattr(torch, name, 1)\n", True),
        ("vars(torch).__dict__\n", True),
        ("my_patch('torch.zeros')\n", True),
        ("patch_embed(1)\n", False),
    ],
)
def test_what_may_be_told_an_attribute(text: str, told: bool) -> None:
    assert torch_patches._may_be_told(text.encode()) is told


def test_files_that_vanish_are_no_fault(tmp_path: Path) -> None:
    """Each file in turn is taken away after it was linted, and so is what was understood of it."""
    cases = [*HANDLES[::6], *AMBIENT[::6]]
    for number, case in enumerate(cases):
        files = {"torchgate.toml": getattr(case, "config", ""), **case.before}
        for name in case.before:
            root = tmp_path / str(number) / str(len(name)) / name.replace("/", "_")
            migration = migration_of(root, files)
            (root / name).unlink()
            migration._units.pop(str(root / name), None)
            assert not decide(migration, codemods.ALL).faults
