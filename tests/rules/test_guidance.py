"""TG206's sentence analysis on plain text, and where its findings stand in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.project import lint_files
from torchgate.lint.guidance import guidance, may_teach, sentences

FACADE = ("app.torch_facade",)

TEACHES = [
    "Import app.torch_facade first.",
    "Always import app.torch_facade first",
    "import `app.torch_facade` before torch",
    "Please import torch_facade before importing torch.",
    "The facade must be imported first!",
    "The façade must be imported before torch.",
    "The fac\u0327ade must be imported before torch.",
    "FACADE MUST BE IMPORTED FIRST",
    "NOTE: import the facade before anything else.",
    "Make sure to import the torch facade before any other import.",
    "Make sure that **torch_facade** is imported *before* `torch`.",
    "Remember to import the facade prior to torch.",
    "First, import the facade; then torch.",
    "First import app.torch_facade, then import torch.",
    "You should load app.torch_facade ahead of torch.nn.",
    "app.torch_facade has to be the first import of every module.",
    "Import torch only after app.torch_facade.",
    "torch must be imported after the facade.",
    "app.torch_facade needs to be imported first, otherwise the flags are not set.",
    "Import the facade first, or torch will not be deterministic.",
    "Import the facade before torch (the flags are never set later).",
    "If the flags are not set, import the facade first.",
    "Don't forget to import the facade first.",
    "Don’t forget to import the facade first.",
    "Never forget to import app.torch_facade before torch.",
    "To avoid nondeterminism, import the facade first.",
    "Every module must import the facade first because torch reads its environment once.",
    "It is important to import the facade before PyTorch.",
    "All scripts should import our facade first so that cuBLAS is configured.",
    "Import\n    app.torch_facade\n    before torch.",
    "Do not import torch directly; import the facade first.",
    "The import of app.torch_facade must precede torch.",
    "Import the facade before importing anything that uses torch.",
    "Always do `from app import torch_facade` first.",
    "# Always `import app.torch_facade` first!",
]

SILENT = [
    "",
    "Import torch first.",
    "Import app.torch_facade.",
    "Import numpy before torch.",
    "Import app.torch_facade2 first.",
    "Import other.torch_facade first.",
    "Import app.torch_facade.nn.first lazily.",
    "Importing the facade first is no longer needed.",
    "You no longer have to import the facade before torch.",
    "We removed the rule to import the facade first.",
    "The rule 'import the facade first' was removed.",
    "Do not import the facade first.",
    "Don't import app.torch_facade before torch.",
    "Don’t import app.torch_facade before torch.",
    "Never import the facade before torch.",
    "Instead of importing the facade first, take the handle.",
    "Do not import torch directly, and do not import the facade first.",
    "Torch is imported by the runtime; never import the facade first.",
    "Take the handle instead of importing app.torch_facade before torch.",
    "Modules used to import the facade first.",
    "Previously, every module had to import the facade before torch.",
    "It is not necessary to import the facade first.",
    "There is no need to import the facade before torch.",
    "You needn't import the facade first.",
    "Avoid importing the facade first.",
    "Stop importing the facade first.",
    "The first import of the facade raises.",
    "The facade imports torch.",
    "The facade is imported on first use.",
    "At first the facade must import its parts.",
    "The facade should be imported first-class.",
    "Should I import the facade first?",
    "Tests import the facade first.",
    "Import torch before the torch facade.",
    "The facade must come first.",
    "This is required before torch.",
    "The import order of the facade: first parts, then whole.",
    "Reports sentences that tell people to import the facade first.",
    "Import the handle first. The facade is gone.",
    "The facade must be imported. First of all, torch is big.",
]


@pytest.mark.parametrize("sentence", TEACHES)
def test_guidance_is_found(sentence: str) -> None:
    assert may_teach(sentence, FACADE)
    assert len([*guidance(sentence, FACADE)]) == 1


@pytest.mark.parametrize("sentence", SILENT)
def test_other_sentences_are_not(sentence: str) -> None:
    assert [*guidance(sentence, FACADE)] == []


@pytest.mark.parametrize(
    ("sentence", "teaches"),
    [
        ("Import the facade first.", False),
        ("Import the payments facade first.", False),
        ("Import the torch facade first.", True),
        ("Import the facade before torch.", True),
        ("Import the facade before PyTorch.", True),
        ("The façade must be imported first, before torch.nn.", True),
        ("Import app.torch_facade first.", False),
    ],
)
def test_without_configuration_the_bare_word_needs_torch(sentence: str, teaches: bool) -> None:
    assert bool([*guidance(sentence, ())]) is teaches


def test_last_name_torch_is_known_by_its_dotted_name_only() -> None:
    assert not [*guidance("Import torch first.", ("app.torch",))]
    assert [*guidance("Import app.torch first.", ("app.torch",))]


def test_a_family_of_facades() -> None:
    assert [*guidance("Import legacy.facades first.", ("legacy.facades.*",))]


def test_a_text_without_an_end_takes_no_time() -> None:
    endless = "always must import the facade before " * 20_000
    assert not [*guidance(endless, FACADE)]
    assert [*guidance(f"Import the facade first. {endless}", FACADE)] == [(0, 24)]


def test_sentences_end_where_the_text_says() -> None:
    text = "One e.g. two. Three a.b.c four!\n\nFive six\n- Seven\n- Eight\n1. Nine\n"
    text += ":param x: Ten\nEleven  # Twelve"
    assert [text[start:end] for start, end in sentences(text)] == [
        "One e.g. two.",
        "Three a.b.c four!",
        "Five six",
        "Seven",
        "Eight",
        "Nine",
        ":param x: Ten\nEleven",
        "Twelve",
    ]


def places(tmp_path: Path, text: str) -> list[tuple[int, int]]:
    config = 'facade-modules = ["app.torch_facade"]'
    found = lint_files(tmp_path, {"app/module.py": text}, config)["app/module.py"]
    assert {code for _, _, code, _ in found} <= {"TG206"}
    return [(line, column) for line, column, _, _ in found]


def test_comments_over_several_lines_are_one_paragraph(tmp_path: Path) -> None:
    text = "x = 1\n# This is ours. Always import\n# app.torch_facade before\n# torch.\ny = 2\n"
    assert places(tmp_path, text) == [(2, 17)]


def test_comments_that_do_not_touch_are_apart(tmp_path: Path) -> None:
    text = "# Always import app.torch_facade\n\n# before torch.\n#   x\n    # first\n"
    text += "x = 1  # import the facade\n# first\n"
    assert places(tmp_path, text) == []


def test_two_sentences_are_two_findings(tmp_path: Path) -> None:
    text = "#: Import the facade first. Import app.torch_facade before torch.\n"
    assert places(tmp_path, text) == [(1, 4), (1, 29)]


def test_columns_count_code_points(tmp_path: Path) -> None:
    assert places(tmp_path, 'ä = "ü"  # ö! Import the facade first.\n') == [(1, 15)]
    assert places(tmp_path, '"""ä ö. Import the facade first."""\n') == [(1, 9)]


def test_docstrings_of_every_kind(tmp_path: Path) -> None:
    text = '''"""Head.

    - Import the facade first.
"""


class C:
    r"""Import the facade first."""

    field = 1
    \'\'\'Import the facade first.\'\'\'

    def f(self):
        "Import the facade first."
        return "Import the facade first."

    async def g(self):
        u"""ä.
        Always import
        the facade
        before torch."""
'''
    assert places(tmp_path, text) == [(3, 7), (8, 9), (11, 8), (14, 10), (19, 9)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_endings(tmp_path: Path, end: str) -> None:
    text = end.join(
        ["x = 1", "# a.", "# Import the facade", "# first.", '"""', "b. Import the facade first.", '"""']
    )
    assert places(tmp_path, text) == [(3, 3), (6, 4)]


def test_form_feeds_and_odd_line_breaks_in_comments(tmp_path: Path) -> None:
    assert places(tmp_path, "\f\n# Import the facade first.\n") == [(2, 3)]
    assert places(tmp_path, "# a\u2028 b. Import the facade first.\nx = 1\n") == [(1, 9)]
