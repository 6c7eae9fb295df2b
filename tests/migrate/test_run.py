"""From decisions to contents: what goes together, what stands in the way, and what fails a check."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.migrate.conftest import Seen, Workbench, details, told, toy
from torchgate.migrate.changes import (
    AddKeyword,
    InsertStatements,
    Place,
    RemoveContexts,
    RemoveImportedNames,
    ReplaceExpression,
    ReplaceStatement,
)
from torchgate.migrate.codemods import ALL
from torchgate.migrate.decisions import Codemod, Decision, Edit, Refused
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.run import joined_groups

REASON = RefusalReason.UNKNOWN_CALLEE


def replace(seen: Seen, text: str = "pass") -> Edit:
    return Edit(seen.site, (ReplaceStatement(seen.statement(), (text,) if text else ()),))


IMPORTS = toy(replace, "TG101")


def test_an_edit_is_applied_and_a_refusal_is_told(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nx = 1\nfrom torch import nn\n")

    def decide(seen: Seen) -> Decision:
        if "nn" in seen.line:
            return Refused(seen.site, REASON, "`nn` it is", seen.statement())
        return replace(seen)

    result = bench.run(toy(decide, "TG101"))
    assert told(result) == [("a.py", 1, "TG101", "migrated"), ("a.py", 3, "TG101", "unknown-callee")]
    assert bench.after(result, "a.py") == "pass\nx = 1\nfrom torch import nn\n"
    assert details(result) == ["`nn` it is"]
    assert (bench.root / "a.py").read_text() == "import torch\nx = 1\nfrom torch import nn\n"


def test_a_file_without_an_accepted_site_is_not_even_read_by_libcst(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchgate.migrate.settling as settling

    bench.write("a.py", "import torch\n")
    bench.write("b.py", "import torch\n")
    opened: list[str] = []
    real = settling.apply
    monkeypatch.setattr(
        settling, "apply", lambda source, changes: (opened.append(source.path), real(source, changes))[1]
    )

    def decide(seen: Seen) -> Decision:
        if seen.unit.path.endswith("b.py"):
            return Refused(seen.site, REASON, "b")
        return replace(seen)

    result = bench.run(toy(decide, "TG101"))
    assert [os.path.basename(path) for path in opened] == ["a.py"]
    assert list(result.rewrites) == [bench.path("a.py")]


def test_the_first_codemod_that_speaks_has_the_finding(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport torch.nn\n")
    first = toy(
        lambda seen: Refused(seen.site, REASON, "one") if seen.line == "import torch" else None, "TG101"
    )
    second = toy(lambda seen: Refused(seen.site, REASON, "two"), "TG101")
    assert details(bench.run(first, second)) == ["one", "two"]


def test_a_finding_of_which_no_codemod_speaks(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n")
    result = bench.run(toy(lambda seen: None, "TG101"))
    assert told(result) == [("a.py", 1, "TG101", "no-codemod")]


def test_codes_without_a_codemod_are_no_sites(bench: Workbench) -> None:
    bench.write("a.py", "import torch\ntorch.set_default_dtype(torch.float64)\n")
    assert told(bench.run(IMPORTS)) == [("a.py", 1, "TG101", "migrated")]


def test_select_narrows(bench: Workbench) -> None:
    bench.write("a.py", "import torch\ntorch.set_default_dtype(torch.float64)\n")
    both = toy(lambda seen: replace(seen), "TG101", "TG301")
    result = bench.run(both, select=("TG3",))
    assert told(result) == [("a.py", 2, "TG301", "migrated")]
    assert bench.after(result, "a.py") == "import torch\npass\n"


def test_unsafe_edits_wait_for_the_flag(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n")
    codemod = toy(lambda seen: Edit(seen.site, replace(seen).changes, unsafe=True), "TG101")
    assert told(bench.run(codemod)) == [("a.py", 1, "TG101", "unsafe-rewrite")]
    assert told(bench.run(codemod, unsafe=True)) == [("a.py", 1, "TG101", "migrated")]


# What goes together.


def chained(refused: int) -> Codemod:
    """Every import needs the one behind it; one of them is refused."""

    def decide(migration: Migration) -> Iterator[Decision]:
        for path, findings in migration.findings.items():
            unit = migration.unit(path)
            assert unit is not None
            seen = [Seen(migration, unit, finding) for finding in findings]
            for index, one in enumerate(seen):
                if index == refused:
                    yield Refused(one.site, REASON, "no")
                else:
                    needs = (seen[index + 1].site,) if index + 1 < len(seen) else ()
                    yield Edit(one.site, replace(one).changes, needs)

    return Codemod("toy", frozenset({"TG101"}), decide)


def test_an_edit_whose_need_is_refused_is_refused(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport torch.nn\nimport torch.fx\n")
    assert [row[3] for row in told(bench.run(chained(-1)))] == ["migrated"] * 3
    result = bench.run(chained(1))
    assert [row[3] for row in told(result)] == ["part-refused", "unknown-callee", "migrated"]
    assert details(result)[0].startswith("it goes only together with the TG101 at ")
    assert details(result)[0].endswith("a.py:2:1")
    assert [row[3] for row in told(bench.run(chained(2)))] == [
        "part-refused",
        "part-refused",
        "unknown-callee",
    ]


def test_edits_that_need_each_other_go_together(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport torch.nn\n")

    def decide(migration: Migration) -> Iterator[Decision]:
        (path,) = migration.findings
        unit = migration.unit(path)
        assert unit is not None
        seen = [Seen(migration, unit, finding) for finding in migration.findings[path]]
        for one in seen:
            yield Edit(
                one.site, replace(one).changes, tuple(other.site for other in seen if other is not one)
            )

    codemod = Codemod("toy", frozenset({"TG101"}), decide)
    assert [row[3] for row in told(bench.run(codemod))] == ["migrated", "migrated"]


def test_a_need_that_is_suppressed_or_not_selected_cannot_be_had(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport torch.nn  # noqa: TG101\n")

    def decide(seen: Seen) -> Decision:
        other = ast.parse(seen.unit.source.text).body[1]
        need = type(seen.site)(seen.unit.place(other), "TG101", "toy")
        return Edit(seen.site, replace(seen).changes, (need,))

    result = bench.run(toy(decide, "TG101"))
    assert [row[3] for row in told(result)] == ["part-refused", "suppressed"]


def test_of_two_edits_that_conflict_the_first_goes_and_the_other_follows_in_the_next_pass(
    bench: Workbench,
) -> None:
    bench.write("a.py", "import torch\nf(torch.set_default_dtype(1), torch.set_default_device(2))\n")

    def decide(seen: Seen) -> Decision:
        call = "set_default_dtype(1)" if "dtype" in seen.finding.message else "set_default_device(2)"
        return replace(seen, seen.line.replace(f"torch.{call}", "torch"))

    result = bench.run(toy(decide, "TG301"))
    assert [row[3] for row in told(result)] == ["migrated", "migrated"]
    assert bench.after(result, "a.py") == "import torch\nf(torch, torch)\n"


def test_a_site_within_an_expression_that_another_one_replaces_goes_with_it(bench: Workbench) -> None:
    bench.write("a.py", "import torch\ntorch.set_default_dtype(torch.set_default_device('cpu'))\n")

    def decide(seen: Seen) -> Decision:
        calls = [node for node in ast.walk(seen.unit.module.tree) if isinstance(node, ast.Call)]
        call = next(node for node in calls if seen.unit.source.span(node).column == seen.finding.span.column)
        return Edit(seen.site, (ReplaceExpression(seen.unit.place(call), "f(torch)"),))

    result = bench.run(toy(decide, "TG301"))
    assert [row[3] for row in told(result)] == ["migrated", "migrated"]
    assert bench.after(result, "a.py") == "import torch\nf(torch)\n"


def test_two_sites_of_one_statement_are_joined(bench: Workbench) -> None:
    bench.write(
        "a.py",
        "from h import default_device, default_dtype\n"
        "def f():\n    with default_device(1), default_dtype(2):\n        return g()\n",
    )
    bench.write("h.py", "def default_device(x): ...\ndef default_dtype(x): ...\n")

    def decide(seen: Seen) -> Decision:
        if "import" in seen.line:
            return Refused(seen.site, REASON, "no")
        node = seen.node(ast.With)
        at = next(
            index
            for index, item in enumerate(node.items)
            if seen.unit.source.span(item.context_expr).column == seen.finding.span.column
        )
        name = ("device", "dtype")[at]
        call = seen.unit.place(node.body[0].value)
        return Edit(seen.site, (RemoveContexts(seen.unit.place(node), (at,)), AddKeyword(call, name, "v")))

    result = bench.run(toy(decide, "TG302"))
    assert bench.after(result, "a.py").endswith("def f():\n    return g(device=v, dtype=v)\n")


# Passes.


def test_what_one_pass_makes_possible_the_next_one_does(bench: Workbench) -> None:
    bench.write(
        "a.py", "from h import default_device\ndef f():\n    with default_device(1):\n        return 2\n"
    )
    bench.write("h.py", "def default_device(x): ...\n")

    def decide(seen: Seen) -> Decision:
        if "import" not in seen.line:
            return Edit(seen.site, (RemoveContexts(seen.unit.place(seen.node(ast.With)), (0,)),))
        if "default_device(" in seen.unit.source.text:
            return Refused(seen.site, REASON, "in use")
        return Edit(seen.site, (RemoveImportedNames(seen.statement(), ("default_device",)),))

    result = bench.run(toy(decide, "TG302"))
    assert told(result) == [("a.py", 1, "TG302", "migrated"), ("a.py", 3, "TG302", "migrated")]
    assert bench.after(result, "a.py") == "def f():\n    return 2\n"


def test_places_are_those_of_the_file_on_the_disk(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n\n\n\nimport torch.nn\nimport torch.fx\n")

    def decide(seen: Seen) -> Decision:
        if seen.line == "import torch":
            return replace(seen, "")
        if seen.line == "import torch.nn" and "import torch\n" not in seen.unit.source.text:
            return replace(seen, "")
        return Refused(seen.site, REASON, f"seen in line {seen.finding.span.line}")

    result = bench.run(toy(decide, "TG101"))
    assert told(result) == [
        ("a.py", 1, "TG101", "migrated"),
        ("a.py", 5, "TG101", "migrated"),
        ("a.py", 6, "TG101", "unknown-callee"),
    ]
    assert details(result) == ["seen in line 6"]


def test_a_codemod_that_never_comes_to_an_end_is_stopped(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n")
    codemod = toy(lambda seen: replace(seen, f"import torch.a{len(seen.line)}"), "TG101")
    result = bench.run(codemod)
    # Its finding is there again after every pass: it was no migration.
    assert told(result) == [("a.py", 1, "TG101", "not-verified")]
    assert not result.rewrites
    assert result.faults


def test_findings_are_followed_into_a_function_that_is_put_around_them(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nclass A:\n    import torch.nn\n")

    def decide(seen: Seen) -> Decision:
        if seen.line == "import torch":
            place = seen.unit.place(seen.unit.module.tree.body[1])
            text = "def build():\n    class A:\n        import torch.nn\n    return A"
            return Edit(seen.site, (*replace(seen, "").changes, ReplaceStatement(place, (text,))))
        return Refused(seen.site, REASON, f"line {seen.finding.span.line}")

    result = bench.run(toy(decide, "TG101"))
    assert told(result) == [("a.py", 1, "TG101", "migrated"), ("a.py", 3, "TG101", "unknown-callee")]
    assert bench.after(result, "a.py").startswith("def build():\n    class A:\n")


# Checks that fail.


def test_an_edit_that_does_not_parse_is_refused_and_the_others_go(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport torch.nn\n")
    bench.write("b.py", "import torch\n")

    def decide(seen: Seen) -> Decision:
        return replace(seen, "x = (" if seen.line == "import torch.nn" else "x = 1")

    result = bench.run(toy(decide, "TG101"))
    assert [row[3] for row in told(result)] == ["migrated", "not-verified", "migrated"]
    assert bench.after(result, "a.py") == "x = 1\nimport torch.nn\n"
    assert len(result.faults) == 1


def test_an_edit_at_a_place_without_a_node(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n")
    codemod = toy(
        lambda seen: Edit(seen.site, (AddKeyword(Place(seen.unit.path, 1, 1, 1, 3), "k", "v"),)), "TG101"
    )
    result = bench.run(codemod)
    assert told(result) == [("a.py", 1, "TG101", "not-verified")]
    assert details(result)[0].endswith("AddKeyword names no node at 1:1")


def test_an_edit_that_brings_a_new_finding_is_refused(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n\ndef f():\n    import torch.nn\n\ndef g():\n    import torch.fx\n")

    def decide(seen: Seen) -> Decision:
        text = "torch = __import__('torch')" if seen.line == "import torch.nn" else "pass"
        return replace(seen, text)

    result = bench.run(toy(decide, "TG101"))
    assert [row[3] for row in told(result)] == ["migrated", "not-verified", "migrated"]
    assert "a new finding would appear: TG102" in details(result)[0]
    assert bench.after(result, "a.py") == "pass\n\ndef f():\n    import torch.nn\n\ndef g():\n    pass\n"


def test_a_new_finding_in_another_file_counts(bench: Workbench) -> None:
    """The rewrite of one module makes of another's import a re-export of torch."""
    bench.write("pyproject.toml", "[tool.torchgate]\nruntime-modules = ['gate']\n")
    bench.write("gate.py", "import torch\nTORCH = torch\n")
    bench.write("a.py", "import torch\nx = 1\n")
    bench.write("b.py", "from a import x\n")
    codemod = toy(
        lambda seen: Edit(
            seen.site, (InsertStatements(seen.statement(), ("from gate import TORCH as x",), True),)
        ),
        "TG101",
    )
    bench.write("a.py", "import torch\n")
    result = bench.run(codemod)
    assert told(result) == [("a.py", 1, "TG101", "not-verified")]


def test_moved_findings_are_not_new(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n\ndef f():\n    torch.set_default_dtype(torch.float64)\n")

    def decide(seen: Seen) -> Decision:
        return replace(seen, "y = 1\nz = 2\nimport torch.nn as torch")

    result = bench.run(toy(decide, "TG101"))
    assert told(result)[0][3] == "not-verified"  # its own finding is there again

    def longer(seen: Seen) -> Decision:
        return Edit(
            seen.site,
            (
                InsertStatements(seen.statement(), ("y = 1", "z = 2")),
                ReplaceStatement(seen.statement(), ("w",)),
            ),
        )

    result = bench.run(toy(longer, "TG101"))
    assert told(result)[0][3] == "migrated"


def test_a_refused_finding_that_would_be_seen_no_more(bench: Workbench) -> None:
    """An edit that takes away what makes ``torch`` torch is none, whatever its codemod thinks."""
    bench.write("a.py", "import torch\ntorch.set_default_dtype(torch.float64)\n")
    keep = toy(lambda seen: Refused(seen.site, REASON, "no"), "TG301")
    result = bench.run(keep, IMPORTS)
    assert [row[3] for row in told(result)] == ["not-verified", "unknown-callee"]
    assert details(result)[0].endswith("the refused TG301 in line 2 would be seen no more")
    assert not result.rewrites


def test_edits_elsewhere_are_not_blamed_for_a_finding(bench: Workbench) -> None:
    """Where no edit touches the file of a finding that would go, those in what it imports are refused."""
    bench.write("a.py", "import torch\n")
    bench.write("b.py", "from a import torch\n")
    bench.write("c.py", "from b import torch\ntorch.set_default_dtype(torch.float64)\n")
    bench.write("d.py", "import torch\n")
    keep = toy(lambda seen: Refused(seen.site, REASON, "no"), "TG301")
    found = {(row[0], row[2]): row[3] for row in told(bench.run(keep, IMPORTS))}
    assert found == {
        ("a.py", "TG101"): "not-verified",
        ("c.py", "TG301"): "unknown-callee",
        ("d.py", "TG101"): "migrated",
    }


def test_a_codemod_that_raises_is_a_fault_and_the_others_work(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n")
    bench.write("b.py", "from os import path as torch\nimport torch\ntorch.set_default_dtype(1)\n")

    def broken(seen: Seen) -> Decision:
        raise ZeroDivisionError("oh")

    def first(seen: Seen) -> Decision:
        return replace(seen) if seen.unit.path.endswith("a.py") else Refused(seen.site, REASON, "no")

    result = bench.run(toy(broken, "TG301", name="broken"), toy(first, "TG101"))
    assert [row[3] for row in told(result)] == ["migrated", "unknown-callee", "not-verified"]
    (fault,) = result.faults
    assert str(fault) == "the codemod broken failed with ZeroDivisionError: oh"


def test_a_file_that_libcst_does_not_give_back_is_no_fault(bench: Workbench) -> None:
    bench.write("a.py", b"x = 1\n\x0cimport torch\n")
    bench.write("b.py", "import torch\n")
    result = bench.run(IMPORTS)
    assert [row[3] for row in told(result)] == ["not-editable", "migrated"]
    assert not result.faults


@pytest.mark.parametrize("nested", ["1 if x else ", "lambda: "])
def test_a_file_that_is_nested_too_deeply_keeps_no_other_from_being_migrated(
    bench: Workbench, nested: str
) -> None:
    """`handle-injection` walks through all files that could be asked about."""
    bench.write("a.py", "import torch\n")
    bench.write("b.py", f"import torch\nx = 1\ny = {nested * 2000}0\n")
    bench.write("c.py", "import torch\n")
    result = bench.run(*ALL)
    assert [row[3] for row in told(result)] == ["migrated", "not-editable", "migrated"]
    assert details(result) == ["b.py: the code is too deeply nested for LibCST"]
    assert not result.faults


def test_a_long_way_of_calls_is_followed_to_its_end(bench: Workbench) -> None:
    """torchrl has some 3,500 calls of ours on the stack, for a block in which methods are called."""
    steps = "".join(
        f"    def step_{index}(self, other):\n        return not other.step_{index + 1}(other)\n\n"
        for index in range(400)
    )
    last = "    def step_400(self, other):\n        return torch.zeros(3)\n\n"
    run = "def run(chain):\n    with torch.device('cuda'):\n        return chain.step_0(chain)\n"
    bench.write("a.py", f"import torch\n\nclass Chain:\n{steps}{last}\n{run}")
    result = bench.run(*ALL, select={"TG303"})
    assert [row[3] for row in told(result)] == ["unknown-callee"]
    assert not result.faults


def test_a_string_that_would_become_a_docstring_is_no_fault(bench: Workbench) -> None:
    bench.write("a.py", "def f():\n    import torch\n    'text'\n    return 1\n")
    bench.write("b.py", "import torch\n")
    result = bench.run(toy(lambda seen: replace(seen, ""), "TG101"))
    assert [row[3] for row in told(result)] == ["not-editable", "migrated"]
    assert details(result)[0].endswith("a string would become a docstring, or a docstring a string")
    assert bench.after(result, "b.py") == ""
    assert not result.faults


# Files.


def test_an_edit_in_a_file_that_was_not_named_is_refused(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport b\n")
    bench.write("b.py", "x = 1\n")

    def decide(seen: Seen) -> Decision:
        other = seen.migration.unit_of("b")
        assert other is not None
        change = ReplaceStatement(other.place(other.module.tree.body[0]), ("x = 2",))
        return Edit(seen.site, (*replace(seen).changes, change))

    codemod = toy(decide, "TG101")
    result = bench.run(codemod, paths=["a.py"])
    assert told(result) == [("a.py", 1, "TG101", "needs-whole-project")]
    assert "b.py would change too" in details(result)[0]
    result = bench.run(codemod)
    assert told(result) == [("a.py", 1, "TG101", "migrated")]
    assert sorted(result.rewrites) == [bench.path("a.py"), bench.path("b.py")]
    assert result.together == [frozenset({bench.path("a.py"), bench.path("b.py")})]


def test_read_only_files_and_hard_links_are_left_alone(bench: Workbench) -> None:
    bench.write("a.py", "import torch\n").chmod(0o444)
    os.link(bench.write("b.py", "import torch\n"), bench.root / "other-name")
    result = bench.run(IMPORTS)
    assert [row[3] for row in told(result)] == ["read-only-file", "read-only-file"]
    assert details(result)[0].endswith("a.py: it is read-only")
    assert details(result)[1].endswith("b.py: it has 2 hard links, which replacing it would part")


def test_suppressed_sites_are_left_alone_and_told(bench: Workbench) -> None:
    bench.write(
        "a.py", "import torch  # torchgate: ignore[TG101]\nimport torch.nn  # noqa\nimport torch.fx\n"
    )
    assert [row[3] for row in told(bench.run(IMPORTS))] == ["suppressed", "suppressed", "migrated"]


def test_baselined_sites_are_left_alone(bench: Workbench) -> None:
    bench.write("a.py", "import torch\nimport torch.nn\n")

    print_ = sha256("\0".join(("a.py", "TG101", "import torch", "", "1")).encode()).hexdigest()[:32]
    baseline = bench.write("b.json", json.dumps({"version": 1, "findings": [{"fingerprint": print_}]}))
    result = bench.run(IMPORTS, baseline=str(baseline))
    assert [row[3] for row in told(result)] == ["suppressed", "migrated"]
    assert details(result) == ["the baseline accepts it"]
    assert bench.after(result, "a.py") == "import torch\npass\n"


def test_files_that_cannot_be_read_stay_as_they_are(bench: Workbench) -> None:
    bench.write("a.py", b"import torch\n\xff\n")
    bench.write("b.py", "import torch\nx = (\n")
    bench.write("c.py", "import torch\n")
    assert told(bench.run(IMPORTS)) == [("c.py", 1, "TG101", "migrated")]


def test_stubs_are_rewritten_as_well(bench: Workbench) -> None:
    bench.write("pyproject.toml", "[tool.torchgate]\nfacade-modules = ['facade']\n")
    bench.write("a.pyi", "from facade import torch\n")
    bench.write("facade.py", "x = 1\n")
    result = bench.run(toy(lambda seen: replace(seen, "import x"), "TG201"))
    assert told(result) == [("a.pyi", 1, "TG201", "migrated")]


def test_groups_that_share_a_file_are_one() -> None:
    groups = [frozenset("ab"), frozenset("cd"), frozenset("e"), frozenset("bc")]
    assert joined_groups(groups) == [frozenset("abcd"), frozenset("e")]
