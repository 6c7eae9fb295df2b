"""``torchgate check`` in this process, with rules that the tests choose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

# They look at the codemods while they are imported: before a test puts others in their place.
import torchgate.migrate.codemods.default_device
import torchgate.migrate.handles.sites  # noqa: F401
from tests.lint.dummy import flags
from torchgate.cli import main
from torchgate.lint import rules
from torchgate.lint.rules import tg900_unreadable_file, tg901_unused_suppression

OWN = (tg900_unreadable_file.RULE, tg901_unused_suppression.RULE)


class Run:
    """One run's exit code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    monkeypatch.chdir(tmp_path)

    def write_file(path: str, text: str = "flagged\n") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        return file

    write_file("torchgate.toml", "")
    return write_file


@pytest.fixture
def run(
    write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    monkeypatch.setattr(rules, "ALL", (flags("TG101", fix="safe"), flags("TG302", "other"), *OWN))
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run_command(*arguments: str) -> Run:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run_command
