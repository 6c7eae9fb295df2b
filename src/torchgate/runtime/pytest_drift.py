"""The drift guard of the pytest plugin: loaded, and its hook registered, at the first use of the fixture."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from torchgate.runtime.errors import Drift

if TYPE_CHECKING:
    from torchgate.runtime.handle import TorchHandle


class DriftGuard:
    """Watches one test: `settle` fails it if it moved a setting of the runtime, and puts the setting back."""

    def __init__(self, handle: TorchHandle, last: str | None = None) -> None:
        """``last`` names the test that was guarded before, if any."""
        self.handle = handle
        self.moved_in_body: tuple[Drift, ...] = ()
        moved = self.restore()
        if moved:
            # Not this test's doing: an earlier one without the guard, a fixture of wider scope, an import.
            warnings.warn(_text(f"before this test began{_after(last)}", moved), pytest.PytestWarning, 2)

    def restore(self) -> tuple[Drift, ...]:
        """Put back what has moved and return it. Fails the test if something cannot be put back."""
        from torchgate.runtime.testing import PoisonedTorch

        # Under a poison Inductor's config is hidden, and a setter that imports it would fail.
        with PoisonedTorch.lifted():
            return self._restore()

    def _restore(self) -> tuple[Drift, ...]:
        from torchgate.runtime.checklist import rows

        moved = self.handle.drift()
        if not moved:
            return ()
        policy = self.handle.runtime.policy
        for row in rows(self.handle.torch, policy):
            try:
                row.write(row.wanted)
            except Exception:
                continue  # The look below tells whether it mattered.
        if any(item == "NVIDIA_TF32_OVERRIDE" for item, _, _ in moved):
            # No row of the effect's: it does not write this one, it wants it unset or "0".
            os.environ.pop("NVIDIA_TF32_OVERRIDE", None)
            os.unsetenv("NVIDIA_TF32_OVERRIDE")
        left = self.handle.drift()
        if left:
            pytest.fail(_text("and could not be put back; do not trust later tests", left), pytrace=False)
        return moved

    def settle(self) -> None:
        """Fail if a setting has moved since the last look, and put it back."""
        moved = self.restore()
        if moved:
            pytest.fail(_text("in this test; they are put back", moved), pytrace=False)


def _text(when: str, moved: tuple[Drift, ...]) -> str:
    return f"settings of the torch runtime moved {when}:\n" + "\n".join(f"  {item}" for item in moved)


def _after(last: str | None) -> str:
    return f", after {last}, the last one with the guard" if last else ""


_GUARD = pytest.StashKey[DriftGuard]()
_LAST = pytest.StashKey[str]()


class _Hooks:
    """Settles right after the test's own body, so that the test itself fails and not only its teardown."""

    def __init__(self, handle: TorchHandle) -> None:
        self.handle = handle

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell of what moved when no guarded test came after it."""
        moved = self.handle.drift()
        if moved:
            when = f"before the session ended{_after(session.config.stash[_LAST])}"
            with warnings.catch_warnings():
                # Where warnings are errors: there is no test left that could fail.
                warnings.simplefilter("always")
                warnings.warn(_text(when, moved), pytest.PytestWarning, stacklevel=1)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        guard = item.stash.get(_GUARD, None)
        if guard is None:
            return (yield)
        try:
            result = yield
        except BaseException as error:
            guard.moved_in_body = guard.restore()
            if guard.moved_in_body:
                error.add_note(_in_this_test(guard))
            raise
        guard.moved_in_body = guard.restore()
        if guard.moved_in_body:
            pytest.fail(_in_this_test(guard), pytrace=False)
        return result

    # The outermost, since unittest's part replaces what was raised and another turns failures into xfail.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        guard = item.stash.get(_GUARD, None)
        if guard is None or call.when != "call" or not guard.moved_in_body:
            return report
        text = _in_this_test(guard)
        if report.skipped and item.get_closest_marker("xfail") is None:
            # pytest.skip() or pytest.xfail() came after the flag was moved: the test is to fail all the same.
            report.outcome = "failed"
            vars(report).pop("wasxfail", None)
            report.longrepr = f"{text}\nand then the test ended itself: {_ending(call)}"
        elif report.failed and not _is_told(text, report.longreprtext):
            report.sections.append(("torchgate", text))
        return report


def _is_told(text: str, told: str) -> bool:
    """Also as a note on an error, whose lines are indented."""
    lines = [line.removeprefix("E").strip() for line in told.splitlines()]
    return all(line.strip() in lines for line in text.splitlines())


def _ending(call: pytest.CallInfo[None]) -> str:
    return "" if call.excinfo is None else f"{call.excinfo.typename}: {call.excinfo.value}"


def _in_this_test(guard: DriftGuard) -> str:
    return _text("in this test; they are put back", guard.moved_in_body)


def guard_for(item: pytest.Item, handle: TorchHandle) -> DriftGuard:
    """A guard that settles when the body of ``item`` is done."""
    config = item.config
    guard = DriftGuard(handle, config.stash.get(_LAST, None))
    item.stash[_GUARD], config.stash[_LAST] = guard, item.nodeid
    if not config.pluginmanager.has_plugin("torchgate-drift"):
        config.pluginmanager.register(_Hooks(handle), "torchgate-drift")
    return guard
