"""``torchgate doctor``: a verdict and a remedy for every machine, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from rt_support import SRC, environment

from torchgate.cli import doctor as doctor_command
from torchgate.cli import main
from torchgate.cli.doctor import NEWEST_TESTED
from torchgate.runtime import Reason
from torchgate.runtime.remedies import REMEDIES, explained, remedy
from torchgate.runtime.smoke import run as smoke_run
from torchgate.runtime.smoke.launch import TIMEOUT

# What is told where the machine is so busy that torch takes long.
SLOW = doctor_command.WAITING.format(patience=doctor_command.PATIENCE, timeout=TIMEOUT)
VERSION_FILE = "__version__ = '{version}'\ncuda: str | None = {cuda!r}\nhip = None\n"


def doctor(*arguments: str, cwd: Path, path: Path | None = None, **changes: str) -> Any:
    """Run doctor; with ``path``, in a Python that sees nothing but torchgate and that folder."""
    options: list[str] = []
    if path is not None:
        options = ["-S"]
        changes["PYTHONPATH"] = os.pathsep.join([str(path), str(SRC)])
    result = subprocess.run(
        [sys.executable, *options, "-m", "torchgate", "doctor", *arguments],
        capture_output=True,
        text=True,
        env=environment(**changes),
        cwd=cwd,
        timeout=170,
        check=False,
    )
    assert "Traceback" not in result.stdout + result.stderr
    assert result.stderr in ("", SLOW)
    return result


def fake_torch(folder: Path, body: str, version: str = "2.13.0", cuda: str | None = None) -> Path:
    """A folder that looks like an installed PyTorch whose import runs ``body``."""
    package = folder / "site" / "torch"
    package.mkdir(parents=True)
    (package / "version.py").write_text(VERSION_FILE.format(version=version, cuda=cuda))
    (package / "_C.so").touch()
    (package / "__init__.py").write_text(body)
    return package.parent


def reasons(result: Any) -> list[str]:
    entry = json.loads(result.stdout)["devices"][-1]
    for reason in entry["reasons"]:
        assert reason["remedy"] == REMEDIES[Reason(reason["reason"])]
        assert reason["detail"]
    return [reason["reason"] for reason in entry["reasons"]]


@pytest.mark.torch
def test_here_the_cpu_is_ready_and_both_devices_are_shown(tmp_path: Path) -> None:
    result = doctor("--json", cwd=tmp_path)
    report = json.loads(result.stdout)
    assert result.returncode == 0
    assert report["version"] == 1
    assert "cpu" in report["ready"]
    assert [entry["device"] for entry in report["devices"]] == ["cuda", "cpu"]
    cpu = report["devices"][1]
    assert (cpu["decision"], cpu["reasons"]) == ("ready", [])
    assert cpu["policy"]["cublas_workspace"] == ":16:8"
    assert cpu["probe"]["torch_imported"] is True
    newer = (*map(int, version("torch").split(".")[:2]),) > NEWEST_TESTED
    assert [text for text in report["warnings"] if "is newer than" not in text or not newer] == []


@pytest.mark.torch
def test_the_text_names_decision_reason_remedy_policy_and_probe(tmp_path: Path) -> None:
    result = doctor("--device", "cpu", cwd=tmp_path, NVIDIA_TF32_OVERRIDE="1", CUBLAS_WORKSPACE_CONFIG="x")
    assert result.returncode == 4
    lines = result.stdout.splitlines()
    assert lines[0].startswith("torchgate doctor: torch 2.")
    assert lines[2] == "cpu: REJECTED"
    assert (
        "  cublas_config_invalid: CUBLAS_WORKSPACE_CONFIG='x'; valid: :16:8 or :4096:8, or leave it unset"
        in lines
    )
    assert "    Unset NVIDIA_TF32_OVERRIDE, or set it to 0." in lines
    assert any(
        line.startswith("  policy: affinity RequiresMainThread, cublas_workspace :16:8") for line in lines
    )
    assert "  nvidia_tf32_override: 1" in lines
    assert "cuda" not in result.stdout.split("probe")[0].replace("cublas", "")


def test_what_a_terminal_would_obey_is_shown_escaped(tmp_path: Path) -> None:
    value = "\x1b[2J\nREADY"
    result = doctor("--device", "cpu", cwd=tmp_path, path=tmp_path, NVIDIA_TF32_OVERRIDE=value)
    assert f"  nvidia_tf32_override: {value!r}" in result.stdout.splitlines()
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    "body",
    [
        "raise ImportError('\\x1b[31mred\\nand more')",
        "import os, signal\nprint('\\x1b[31mred', flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)",
        "class Panic(BaseException): ...\nraise Panic('\\x1b[31mred')",
    ],
)
def test_a_reason_is_one_line_without_what_a_terminal_would_obey(tmp_path: Path, body: str) -> None:
    site = fake_torch(tmp_path, body)
    lines = doctor("--device", "cpu", cwd=tmp_path, path=site).stdout.splitlines()
    detail, remedy = lines[lines.index("cpu: REJECTED") + 1 :][:2]
    assert detail.startswith("  torch_broken: ")
    assert r"\x1b[31mred" in detail
    assert "^^^" not in detail
    assert remedy.startswith("    Mend what the error names")


def test_torch_absent(tmp_path: Path) -> None:
    result = doctor("--json", cwd=tmp_path, path=tmp_path)
    assert result.returncode == 4
    assert reasons(result) == ["torch_absent"]
    text = doctor(cwd=tmp_path, path=tmp_path).stdout
    assert "pip install 'torchgate[runtime]'" in text
    assert text.startswith("torchgate doctor: Python 3.")
    assert f"({sys.executable})" in text.splitlines()[0]


def test_a_search_path_with_what_is_no_string_in_it(tmp_path: Path) -> None:
    """Python passes over it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import pathlib, sys\nsys.path += [pathlib.Path('/tmp'), b'/tmp', None]\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "torchgate", "doctor", "--device", "cpu", "--format", "json"],
        capture_output=True,
        text=True,
        env=environment(PYTHONPATH=os.pathsep.join([str(tmp_path), str(SRC)])),
        cwd=tmp_path,
        check=False,
    )
    assert result.returncode == 0
    assert result.stderr in ("", SLOW)
    assert json.loads(result.stdout)["ready"] == ["cpu"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("raise ImportError('libcudart.so.12: cannot open')", "libcudart.so.12: cannot open"),
        ("raise OSError('[WinError 126]\\nfbgemm.dll')", "[WinError 126] fbgemm.dll"),
        ("raise SystemExit(9)", "SystemExit: 9"),
        ("import os; os._exit(9)", "exit code 9"),
        ("import os; os._exit(0)", "no answer"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("def (:", "SyntaxError"),
        ("__version__ = '2.13.0'", "AttributeError"),
        ("print('noise on stdout')\nraise RuntimeError", "RuntimeError"),
    ],
)
def test_torch_broken(tmp_path: Path, body: str, text: str) -> None:
    site = fake_torch(tmp_path, body)
    result = doctor("--json", "--device", "cpu", cwd=tmp_path, path=site)
    assert result.returncode == 4
    assert reasons(result) == ["torch_broken"]
    assert text in json.loads(result.stdout)["devices"][0]["reasons"][0]["detail"]


def test_torch_too_old(tmp_path: Path) -> None:
    site = fake_torch(tmp_path, "raise AssertionError('never imported')", version="2.5.1")
    result = doctor("--json", "--device", "cpu", cwd=tmp_path, path=site)
    assert (result.returncode, reasons(result)) == (4, ["torch_unsupported_version"])


@pytest.mark.parametrize("version", ["2.15.0", "3.0.0a0+git123"])
def test_a_newer_torch_is_a_warning_and_no_reason(tmp_path: Path, version: str) -> None:
    site = fake_torch(tmp_path, "raise ImportError('too new to load')", version=version)
    report = json.loads(doctor("--json", "--device", "cpu", cwd=tmp_path, path=site).stdout)
    assert [each["reason"] for each in report["devices"][0]["reasons"]] == ["torch_broken"]
    assert [warning for warning in report["warnings"] if f"torch {version} is newer than 2.14" in warning]


def test_a_local_torch_py_shadows(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("print('I am not PyTorch')")
    result = doctor("--json", "--device", "cpu", cwd=tmp_path)
    assert (result.returncode, reasons(result)) == (4, ["torch_shadowed"])
    assert str(tmp_path / "torch.py") in result.stdout


@pytest.mark.torch
def test_a_torch_py_that_would_shadow_programs_started_here_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "torch.py").touch()
    script = Path(sys.executable).with_name("torchgate")
    if not script.exists():
        pytest.skip("the console script is not installed beside this Python")
    result = subprocess.run(
        [str(script), "doctor", "--device", "cpu"],
        capture_output=True, text=True, env=environment(), cwd=tmp_path, timeout=170, check=False,
    )  # fmt: skip
    assert result.returncode == 0, "the script itself is not shadowed"
    assert "warning: torch.py answers to the name torch for programs started in this folder" in result.stdout


def test_smoke_too_has_no_traceback_for_a_broken_torch(tmp_path: Path) -> None:
    site = fake_torch(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    changes = {"PYTHONPATH": os.pathsep.join([str(site), str(SRC)])}
    result = subprocess.run(
        [sys.executable, "-S", "-m", "torchgate", "smoke", "--device", "cpu"],
        capture_output=True, text=True, env=environment(**changes), cwd=tmp_path, timeout=170, check=False,
    )  # fmt: skip
    assert result.returncode == 4
    assert result.stderr in ("", SLOW)
    assert (
        "torch_broken: the process that imported torch gave no answer: it was killed by SIGSEGV"
        in result.stdout
    )


def test_bad_usage() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "torchgate", "doctor", "--device", "tpu"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert "invalid choice: 'tpu'" in result.stderr


def test_every_reason_has_one_sentence_of_remedy() -> None:
    assert set(REMEDIES) == set(Reason)
    for sentence in REMEDIES.values():
        assert sentence.endswith(".")
        assert sentence[0].isupper()
    assert remedy("from_a_later_version") == "See docs/runtime.md."
    assert explained({"decision": "ready"}) == []


class Heard(io.StringIO):
    """Standard error that tells when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)


DECIDED = {
    "decisions": [{"policy": {"device": "cpu"}, "decision": "ready"}],
    "facts": [{}],
    "environment": {},
}


def test_a_torch_that_does_not_come_is_waited_for_aloud(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = Heard()

    def hang(devices: tuple[str, ...]) -> Any:
        assert heard.written.wait(60), "nothing was said"
        return DECIDED

    monkeypatch.setattr(sys, "stderr", heard)
    monkeypatch.setattr(doctor_command, "PATIENCE", 0.01)
    monkeypatch.setattr(smoke_run, "decide_in_fresh_process", hang)
    assert main(["doctor", "--device", "cpu"]) == 0
    told = "torchgate doctor: the process that imports torch has not answered for 0 s; waiting for it, 300 s"
    assert heard.getvalue() == f"{told} at most\n"
    assert "cpu: READY" in capsys.readouterr().out


def test_a_torch_that_comes_is_not_waited_for_aloud(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smoke_run, "decide_in_fresh_process", lambda devices: DECIDED)
    threads = threading.active_count()
    assert main(["doctor", "--device", "cpu"]) == 0
    assert capsys.readouterr().err == ""
    assert threading.active_count() == threads, "and what would say so is gone"


def test_nobody_to_tell_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, open(os.devnull)):  # noqa: SIM115
        monkeypatch.setattr(sys, "stderr", stream)
        doctor_command._tell()
