"""Which rules run: prefixes, layers, opt-in, preview, per-file-ignores, unknown codes."""

from __future__ import annotations

import pytest

from tests.lint.dummy import flags
from torchgate.config import Config, LintOptions
from torchgate.errors import UsageError
from torchgate.lint.selection import Overrides, Selection

RULES = (
    flags("TG101"),
    flags("TG102"),
    flags("TG301"),
    flags("TG304"),
    flags("TG306", opt_in=True),
    flags("TG401", preview=True),
)


def enabled(overrides: Overrides | None = None, **options: object) -> set[str]:
    selection = Selection(Config(lint=LintOptions(**options)), RULES, overrides)  # type: ignore[arg-type]
    return {rule.code for rule in selection.rules}


DEFAULT = {"TG101", "TG102", "TG301", "TG304"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, DEFAULT),
        ({"select": ("TG",)}, DEFAULT),
        ({"select": ("ALL",)}, DEFAULT),
        ({"select": ()}, set()),
        ({"select": ("TG1",)}, {"TG101", "TG102"}),
        ({"select": ("TG1",), "ignore": ("TG101",)}, {"TG102"}),
        ({"select": ("TG101",), "ignore": ("TG1",)}, {"TG101"}),
        ({"select": ("TG101",), "ignore": ("TG101",)}, set()),
        ({"ignore": ("TG",)}, set()),
        ({"ignore": ("TG",), "extend_select": ("TG3",)}, {"TG301", "TG304", "TG306"}),
        ({"ignore": ("TG3",), "extend_ignore": ("TG10",)}, set()),
        ({"select": ("TG3",)}, {"TG301", "TG304", "TG306"}),
        ({"extend_select": ("TG306",)}, {*DEFAULT, "TG306"}),
        ({"select": ("TG401",)}, set()),
        ({"preview": True}, {*DEFAULT, "TG401"}),
    ],
)
def test_configuration(options: dict[str, object], expected: set[str]) -> None:
    assert enabled(**options) == expected


# The same questions put to ruff 0.17 with F401 for TG101 and F4 for TG1 gave these answers.
@pytest.mark.parametrize(
    ("options", "overrides", "has_tg101"),
    [
        ({"ignore": ("TG101",)}, {"select": ("TG1",)}, True),
        ({"ignore": ("TG101",)}, {"select": ("TG101",)}, True),
        ({"select": ("TG1",), "ignore": ("TG101",)}, {"select": ("TG1",)}, True),
        ({"select": ("TG1",), "ignore": ("TG101",)}, {"extend_select": ("TG101",)}, True),
        ({"select": ("TG1",), "ignore": ("TG101",)}, {"extend_select": ("TG10",)}, True),
        ({"select": ("TG1",)}, {"ignore": ("TG10",)}, False),
        ({"select": ("TG101",)}, {"ignore": ("TG10",)}, False),
        ({"select": ("TG3",), "extend_select": ("TG1",)}, {"select": ("TG3",)}, False),
        ({"select": ("TG1",), "extend_ignore": ("TG101",)}, {"select": ("TG10",)}, True),
    ],
)
def test_the_command_line_is_a_layer_of_its_own(
    options: dict[str, object], overrides: dict[str, tuple[str, ...]], has_tg101: bool
) -> None:
    assert ("TG101" in enabled(Overrides(**overrides), **options)) == has_tg101  # type: ignore[arg-type]


def test_preview_on_the_command_line() -> None:
    assert "TG401" in enabled(Overrides(preview=True))


def ignored(path: str, **options: object) -> set[str]:
    config = Config("/p", lint=LintOptions(**options))  # type: ignore[arg-type]
    return set(Selection(config, RULES).ignored_in(path, config.info("", path)))


def test_per_file_ignores() -> None:
    assert ignored("src/app/a.py") == set()
    assert ignored("tests/test_a.py") == {"TG304"}
    assert ignored("conftest.py") == {"TG304"}
    # A user's own table replaces the default, the extend- form adds.
    assert ignored("tests/test_a.py", per_file_ignores={"src/*": ("TG1",)}) == set()
    assert ignored("tests/test_a.py", extend_per_file_ignores={"test_*": ("TG1",)}) == {"TG304", "TG1"}
    assert ignored("src/app/a.py", per_file_ignores={"src/*.py": ("TG1",)}) == {"TG1"}
    assert ignored("src/app/a.py", per_file_ignores={"a.py": ("TG1",), "lib/**": ("TG3",)}) == {"TG1"}
    assert ignored("src/app/a.py", per_file_ignores={"!src/**": ("TG1",)}) == set()
    assert ignored("lib/a.py", per_file_ignores={"!src/**": ("TG1",)}) == {"TG1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"select": ("TG301x",)}, "`select`: unknown code 'TG301x'; did you mean TG301"),
        ({"extend_ignore": ("tg101",)}, "`extend-ignore`: unknown code 'tg101'; did you mean TG101"),
        ({"ignore": ("E501",)}, "`ignore`: unknown code 'E501'; `torchgate rules` lists the codes"),
        ({"per_file_ignores": {"a.py": ("TG777",)}}, "`per-file-ignores`: unknown code 'TG777'"),
    ],
)
def test_an_unknown_code_is_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        enabled(**options)
    assert message in str(error.value)


def test_an_unreadable_file_stays_reported_under_any_select() -> None:
    selection = Selection(Config(), RULES, Overrides(select=("TG101",)))
    assert "TG900" in selection.enabled
    selection = Selection(Config(lint=LintOptions(ignore=("TG900",))), RULES)
    assert "TG900" not in selection.enabled
