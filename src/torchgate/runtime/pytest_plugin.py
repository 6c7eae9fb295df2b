"""The pytest plugin: the runtime's decision, the handle, a drift guard, a poison and fakes, as fixtures.

pytest loads this module in every project that has torchgate installed, before coverage starts and before
any conftest. It therefore registers two ini options and seven fixtures, no hook that runs per test, and
imports nothing but pytest until a fixture is asked for; torch is imported by the fixtures that need it.

| fixture | scope | gives |
|---|---|---|
| ``torch_policy`` | session | the `Policy`, for the ini option ``torchgate_device``; override it freely |
| ``torch_runtime`` | session | the decision, `Ready` or `Rejected`, as data; nothing is applied |
| ``torch_handle`` | session | the validated handle, the effect applied once in this process |
| ``torch_drift_guard`` | test | a guard; the test fails, and the flags are restored, if it moved one |
| ``poisoned_torch`` | test | importing torch raises AssertionError; the attempts are listed |
| ``fake_torch`` | test | a stand-in handle that records calls; torch need not be installed |
| ``rejected_runtime`` | test | a `Rejected`, to test the rejection path |
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.runtime import Policy, Rejected, TorchHandle, TorchRuntime
    from torchgate.runtime.pytest_drift import DriftGuard
    from torchgate.runtime.testing import FakeTorch, PoisonedTorch

DEVICES = ("cpu", "cuda")
ON_REJECTED = ("fail", "skip")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the two ini options."""
    parser.addini("torchgate_device", "the device of the torch_policy fixture: cpu or cuda", default="cpu")
    parser.addini(
        "torchgate_rejected",
        "what the torch_handle fixture does when the runtime is rejected: fail or skip",
        default="fail",
    )


def _choice(config: pytest.Config, name: str, choices: tuple[str, ...]) -> str:
    value = str(config.getini(name)).strip()
    if value not in choices:
        raise pytest.UsageError(f"pytest configuration: {name} = {value!r}; valid: {', '.join(choices)}")
    return value


@pytest.fixture(scope="session")
def torch_policy(pytestconfig: pytest.Config) -> Policy:
    """The policy that the session's runtime is decided for; override it in a conftest for another one."""
    device = _choice(pytestconfig, "torchgate_device", DEVICES)
    from torchgate.runtime import Policy

    return Policy(device="cuda" if device == "cuda" else "cpu")


@pytest.fixture(scope="session")
def torch_runtime(torch_policy: Policy) -> TorchRuntime:
    """The decision for `torch_policy`, as data: `Ready` or `Rejected`. Nothing is applied."""
    from torchgate.runtime import decide_torch_runtime

    return decide_torch_runtime(torch_policy)


@pytest.fixture(scope="session")
def torch_handle(pytestconfig: pytest.Config, torch_runtime: TorchRuntime) -> TorchHandle:
    """The validated handle. A rejected runtime fails the test, or skips it where the ini option says so."""
    on_rejected = _choice(pytestconfig, "torchgate_rejected", ON_REJECTED)
    from torchgate.runtime import AlreadyAppliedError, RejectedError, apply_torch_runtime

    try:
        return apply_torch_runtime(torch_runtime)
    except AlreadyAppliedError as error:
        text = f"{error}\n  Have the torch_policy fixture return that policy (docs/pytest-plugin.md)."
        pytest.fail(text, pytrace=False)
    except RejectedError as error:
        from torchgate.runtime.testing import rejection_text

        text = rejection_text(error.rejected)
    if on_rejected == "skip":
        pytest.skip(text)
    pytest.fail(text, pytrace=False)


@pytest.fixture
def torch_drift_guard(request: pytest.FixtureRequest, torch_handle: TorchHandle) -> Iterator[DriftGuard]:
    """Fail the test if it moved a flag of the runtime, and put the flags back for the next one."""
    from torchgate.runtime.pytest_drift import guard_for

    guard = guard_for(request.node, torch_handle)
    yield guard
    guard.settle()


@pytest.fixture
def poisoned_torch() -> Iterator[PoisonedTorch]:
    """Make every import of torch raise AssertionError during the test; ``.attempts`` lists who tried."""
    from torchgate.runtime.testing import PoisonedTorch

    with PoisonedTorch() as poison:
        yield poison


@pytest.fixture
def fake_torch(torch_policy: Policy) -> FakeTorch:
    """A stand-in for the handle that records what was called on it; torch need not be installed."""
    from torchgate.runtime.testing import FakeTorch

    return FakeTorch(torch_policy)


@pytest.fixture
def rejected_runtime(torch_policy: Policy) -> Rejected:
    """A rejected runtime for `torch_policy`, to test that the code under test stops."""
    from torchgate.runtime.testing import rejected

    return rejected(torch_policy)
