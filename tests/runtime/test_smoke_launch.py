"""Fresh processes: what they inherit, and what is said when they end badly. No torch."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from torchgate.runtime.smoke import launch
from torchgate.runtime.smoke.launch import Answered, Died, run_worker

REPLY = "import json, sys; open(sys.argv[2], 'w').write(json.dumps({}))"


def boot(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(launch, "_BOOT", code)


def test_the_answer_comes_back_whatever_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    boot(monkeypatch, f"print('{{' * 99); {REPLY.format('json.load(open(sys.argv[1]))')}")
    outcome = run_worker({"mode": "x"})
    assert isinstance(outcome, Answered)
    assert outcome.answer["mode"] == "x"


def test_the_workers_search_path_is_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    boot(monkeypatch, REPLY.format("json.load(open(sys.argv[1]))['sys_path']"))
    outcome = run_worker({})
    assert isinstance(outcome, Answered)
    assert outcome.answer == [str(tmp_path), *sys.path[1:]]


def test_a_module_in_the_working_directory_does_not_disturb_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    boot(monkeypatch, REPLY.format("'fine'"))
    assert run_worker({}) == Answered("fine")  # type: ignore[arg-type]


def test_flags_of_the_interpreter_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flags:
        optimize, isolated, ignore_environment, no_user_site, no_site, dont_write_bytecode = 2, 0, 1, 1, 0, 1

    monkeypatch.setattr(sys, "flags", Flags)
    assert launch._interpreter_flags() == ["-OO", "-E", "-s", "-B"]
    Flags.isolated = 1
    assert launch._interpreter_flags() == ["-OO", "-I", "-B"]


@pytest.mark.parametrize(
    ("code", "how", "output"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it was killed by SIGSEGV", ""),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "it was killed by SIGKILL, as the system does where memory runs out",
            "",
        ),
        ("import os; os.kill(os.getpid(), 40)", "it was killed by signal 40", ""),
        ("raise SystemExit(3)", "it ended with exit code 3 and no answer", ""),
        (
            "print('a\\n\\nb', flush=True); import os; os._exit(0)",
            "it ended with exit code 0 and no answer",
            "a\nb",
        ),
        ("import time; print('on it', flush=True); time.sleep(60)", "no answer within 4 s", "on it"),
    ],
)
def test_how_a_worker_died(monkeypatch: pytest.MonkeyPatch, code: str, how: str, output: str) -> None:
    boot(monkeypatch, code)
    assert run_worker({}, timeout=4) == Died(how, output)


def test_a_python_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert run_worker({}) == Died("it could not be started: No such file or directory", "")
    monkeypatch.setattr(sys, "executable", None)
    assert run_worker({}) == Died("it could not be started: sys.executable is empty", "")


def test_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    how = "it could not be started: no temporary folder can be made (TMPDIR): No such file or directory"
    assert run_worker({}) == Died(how, "")
