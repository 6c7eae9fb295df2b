"""``# torchgate: ignore[...]``: for the logical line, on a line of its own, in a bracket, for the file."""

from __future__ import annotations

import pytest

from tests.lint.dummy import fails, flags
from torchgate.config import Config, FileInfo, LintOptions
from torchgate.lint.engine import Options, check_data, lint_source
from torchgate.lint.selection import Overrides, Selection
from torchgate.lint.suppression import may_hush
from torchgate.source import Source

RULES = (flags("TG101"), flags("TG302", "other"), flags("TG306", "third", opt_in=True))


def lint(text: str, **lint_options: object) -> list[tuple[int, str]]:
    config = Config(lint=LintOptions(**lint_options))  # type: ignore[arg-type]
    found = lint_source(Source.from_text("app.py", text), config, FileInfo("app"), RULES)
    return [(finding.span.line, finding.code) for finding in found]


@pytest.mark.parametrize(
    "text",
    [
        "flagged  # torchgate: ignore[TG101]\n",
        "flagged  # torchgate: ignore[TG101] because the vendor says so\n",
        "flagged  #torchgate:ignore[TG101]\n",
        "flagged  # torchgate: ignore[ tg101 , TG302 ]\n".replace(", TG302", ""),
        "flagged  # torchgate: ignore[TG1]\n",
        "flagged  # type: ignore # torchgate: ignore[TG101]\n",
        "# torchgate: ignore[TG101]\nflagged\n",
        "# torchgate: ignore[TG101]\n\n# more about it\n\nflagged\n",
        "if x:\n    # torchgate: ignore[TG101]\n    flagged\n",
        "# torchgate: ignore[TG101]\nif flagged:\n    pass\n",
        "f(\n    1,\n    flagged,\n)  # torchgate: ignore[TG101]\n",
        "f(  # torchgate: ignore[TG101]\n    1,\n    flagged,\n)\n",
        "f(\n    1,\n    flagged,  # torchgate: ignore[TG101]\n)\n",
        "f(\n    # torchgate: ignore[TG101]\n    flagged,\n)\n",
        "x = 1 + \\\n    flagged  # torchgate: ignore[TG101]\n",
        "x = flagged + '''\n'''  # torchgate: ignore[TG101]\n",
        "x = 1; flagged  # torchgate: ignore[TG101]\n",
        "if x: flagged  # torchgate: ignore[TG101]\n",
        "@flagged  # torchgate: ignore[TG101]\ndef f(): pass\n",
        "def f(\n    a=flagged,\n):  # torchgate: ignore[TG101]\n    pass\n",
        "\nx = 1\n# torchgate: ignore-file[TG101] generated\nflagged\n",
        "flagged\nx = 1  # torchgate: ignore-file[TG101]\n",
        "flagged\r\n# torchgate: ignore[TG101]\r\nflagged\r\n".replace("flagged\r\n", "", 1),
        "# torchgate: ignore[TG101]\rflagged\r",
        "\ufeff# torchgate: ignore[TG101]\nflagged\n",
    ],
)
def test_hushes(text: str) -> None:
    assert lint(text.replace("# torchgate", "# other", 1).replace("#torchgate", "# other")) != []
    assert lint(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "flagged  # torchgate: ignored[TG101]\n",
        "x = '# torchgate: ignore[TG101]'; flagged\n",
        "x = '''\n# torchgate: ignore-file[TG101]\n'''\nflagged\n",
        "flagged  # torchgate : ignore[TG101]\n",
    ],
)
def test_is_no_suppression(text: str) -> None:
    assert [code for _, code in lint(text)] == ["TG101"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("flagged  # torchgate: ignore[TG302]\n", [(1, "TG101"), (1, "TG901")]),
        ("flagged; other  # torchgate: ignore[TG302]\n", [(1, "TG101")]),
        ("# torchgate: ignore[TG101]\nx = 1\nflagged\n", [(1, "TG901"), (3, "TG101")]),
        ("x = 1  # torchgate: ignore[TG101]\nflagged\n", [(1, "TG901"), (2, "TG101")]),
        ("def f():  # torchgate: ignore[TG101]\n    flagged\n", [(1, "TG901"), (2, "TG101")]),
        ("flagged\n# torchgate: ignore[TG101]\n", [(1, "TG101"), (2, "TG901")]),
        ("other  # torchgate: ignore-file[TG101]\n", [(1, "TG302"), (1, "TG901")]),
    ],
)
def test_speaks_for_nothing_else(text: str, left: list[tuple[int, str]]) -> None:
    assert lint(text) == left


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x  # noqa: TG101\n", "`# noqa: TG101` hushes no TG101 here; remove the comment"),
        ("x  # noqa: TG101, E501\n", "`# noqa: TG101, E501` hushes no TG101 here; remove the code"),
        (
            "x  # noqa: TG101, TG302, E501\n",
            "`# noqa: TG101, TG302, E501` hushes no TG101 and no TG302 here; remove these codes",
        ),
        ("flagged  # noqa:TG101,TG302\n", "`# noqa:TG101,TG302` hushes no TG302 here; remove the code"),
        ("x  # noqa: TG1\n", "`# noqa: TG1` hushes no TG1 here; remove the comment"),
        ("é = '字'  # noqa: TG101\n", "`# noqa: TG101` hushes no TG101 here; remove the comment"),
    ],
)
def test_unused_says_what_to_remove(text: str, message: str) -> None:
    found = lint_source(Source.from_text("app.py", text), Config(), FileInfo("app"), RULES)
    assert [(finding.code, finding.message) for finding in found] == [("TG901", message)]
    span = found[0].span
    assert text.split("\n")[0][span.column - 1 : span.end_column - 1] == message.split("`")[1]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# torchgate: ignore", "`# torchgate: ignore` hushes nothing"),
        ("# torchgate: ignore because of the vendor", "`# torchgate: ignore` hushes nothing"),
        ("# torchgate: ignore [TG101]", "`# torchgate: ignore` hushes nothing"),
        ("# torchgate: ignore[TG101", "`# torchgate: ignore` hushes nothing"),
        ("# torchgate: ignore-file", "`# torchgate: ignore-file` hushes nothing"),
        ("# torchgate: ignore[]", "`# torchgate: ignore[]` names no code"),
        ("# torchgate: ignore[ , ]", "`# torchgate: ignore[ , ]` names no code"),
        (
            "# torchgate: ignore[raw-torch-import]",
            "`# torchgate: ignore[raw-torch-import]` names raw-torch-import, no code of torchgate",
        ),
        (
            "# torchgate: ignore[tg302, E501]",
            "`# torchgate: ignore[tg302, E501]` names E501, no code of torchgate",
        ),
    ],
)
def test_a_comment_that_can_hush_nothing_is_said(comment: str, message: str) -> None:
    found = lint_source(Source.from_text("a.py", f"flagged  {comment}\n"), Config(), FileInfo("a"), RULES)
    messages = [finding.message for finding in found if finding.span.column == 10]
    assert found[0].code == "TG101"
    assert f"{message}; put the rule's code in brackets, as in `ignore[TG101]`" in messages


@pytest.mark.parametrize(
    "text",
    [
        "x  # torchgate: ignored things\n",
        "x  # torchgate: ignore-files\n",
        "x  # `# torchgate: ignore` needs codes\n",
        "x  # mytorchgate: ignore\n",
        "x  # torchgate: ignore[TG999]\n",  # may be a newer version's
        "'''Write # torchgate: ignore at the end.'''\n",
    ],
)
def test_what_only_looks_like_one_is_passed_over(text: str) -> None:
    assert lint(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "x  # noqa\n",
        "x  # noqa: E501\n",
        "x  # noqa : TG101\n",
        "x  # noqa: TG306\n",  # opt-in, so nobody looked
        "x  # noqa: TG3\n",  # covers TG306
        "x  # noqa: TG999\n",
        "x  # noqa: TG901, TG101\n",  # says itself that it may be idle
        "x = 'write # noqa: TG101 at the end'\n",
        "'''Write # noqa: TG101\n# noqa: TG101\n'''\n",
        "flagged  # noqa: TG101\n",
        "flagged  # noqa: TG101  # torchgate: ignore[TG101]\n",  # both are in use
        "# flake8: noqa\nx  # noqa: TG101\n",
        "x  # noqa: TG101  # torchgate: ignore[TG901]\n",
    ],
)
def test_not_unused(text: str) -> None:
    assert lint(text) == []


def test_codes_that_were_not_computed_are_not_unused() -> None:
    text = "x  # noqa: TG101\n"
    assert lint(text) == [(1, "TG901")]
    assert lint(text, ignore=("TG101",)) == []
    assert lint(text, per_file_ignores={"app.py": ("TG101",)}) == []
    assert lint(text, ignore=("TG901",)) == []
    assert lint(text, per_file_ignores={"app.py": ("TG901",)}) == []


def outcome_of(text: str, rules: tuple[object, ...] = RULES, **overrides: object) -> list[str]:
    config = Config()
    selection = Selection(config, rules, Overrides(**overrides))  # type: ignore[arg-type]
    outcome = check_data("app.py", text.encode(), config, FileInfo("app"), selection, Options())
    return [finding.code for finding in outcome.findings]


def test_a_narrowed_select_reports_nothing_unused() -> None:
    text = "x  # noqa: TG101\n"
    assert outcome_of(text, select=("TG101", "TG901")) == []
    assert outcome_of(text, select=("TG",)) == ["TG901"]
    assert outcome_of(text, select=("ALL",)) == ["TG901"]


def test_a_file_that_was_not_understood_has_nothing_unused() -> None:
    assert outcome_of("x = = 1\ny  # noqa: TG101\n") == ["TG900"]
    assert outcome_of("y  # noqa: TG302\nx = 1\n", (*RULES, fails("TG202"))) == ["TG202"]


def test_flake8_hushes_an_unreadable_file_too() -> None:
    assert outcome_of("# flake8: noqa\nx = = 1\n") == []
    assert outcome_of("x = = 1  # noqa\n") == []
    config = Config()
    data = b"# flake8: noqa\nx = '\xff'\n"
    outcome = check_data("a.py", data, config, FileInfo(), Selection(config, RULES), Options())
    assert (outcome.findings, outcome.suppressed) == ([], 1)


def test_disabled_noqa_leaves_own_comments_in_force() -> None:
    config = Config()
    text = b"flagged  # noqa: TG101\nother  # torchgate: ignore[TG302]\n"
    options = Options(honour_noqa=False, report_unused=False)
    outcome = check_data("a.py", text, config, FileInfo(), Selection(config, RULES), options)
    assert [(finding.span.line, finding.code) for finding in outcome.findings] == [(1, "TG101")]
    assert outcome.suppressed == 1


def test_many_comments_cost_no_more_than_their_number() -> None:
    """Compared each with each, these would be four hundred million pairs."""
    count = 20_000
    text = "flagged  # torchgate: ignore[TG101]\n" * count + "flagged\n"
    assert lint(text) == [(count + 1, "TG101")]


@pytest.mark.parametrize(
    ("comment", "may"),
    [
        ("# noqa: E501", False),
        ("# NOQA:E501, W291", False),
        ("# noqa: E501, TG101", True),
        ("# noqa", True),
        ("# noqa:", True),
        ("# noqa:\nE501", True),  # in a statement of several lines the codes are read from the next one
        ("# noqa:  E501", True),  # two blanks: flake8 takes it for one without codes
        ("# noqa : E501", True),
        ("# flake8: noqa", True),
        ("# flake8= NoQA", True),
        ("# torchgate: ignore[T", True),
        ("no comment", False),
    ],
)
def test_comments_of_other_tools_are_told_by_a_look(comment: str, may: bool) -> None:
    assert may_hush(f"import torch  {comment}\n") is may


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "x = 1  # noqa\nx = 2\nx = '''\n# noqa\n\n'''\nx = 3 + \\\n4\nx = f'{a}'\n# noqa\n",
            {1, 3, 4, 5, 6, 10},
        ),
        ("x = 1 + \\\n 2 + \\\n 3  # noqa\nx = 4\nx = [\n  1,  # noqa\n  2,\n]\n", {1, 2, 3, 6}),
    ],
)
def test_where_a_comment_may_hush(text: str, lines: set[int]) -> None:
    assert {line for line in range(1, text.count("\n") + 1) if may_hush(text, {line})} == lines
    assert may_hush(text)
    assert not may_hush(text, ())
