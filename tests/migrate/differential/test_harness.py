"""The harness itself: it sees every kind of difference, and nothing of one project reaches the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.differential.casefile import expectations, read_cases, stored
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.outcome import Outcome, differences, render

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as started:
        yield started


def run(worker: Worker, folder: Path, body: str, *, forbidden: bool = False) -> Outcome:
    """A project of one file whose main() has this body."""
    (folder / "app").mkdir(parents=True, exist_ok=True)
    (folder / "app" / "__init__.py").write_text("")
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    (folder / "app" / "main.py").write_text(f"import torch\n\n\ndef main():\n{lines}")
    return worker.run(folder, forbidden=forbidden)


DIFFERENT = {
    "value": ("return torch.ones(2)", "return torch.zeros(2)"),
    "last bit": (
        "return torch.ones(1)",
        "return torch.nextafter(torch.ones(1), torch.zeros(1))",
    ),
    "sign of zero": ("return torch.zeros(1)", "return -torch.zeros(1)"),
    "dtype": ("return torch.ones(2)", "return torch.ones(2, dtype=torch.float64)"),
    "device": ("return torch.ones(2)", "return torch.ones(2, device='meta')"),
    "shape": ("return torch.ones(2)", "return torch.ones(1, 2)"),
    "stride": ("return torch.ones(2, 2)", "return torch.ones(2, 2).t()"),
    "layout": ("return torch.ones(2, 2)", "return torch.ones(2, 2).to_sparse()"),
    "gradient": ("return torch.ones(2)", "return torch.ones(2, requires_grad=True)"),
    "leaf": (
        "return torch.ones(2, requires_grad=True)",
        "return torch.ones(2, requires_grad=True) * 1",
    ),
    "grad": (
        "return torch.ones(1, requires_grad=True)",
        "x = torch.ones(1, requires_grad=True)\nx.sum().backward()\nreturn x",
    ),
    "kind": ("return torch.ones(2)", "return torch.nn.Parameter(torch.ones(2), requires_grad=False)"),
    "large": ("return torch.ones(99)", "x = torch.ones(99)\nx[70] = 2\nreturn x"),
    "nested": ("return {'a': [(torch.ones(1),)]}", "return {'a': [[torch.ones(1)]]}"),
    "key": ("return {'a': 1}", "return {'b': 1}"),
    "number": ("return 1", "return 1.0"),
    "bool": ("return 1", "return True"),
    "buffer": (
        "m = torch.nn.Identity()\nm.register_buffer('b', torch.ones(1))\nreturn m",
        "m = torch.nn.Identity()\nm.register_buffer('b', torch.ones(1, dtype=torch.float64))\nreturn m",
    ),
    "parameter": (
        "torch.manual_seed(0)\nreturn torch.nn.Linear(1, 1)",
        "torch.manual_seed(1)\nreturn torch.nn.Linear(1, 1)",
    ),
    "printed": ("print(torch.ones(1))", "print(torch.ones(1, dtype=torch.float64))"),
    "exception": ("raise ValueError('x')", "raise TypeError('x')"),
    "message": ("raise ValueError('x')", "raise ValueError('y')"),
    "no exception": ("raise ValueError('x')", "return None"),
    "dtype left": ("pass", "torch.set_default_dtype(torch.float64)"),
    "device left": ("pass", "torch.set_default_device('meta')"),
    "draws": ("pass", "torch.rand(1)"),
    "optimizer": (
        "return torch.optim.SGD([torch.ones(1)], lr=0.1)",
        "return torch.optim.SGD([torch.ones(1)], lr=0.2)",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_is_seen(name: str, worker: Worker, tmp_path: Path) -> None:
    one, other = (run(worker, tmp_path / str(n), body) for n, body in enumerate(DIFFERENT[name]))
    assert differences(one, other)


def test_the_same_project_gives_the_same_again(worker: Worker, tmp_path: Path) -> None:
    body = "return [torch.rand(3), torch.empty(4), {torch.float32, 'a'}, torch.nn.Linear(2, 2), object()]"
    assert differences(run(worker, tmp_path / "a", body), run(worker, tmp_path / "b", body)) == []


LEAKS = [
    "torch.set_default_device('meta')",
    "torch.set_default_dtype(torch.float64)",
    "torch.device('meta').__enter__()",
    "torch.set_grad_enabled(False)",
    "torch.manual_seed(9)",
    "torch.use_deterministic_algorithms(False)",
    "torch.set_num_threads(2)",
    "torch.set_printoptions(precision=1)",
    "import os\nos.environ['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "import sys\nsys.path.insert(0, __file__)",
    "torch.zeros = torch.ones",
    "torch.answer = 42",
    "torch.backends.cudnn.benchmark = True",
]


@pytest.mark.parametrize("leak", LEAKS)
def test_nothing_reaches_the_next_project(leak: str, worker: Worker, tmp_path: Path) -> None:
    body = "return [torch.zeros(1), torch.ones(1, dtype=torch.int64) / 3, torch.rand(1)]"
    first = run(worker, tmp_path / "first", body)
    run(worker, tmp_path / "leak", leak)
    assert differences(first, run(worker, tmp_path / "again", body)) == []


def test_what_a_reset_misses_is_told(tmp_path: Path) -> None:
    body = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    with Worker() as worker, pytest.raises(AssertionError, match="threads: 1 became 2"):
        run(worker, tmp_path, body)


SETS = [
    "torch.set_default_device('meta')",
    "torch.set_default_dtype(torch.float64)",
    "torch.set_default_tensor_type(torch.DoubleTensor)",
    "with torch.device('meta'): pass",
    "torch.device('meta').__enter__()",
    "from torch import set_default_dtype as quietly\nquietly(torch.float64)",
]


@pytest.mark.parametrize("body", SETS)
def test_whoever_sets_a_default_where_it_is_forbidden_gets_an_error(
    body: str, worker: Worker, tmp_path: Path
) -> None:
    assert "AssertionError" in run(worker, tmp_path, body, forbidden=True)["raised"]


def test_a_swallowed_error_is_still_told(worker: Worker, tmp_path: Path) -> None:
    body = "try:\n    torch.set_default_device('meta')\nexcept AssertionError:\n    return torch.ones(1)"
    told = run(worker, tmp_path, body, forbidden=True)
    assert told["raised"] == []
    assert told["ambient"] == [["torch.set_default_device", [["app/main.py", 6]]]]


def test_render(worker: Worker, tmp_path: Path) -> None:
    body = "print('a')\nreturn {'x': torch.ones(2, requires_grad=True), 'n': [1, torch.nn.Identity()]}"
    assert render(run(worker, tmp_path, body)) == "x: float32 cpu [2] grad\nn[0]: 1\nprinted: a\n"


def test_case_files(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(
        "# Page\n\n```python app/a.py\nshared\n```\n\n## One\n\n```toml\nx = 1\n```\n\n"
        "```python app/main.py crlf bom\n"
        "with a():  # -> TG302 migrated, TG303 refused x-y or z\n    pass\n```\n\n"
        "```result\nx: 1\n```\n\n## Two\n\n```python\npass  # why  # -> any\n```\n"
    )
    one, two = read_cases(file)
    assert one.files["app/main.py"] == b"\xef\xbb\xbfwith a():\r\n    pass\r\n"
    assert one.files["app/a.py"] == b"shared\n"
    assert one.result == "x: 1\n"
    assert [str(item) for item in one.expected] == ["migrated", "refused x-y or z"]
    assert [item.code for item in one.expected] == ["TG302", "TG303"]
    assert one.expected[1].admits("refused", "z")
    assert not one.expected[1].admits("refused", "other")
    assert not one.expected[0].admits("refused", "z")
    assert two.files["app/main.py"] == b"pass  # why\n"
    assert two.result is None


def test_a_misspelt_expectation_is_an_error() -> None:
    with pytest.raises(ValueError, match="no expectation"):
        expectations("a.py", "x  # -> migratd\n")


def test_forms() -> None:
    assert stored("if x:\n        y\n", {"tabs", "crlf", "no-newline"}) == b"if x:\r\n\t\ty"
    assert stored("é", {"latin-1"}) == b"\xe9"
