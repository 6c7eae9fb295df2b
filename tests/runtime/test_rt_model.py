from __future__ import annotations

import copy
import dataclasses
import enum
import json
import math
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from rt_support import run_code

from torchgate.runtime import (
    AlreadyAppliedError,
    ApplyError,
    Drift,
    DriftError,
    Facts,
    Policy,
    Ready,
    Reason,
    Rejected,
    RejectedError,
    RequiresMainThread,
    WorkerInit,
    WorkerSafe,
)

CPU = Policy(device="cpu")
REJECTED = Rejected(
    policy=CPU,
    reasons=(Reason.TORCH_ABSENT, Reason.FLAGS_FROZEN),
    detail={"torch_absent": "not there", "flags_frozen": "frozen"},
)


def test_the_reason_values_are_a_promise() -> None:
    promised = {
        "torch_absent",
        "torch_broken",
        "torch_shadowed",
        "torch_unsupported_version",
        "cuda_not_built",
        "cuda_unavailable",
        "cuda_no_devices",
        "device_unsupported",
        "cuda_forked_after_init",
        "cudnn_unavailable",
        "cublas_config_invalid",
        "cublas_config_too_late",
        "tf32_forced_by_env",
        "flags_frozen",
        "not_main_thread",
        "inductor_already_configured",
    }
    added = {"cuda_too_few_devices", "cuda_device_index_invalid"}
    assert {reason.value for reason in Reason} == promised | added


def test_a_policy_names_its_device_and_takes_keywords_only() -> None:
    with pytest.raises(TypeError, match="device"):
        Policy()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Policy("cpu")  # type: ignore[call-arg, misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        CPU.device = "cuda"  # type: ignore[misc]


def test_the_defaults_of_a_policy() -> None:
    policy = Policy(device="cuda")
    assert policy.affinity == RequiresMainThread()
    assert policy.cublas_workspace == ":16:8"
    assert (policy.device_index, policy.min_devices, policy.num_threads) == (None, 1, None)
    assert policy.fill_uninitialized_memory is True


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"device": "gpu"}, ValueError, "'cuda' or 'cpu', not 'gpu'"),
        ({"device": "CUDA"}, ValueError, "not 'CUDA'"),
        ({"device": "cuda:0"}, ValueError, "not 'cuda:0'; a GPU is named by device_index"),
        ({"device": "auto"}, ValueError, "not 'auto'; .*nothing is chosen by what the machine has"),
        ({"device": "mps"}, ValueError, "ROCm, MPS and XPU are not supported"),
        ({"device": ""}, ValueError, "device"),
        ({"device": None}, TypeError, "device must be a string, not None"),
        ({"device": 0}, TypeError, "device"),
        ({"device": ["cuda"]}, TypeError, "device"),
        ({"affinity": RequiresMainThread}, TypeError, r"RequiresMainThread\(\) or WorkerSafe\(\)"),
        ({"affinity": None}, TypeError, "affinity"),
        ({"cublas_workspace": ":0:0"}, ValueError, "':16:8' or ':4096:8', not ':0:0'"),
        ({"cublas_workspace": None}, TypeError, "cublas_workspace"),
        ({"device": "cuda", "device_index": -1}, ValueError, "device_index must be at least 0, not -1"),
        ({"device": "cuda", "device_index": True}, TypeError, "device_index must be an int, not True"),
        ({"device": "cuda", "device_index": "0"}, TypeError, "device_index"),
        ({"device": "cuda", "device_index": 1.0}, TypeError, "device_index"),
        ({"device_index": 0}, ValueError, "device_index=0 names a GPU, but device is 'cpu'"),
        ({"device": "cuda", "min_devices": 0}, ValueError, "min_devices must be at least 1"),
        ({"device": "cuda", "min_devices": None}, TypeError, "min_devices"),
        ({"min_devices": 2}, ValueError, "min_devices=2 counts GPUs"),
        ({"num_threads": 0}, ValueError, "num_threads must be at least 1"),
        ({"num_threads": False}, TypeError, "num_threads"),
        ({"num_threads": 4097}, ValueError, "num_threads must be at most 4096, not 4097"),
        ({"num_threads": 10**30}, ValueError, "num_threads must be at most 4096"),
        ({"num_threads": math.nan}, TypeError, "num_threads must be an int, not nan"),
        # More digits than Python prints.
        ({"num_threads": -(10**5000)}, ValueError, "at least 1, not a number of 16610 bits"),
        ({"device": "cuda", "device_index": 10**5000}, ValueError, "device_index must be at most 2147483647"),
        ({"device": "cuda", "min_devices": 2**64}, ValueError, "min_devices must be at most 2147483647"),
        ({"fill_uninitialized_memory": 1}, TypeError, "fill_uninitialized_memory must be bool"),
        ({"num_thread": 1}, TypeError, "num_thread"),
    ],
)
def test_a_nonsense_policy_is_refused(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Policy(**{"device": "cpu", **arguments})


def test_a_subclass_of_policy_is_told_apart_without_a_field_that_differs() -> None:
    class Strict(Policy):
        pass

    text = str(AlreadyAppliedError(CPU, Strict(device="cpu")))
    assert "Strict(device='cpu'" in text
    assert "is requested, Policy(device='cpu'" in text


def test_a_policy_keeps_plain_strings() -> None:
    """An enum of the program's would print, pickle and compare in its own way."""

    class Place(str, enum.Enum):
        HERE = "cpu"

    class Agreeable(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            return True

    policy = Policy(device=Place.HERE)  # type: ignore[arg-type]
    assert type(policy.device) is str
    assert policy == CPU
    with pytest.raises(ValueError, match="not 'tpu'"):
        Policy(device=Agreeable("tpu"))  # type: ignore[arg-type]


def test_a_policy_keeps_plain_numbers() -> None:
    class Size(enum.IntEnum):
        SMALL = 4

    class Agreeable(int):
        def __lt__(self, other: object) -> bool:
            return False

        __gt__ = __lt__

    assert type(Policy(device="cpu", num_threads=Size.SMALL).num_threads) is int
    with pytest.raises(ValueError, match="at least 1, not -5"):
        Policy(device="cpu", num_threads=Agreeable(-5))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cuda_device_count", math.nan),
        ("cuda_device_count", True),
        ("cuda_device_count", "2"),
        ("torch_found", "no"),
        ("main_thread", None),
        ("cudnn_available", 1),
        ("torch_version", 2.6),
        ("torch_version", b"2.6"),
    ],
)
def test_facts_of_the_wrong_kind_are_refused(field: str, value: Any) -> None:
    """A count that is NaN is neither zero nor too small, and a text is true whatever it says."""
    with pytest.raises(TypeError, match=field):
        Facts(**{field: value})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_worker_init_is_a_value_too(protocol: int) -> None:
    init = WorkerInit(CPU)
    assert pickle.loads(pickle.dumps(init, protocol)) == init == copy.deepcopy(init)
    assert hash(init) == hash(WorkerInit(CPU))
    assert init != WorkerInit(Policy(device="cuda"))


SEED = "from torchgate.runtime.handle import _seed_the_others\n_seed_the_others(2**64 - 1)\nimport random\n"


@pytest.mark.parametrize(
    "numpy",
    [
        "import types\nsys.modules['numpy'] = types.ModuleType('numpy')\n",
        "sys.modules['numpy'] = None\n",
        "sys.path.insert(0, 'broken')\n",
        "sys.path[:] = ['plain', *(each for each in sys.path if 'site-packages' not in each)]\n",
    ],
)
def test_a_worker_without_a_working_numpy_is_seeded_all_the_same(tmp_path: Path, numpy: str) -> None:
    (tmp_path / "broken" / "numpy").mkdir(parents=True)
    (tmp_path / "broken" / "numpy" / "__init__.py").write_text("raise ImportError('another ABI')\n")
    (tmp_path / "plain" / "numpy").mkdir(parents=True)
    drawn = run_code(f"import sys\n{numpy}{SEED}print(random.random())", cwd=tmp_path)
    assert drawn == random.Random(2**64 - 1).random()


@pytest.mark.parametrize(
    "value",
    [
        CPU,
        Policy(device="cuda", affinity=WorkerSafe(), device_index=1, num_threads=3),
        Ready(policy=CPU, facts=Facts(torch_found=True)),
        REJECTED,
    ],
)
def test_values_pickle_copy_compare_and_hash(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value
    assert hash(copy.copy(value)) == hash(value)
    json.dumps(value.to_json())


def test_facts_are_plain_data() -> None:
    facts = Facts(torch_found=True, torch_version="2.13.0")
    assert json.loads(json.dumps(facts.to_json())) == dataclasses.asdict(facts)
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts.torch_found = False  # type: ignore[misc]


def test_a_rejection_has_reasons_and_a_detail_that_nobody_changes() -> None:
    with pytest.raises(ValueError, match="at least one reason"):
        Rejected(policy=CPU, reasons=())
    with pytest.raises(TypeError, match="tuple of Reason"):
        Rejected(policy=CPU, reasons=["torch_absent"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="given twice"):
        Rejected(policy=CPU, reasons=(Reason.TORCH_ABSENT, Reason.TORCH_ABSENT))
    given = {"torch_absent": "not there"}
    rejected = Rejected(policy=CPU, reasons=(Reason.TORCH_ABSENT,), detail=given)
    given["torch_absent"] = "changed"
    assert rejected.detail == {"torch_absent": "not there"}
    assert isinstance(dataclasses.asdict(rejected)["detail"], dict)


@pytest.mark.parametrize(
    "change",
    [
        lambda detail: detail.__setitem__("a", "b"),
        lambda detail: detail.update(a="b"),
        lambda detail: detail.pop("torch_absent"),
        lambda detail: detail.clear(),
        lambda detail: detail.setdefault("a", "b"),
        lambda detail: detail.popitem(),
        lambda detail: detail.__delitem__("torch_absent"),
        lambda detail: detail.__ior__({"a": "b"}),
    ],
)
def test_detail_is_read_only(change: Any) -> None:
    with pytest.raises(TypeError, match="read-only"):
        change(REJECTED.detail)
    assert set(REJECTED.detail) == {"torch_absent", "flags_frozen"}


def test_ready_takes_the_right_things() -> None:
    with pytest.raises(TypeError, match="facts must be a Facts"):
        Ready(policy=CPU, facts={})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="policy must be a Policy"):
        Rejected(policy="cpu", reasons=(Reason.TORCH_ABSENT,))  # type: ignore[arg-type]


ERRORS = [
    RejectedError(REJECTED),
    ApplyError("cudnn.benchmark", False, True, False, {"imported_modules": "3 modules of torch"}),
    AlreadyAppliedError(CPU, Policy(device="cuda")),
    AlreadyAppliedError(CPU, Policy(device="cuda"), "train.py:3 in main"),
    DriftError((Drift("cudnn.benchmark", False, True),)),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_cross_a_process_border(error: Exception) -> None:
    """multiprocessing and concurrent.futures pickle what a worker raises."""
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert str(there) == str(error)
    assert vars(there) == vars(error)
    assert isinstance(there, RuntimeError)


def test_what_the_errors_say() -> None:
    texts = [str(error) for error in ERRORS]
    assert texts[0] == "torch_absent: not there\nflags_frozen: frozen"
    assert texts[1] == (
        "cudnn.benchmark: wanted False, got True; and NOT everything could be put back: "
        "do not compute in this process\n  imported_modules: 3 modules of torch"
    )
    assert texts[2] == (
        "the effect happens once per process, and another policy was applied: "
        "device='cuda' is requested, 'cpu' was applied"
    )
    assert texts[3] == f"{texts[2]}; it was applied at train.py:3 in main"
    assert "cudnn.benchmark: wanted False, got True" in texts[4]
