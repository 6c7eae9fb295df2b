"""The pytest plugin, in pytest processes of their own."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rt_support import environment

pytest_plugins = ["pytester"]

CLEARED = ("CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "TORCHINDUCTOR_DETERMINISTIC")

USED_MS = 15
"""What a project that never uses the plugin may pay for it."""


@pytest.fixture(autouse=True)
def _clean_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*CLEARED, "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)


def outcomes(result: pytest.RunResult) -> dict[str, list[str]]:
    """Every outcome of every test in a ``-v`` run, by name; a passed test with a failed teardown has two."""
    found: dict[str, list[str]] = {}
    pattern = r"^\S+::(\S+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)"
    for name, outcome in re.findall(pattern, result.stdout.str(), re.MULTILINE):
        found.setdefault(name, []).append(outcome)
    return found


def test_unused_it_imports_nothing_and_adds_no_hook(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_inert(request):
            loaded = {name for name in sys.modules if name.split(".")[0] in ("torch", "libcst", "torchgate")}
            assert loaded == {"torchgate", "torchgate.runtime", "torchgate.runtime.pytest_plugin"}
            plugin = sys.modules["torchgate.runtime.pytest_plugin"]
            hooks = {name for name in vars(plugin) if name.startswith("pytest_")}
            assert hooks == {"pytest_addoption"}
            assert request.config.pluginmanager.hasplugin("torchgate")
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_unused_it_costs_little(tmp_path: Path) -> None:
    """Processor time of the import that pytest does; its import is not one that -X importtime shows."""
    code = (
        "import importlib, time, pytest; before = time.process_time(); "
        "importlib.import_module('torchgate.runtime.pytest_plugin'); print(time.process_time() - before)"
    )
    command = [sys.executable, "-c", code]

    def cost() -> float:
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, env=environment(), check=True)
        return float(run.stdout) * 1000

    assert min(cost() for _ in range(5)) < USED_MS


FIXTURES = """
    import copy
    import os
    import sys
    import pytest
    from torchgate.runtime import Policy, Ready, Rejected, RejectedError, TorchHandle, apply_torch_runtime

    def test_policy(torch_policy):
        assert torch_policy == Policy(device="cpu")

    def test_runtime_is_data_and_nothing_is_applied(torch_runtime):
        assert isinstance(torch_runtime, Ready)
        assert not sys.modules["torch"].are_deterministic_algorithms_enabled()

    def test_handle(torch_handle, torch_runtime):
        assert isinstance(torch_handle, TorchHandle)
        assert torch_handle.runtime == torch_runtime
        torch_handle.verify()

    def test_handle_is_one(torch_handle):
        assert apply_torch_runtime(torch_handle.runtime) is torch_handle

    def test_moves_a_flag(torch_handle, torch_drift_guard):
        torch_handle.backends.cudnn.benchmark = True

    def test_finds_it_restored(torch_handle, torch_drift_guard):
        assert torch_handle.backends.cudnn.benchmark is False

    @pytest.mark.usefixtures("torch_drift_guard")
    def test_moves_and_fails_by_itself(torch_handle):
        torch_handle.set_float32_matmul_precision("medium")
        assert 1 == 2, "the test's own reason"

    def test_forces_tf32(torch_handle, torch_drift_guard):
        os.environ["NVIDIA_TF32_OVERRIDE"] = "1"

    class TestInClass:
        @pytest.mark.usefixtures("torch_drift_guard")
        def test_moves_two(self, torch_handle):
            torch_handle.use_deterministic_algorithms(True, warn_only=True)
            torch_handle.utils.deterministic.fill_uninitialized_memory = False

    @pytest.fixture
    def careless(torch_handle, torch_drift_guard):
        yield
        torch_handle.backends.cudnn.deterministic = False

    def test_teardown_moves_a_flag(careless):
        pass

    def test_after_all_that_nothing_has_moved(torch_handle):
        torch_handle.verify()

    def test_unguarded_moves(torch_handle):
        torch_handle.backends.cudnn.benchmark = True

    def test_guarded_is_not_blamed(torch_drift_guard):
        pass

    def test_rejected(rejected_runtime):
        assert isinstance(rejected_runtime, Rejected)
        with pytest.raises(RejectedError, match="the rejected_runtime fixture"):
            apply_torch_runtime(rejected_runtime)

    def test_poison_hides_a_loaded_torch(torch_handle, poisoned_torch):
        with pytest.raises(AssertionError, match="torch was imported under the poison"):
            import torch
        assert poisoned_torch.attempts == ["torch"]

    def test_after_the_poison_torch_is_the_same(torch_handle):
        import torch
        assert torch is torch_handle.torch
        assert sys.modules["torch.nn"] is torch.nn
"""


@pytest.mark.torch
def test_the_fixtures_on_the_cpu(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FIXTURES)
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    not_passed = {name: each for name, each in outcomes(result).items() if each != ["PASSED"]}
    assert not_passed == {
        "test_moves_a_flag": ["FAILED"],
        "test_moves_and_fails_by_itself": ["FAILED"],
        "test_forces_tf32": ["FAILED"],
        "test_moves_two": ["FAILED"],
        "test_teardown_moves_a_flag": ["PASSED", "ERROR"],
    }
    assert len(outcomes(result)) == 16
    result.stdout.fnmatch_lines_random(
        [
            "settings of the torch runtime moved in this test; they are put back:",
            "  cudnn.benchmark: wanted False, got True",
            "  NVIDIA_TF32_OVERRIDE: wanted None, got '1'",
            "*the test's own reason*",
            "*float32_matmul_precision: wanted 'highest', got 'medium'",
            "  deterministic_algorithms: wanted 'error', got 'warn'",
            "  fill_uninitialized_memory: wanted True, got False",
            "*PytestWarning: settings of the torch runtime moved before this test began, after *",
        ]
    )


ENDINGS = """
    import unittest
    import pytest

    @pytest.fixture(autouse=True)
    def guarded(torch_drift_guard): ...

    def move(torch_handle):
        torch_handle.backends.cudnn.benchmark = True

    def test_skips(torch_handle):
        move(torch_handle)
        pytest.skip("no data")

    def test_xfails(torch_handle):
        move(torch_handle)
        pytest.xfail("known")

    @pytest.mark.xfail(reason="moves a flag, as we know")
    def test_expected(torch_handle):
        move(torch_handle)

    def test_skips_without_moving(torch_handle):
        pytest.skip("no data")

    def test_moves_and_passes(torch_handle):
        move(torch_handle)

    class TestOfUnittest(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def handle(self, torch_handle):
            self.torch = torch_handle

        def test_moves(self):
            move(self.torch)

        def test_moves_and_skips(self):
            move(self.torch)
            self.skipTest("no data")

        def test_moves_and_fails(self):
            move(self.torch)
            self.fail("its own reason")

    def test_nothing_has_moved(torch_handle):
        torch_handle.verify()
"""


@pytest.mark.torch
def test_a_moved_flag_fails_the_test_however_it_ends(pytester: pytest.Pytester) -> None:
    """An xfail mark covers it, as it covers any failure; a skip after the deed does not."""
    pytester.makepyfile(ENDINGS)
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    assert outcomes(result) == {
        "test_skips": ["FAILED"],
        "test_xfails": ["FAILED"],
        "test_expected": ["XFAIL"],
        "test_skips_without_moving": ["SKIPPED"],
        "test_moves_and_passes": ["FAILED"],
        "test_moves": ["FAILED"],
        "test_moves_and_skips": ["FAILED"],
        "test_moves_and_fails": ["FAILED"],
        "test_nothing_has_moved": ["PASSED"],
    }
    result.stdout.fnmatch_lines(
        ["  cudnn.benchmark: wanted False, got True", "and then the test ended itself: Skipped: no data"]
    )
    own = result.stdout.str().partition("TestOfUnittest.test_moves_and_fails _")[2]
    assert "AssertionError: its own reason" in own
    assert "cudnn.benchmark: wanted False, got True" in own.partition("- torchgate -")[2]


ELSEWHERE = """
    import pytest

    @pytest.fixture(scope="module")
    def wide(torch_handle):
        torch_handle.backends.cudnn.benchmark = True
        yield

    def test_first(torch_drift_guard): ...

    def test_behind_a_wide_fixture(wide, torch_drift_guard): ...

    def test_exits(torch_handle, torch_drift_guard):
        torch_handle.backends.cudnn.benchmark = True
        raise SystemExit(3)

    @pytest.mark.parametrize("moves", [False, True])
    def test_under_a_poison(torch_handle, torch_drift_guard, poisoned_torch, moves):
        # Putting this one back imports Inductor's config.
        torch_handle._C._set_deterministic_algorithms(not moves)

    def test_last(torch_handle, torch_drift_guard): ...

    def test_unguarded(torch_handle):
        torch_handle.backends.cudnn.benchmark = True
"""


@pytest.mark.torch
def test_what_moved_outside_of_a_guarded_test_is_told_with_the_test_before(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=ELSEWHERE)
    result = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    assert outcomes(result) == {
        "test_first": ["PASSED"],
        "test_behind_a_wide_fixture": ["PASSED"],
        "test_exits": ["FAILED"],
        "test_under_a_poison[False]": ["PASSED"],
        "test_under_a_poison[True]": ["FAILED"],
        "test_last": ["PASSED"],
        "test_unguarded": ["PASSED"],
    }
    result.stdout.fnmatch_lines(
        [
            "*moved before this test began, after test_it.py::test_first, the last one with the guard:",
            "*moved before the session ended, after test_it.py::test_last, the last one with the guard:",
            "    cudnn.benchmark: wanted False, got True",
        ]
    )
    text = result.stdout.str()
    assert "could not be put back" not in text
    assert "- torchgate -" not in text  # the note on the SystemExit is enough


@pytest.mark.torch
def test_what_moved_last_is_told_where_warnings_are_errors_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_guarded(torch_drift_guard): ...

        def test_unguarded(torch_handle):
            torch_handle.backends.cudnn.benchmark = True
    """)
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, warnings=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*moved before the session ended, after *::test_guarded, the last one *"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


@pytest.mark.torch
def test_what_cannot_be_put_back_is_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_freezes(torch_handle, torch_drift_guard):
            torch_handle.backends.cudnn.benchmark = True
            torch_handle.backends.disable_global_flags()
    """)
    result = pytester.runpytest_subprocess("-v")
    assert outcomes(result)["test_freezes"][0] == "FAILED"
    result.stdout.fnmatch_lines(["*moved and could not be put back; do not trust later tests:"])


POISON = """
    import importlib
    import sys
    import pytest

    def test_plain(poisoned_torch):
        with pytest.raises(AssertionError):
            import torch

    def test_caught_as_import_error(poisoned_torch):
        with pytest.raises(AssertionError):
            try:
                import torch
            except ImportError:
                torch = None

    @pytest.mark.parametrize("name", ["torch", "torch.nn.functional", "torch._C"])
    def test_dynamic(poisoned_torch, name):
        with pytest.raises(AssertionError):
            importlib.import_module(name)

    def test_from(poisoned_torch):
        with pytest.raises(AssertionError):
            from torch.nn import functional

    def test_swallowed_is_still_listed(poisoned_torch):
        try:
            import torch
        except Exception:
            pass
        assert poisoned_torch.attempts == ["torch"]

    def test_a_similar_name_is_not_torch(poisoned_torch, tmp_path, monkeypatch):
        (tmp_path / "torchlike.py").write_text("x = 1")
        monkeypatch.syspath_prepend(tmp_path)
        import torchlike
        assert torchlike.x == 1

    def test_fails_plainly(poisoned_torch):
        import torch

    def test_everything_is_put_back():
        assert not any(type(finder).__name__ == "PoisonedTorch" for finder in sys.meta_path)
        assert "torch" not in sys.modules
"""


def test_the_poison(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(POISON)
    result = pytester.runpytest_subprocess("-v")
    assert [name for name, each in outcomes(result).items() if each != ["PASSED"]] == ["test_fails_plainly"]
    result.assert_outcomes(passed=9, failed=1)
    result.stdout.fnmatch_lines(
        ["*PoisonError: torch was imported under the poison; torch enters through the handle*"]
    )


@pytest.mark.torch
def test_the_poison_over_an_installed_torch(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import importlib.util
        import pytest
        from torchgate.runtime import Policy, probe

        def test_looking_is_not_importing(poisoned_torch):
            found = importlib.util.find_spec("torch")
            assert found is not None and found.submodule_search_locations
            assert poisoned_torch.attempts == []

        def test_the_runtimes_probe_does_not_turn_the_poison_into_a_reason(poisoned_torch):
            with pytest.raises(AssertionError, match="poison"):
                probe(Policy(device="cpu"))
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_the_fake_without_any_torch(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import collections.abc
        import copy
        import pickle
        import sys
        import pytest

        def train(handle, steps):
            torch = handle.torch
            torch.manual_seed(7)
            with torch.no_grad():
                for _ in range(steps):
                    torch.nn.functional.relu(torch.zeros(2, device="cpu"))
            handle.verify()
            handle.assert_thread()

        def test_records(fake_torch, poisoned_torch):
            train(fake_torch, steps=2)
            names = [call.name for call in fake_torch.calls]
            assert names == ["manual_seed", "no_grad", *["zeros", "nn.functional.relu"] * 2]
            assert fake_torch.calls[0].args == (7,)
            assert fake_torch.calls[2].kwargs == {"device": "cpu"}

        def test_values_can_be_set_at_any_depth(fake_torch):
            fake_torch.float32 = "float32"
            fake_torch.cuda.device_count = lambda: 2
            assert fake_torch.torch.cuda.device_count() == 2
            assert fake_torch.torch.float32 == "float32"

        def test_it_does_not_decide_for_the_test(fake_torch):
            with pytest.raises(TypeError, match="set fake_torch.cuda.is_available in the test"):
                if fake_torch.cuda.is_available():
                    pass
            with pytest.raises(TypeError, match="set fake_torch.nn.Module to one in the test"):
                class Model(fake_torch.nn.Module):
                    pass
            with pytest.raises(TypeError):
                len(fake_torch.zeros(2))

        @pytest.mark.parametrize("decides", [
            len, list, float, int, range, complex, abs, bool, lambda x: x[0], lambda x: 1 in x,
            lambda x: x < 1,
            lambda x: 1 >= x, lambda x: x + 1, lambda x: 1.0 - x, lambda x: x @ x, lambda x: -x,
            lambda x: f"{x:.4f}", lambda x: sum([x]), lambda x: 2 ** x, lambda x: x // 2,
        ])
        def test_what_decides_by_a_value_is_told_what_to_set(fake_torch, decides):
            loss = fake_torch.nn.functional.mse_loss(1, 2).item()
            with pytest.raises(TypeError, match=r"set fake_torch\\.nn\\.functional\\.mse_loss in the test"):
                decides(loss)
            assert f"{loss}" == str(loss) == "<fake torch.nn.functional.mse_loss().item()>"
            assert not isinstance(loss, collections.abc.Iterable)

        def test_it_is_a_handle(fake_torch, torch_policy):
            assert fake_torch.runtime.policy == torch_policy
            assert fake_torch.drift() == ()
            assert fake_torch.applied == {}
            pickle.loads(pickle.dumps(fake_torch.worker_init))(3)
            assert bool(fake_torch)

        def test_a_copy_records_in_the_same_place(fake_torch):
            copied = copy.deepcopy({"torch": fake_torch, "relu": fake_torch.nn.functional.relu})
            copied["torch"].zeros(1)
            copied["relu"](2)
            assert copy.copy(fake_torch) is copied["torch"] is fake_torch
            assert [call.name for call in fake_torch.calls] == ["zeros", "nn.functional.relu"]

        def test_torch_was_never_imported():
            assert "torch" not in sys.modules
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=26)


CUDA = """
    import sys
    from torchgate.runtime import Policy, Rejected

    def test_the_decision_is_data(torch_runtime, torch_policy):
        assert torch_policy == Policy(device="cuda")
        assert isinstance(torch_runtime, Rejected)

    def test_needs_the_handle(torch_handle):
        raise AssertionError("never reached")

    def test_guarded(torch_drift_guard):
        raise AssertionError("never reached")

    def test_another(torch_handle):
        raise AssertionError("never reached")
"""


@pytest.mark.torch
@pytest.mark.parametrize("on_rejected", ["fail", "skip"])
def test_a_rejected_runtime_fails_unless_the_ini_says_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, on_rejected: str
) -> None:
    pytester.makeini(f"[pytest]\ntorchgate_device = cuda\ntorchgate_rejected = {on_rejected}\n")
    pytester.makepyfile(CUDA)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    result = pytester.runpytest_subprocess("-rs")
    if on_rejected == "skip":
        result.assert_outcomes(passed=1, skipped=3)
    else:
        result.assert_outcomes(passed=1, errors=3)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*the torch runtime is rejected (device=cuda): cuda_*"])
    assert "Traceback" not in result.stdout.str()


def test_fail_is_the_default_and_the_policy_can_be_overridden(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest
        from torchgate.runtime import Policy, Reason, Rejected

        @pytest.fixture(scope="session")
        def torch_policy():
            return Policy(device="cpu", num_threads=3)

        @pytest.fixture(scope="session")
        def torch_runtime(torch_policy):
            reasons = (Reason.TORCH_ABSENT,)
            return Rejected(policy=torch_policy, reasons=reasons, detail={"torch_absent": "gone"})
    """)
    pytester.makepyfile("""
        def test_it(torch_handle):
            pass

        def test_own_policy(rejected_runtime):
            assert rejected_runtime.policy.num_threads == 3
    """)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["  torch_absent: gone", "    Install torch into this environment*"])


@pytest.mark.torch
def test_a_policy_that_the_program_applies_after_the_fixture_is_told_with_the_fixture(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime
        def main():
            apply_torch_runtime(decide_torch_runtime(Policy(device="cpu", num_threads=1)))
        def test_it(torch_handle):
            main()
    """)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    (line,) = [line for line in result.stdout.lines if line.startswith("E  ")]
    assert re.fullmatch(
        r"E +torchgate\S+AlreadyAppliedError: .*num_threads=1 is requested, None was applied; "
        r"it was applied at \S+pytest_plugin\.py:\d+ in torch_handle",
        line,
    ), line


@pytest.mark.torch
def test_a_policy_that_the_program_applied_before_is_told_with_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime
        apply_torch_runtime(decide_torch_runtime(Policy(device="cpu", num_threads=1)))
    """)
    pytester.makepyfile("def test_it(torch_handle): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*another policy was applied: num_threads=None is requested, 1 was applied; "
            "it was applied at *conftest.py:2 in <module>",
            "  Have the torch_policy fixture return that policy*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("ini", "text"),
    [
        ("torchgate_device = tpu", "*torchgate_device = 'tpu'; valid: cpu, cuda*"),
        ("torchgate_rejected = ignore", "*torchgate_rejected = 'ignore'; valid: fail, skip*"),
    ],
)
def test_a_wrong_ini_value_is_told(pytester: pytest.Pytester, ini: str, text: str) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    pytester.makepyfile("def test_it(torch_handle): pass\ndef test_unconcerned(): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([text])


@pytest.mark.torch
@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_under_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("n", range(4))
        def test_handle(torch_handle, n):
            torch_handle.verify()
            torch_handle.assert_thread()

        def test_moves(torch_drift_guard, torch_handle):
            torch_handle.backends.cudnn.benchmark = True
    """)
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=4, failed=1)
