"""Random changes of real and of generated programs: both ways to the new tree agree, and the rest stays."""

from __future__ import annotations

import ast
import sys
import sysconfig
import warnings
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.migrate.places import PATH
from tests.migrate.random_changes import pick, untouched
from torchgate.migrate.apply import CannotApplyError, apply
from torchgate.migrate.merge import merged
from torchgate.migrate.verify.trees import DOCSTRING, problem_of
from torchgate.source import Source, UnreadableError

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
# Real limits of a change, not of how it is made: a statement that comes to stand first is a docstring, and
# what a compiler says (a `global` after the use, `return` outside) is for the codemod to avoid.
ALLOWED = (DOCSTRING, "the result does not compile")


def pieces(name: str) -> list[str]:
    """Programs of a few lines, such as nobody would write."""
    return Path(__file__).with_name(name).read_bytes().decode().removesuffix("\n").split("\n-----\n")


PIECES = pieces("odd_programs.txt")
if sys.version_info >= (3, 12):
    PIECES += pieces("odd_programs_312.txt")


def check(data: bytes, random: Random, changes: int) -> str:
    """What came of it; raises where a change went wrong."""
    try:
        source = Source(PATH, data)
        wanted = pick(source, random, changes)
    except (UnreadableError, SyntaxError, RecursionError):
        return "unreadable"
    try:
        result = apply(source, merged(wanted))
    except CannotApplyError as error:
        if error.ours:
            raise AssertionError(error.reason, wanted) from error
        return error.reason
    problem = problem_of(source, result, merged(wanted))
    assert problem is None or problem.startswith(ALLOWED), (problem, wanted, result)
    lines = iter(Source(PATH, result).lines)
    missing = [line for line in untouched(source, wanted) if line not in lines]
    assert not missing, (missing, wanted, result)
    return problem or "made"


def library() -> list[Path]:
    """The standard library's files of ordinary size."""
    return sorted(path for path in STANDARD_LIBRARY.glob("*.py") if path.stat().st_size < 40_000)


def check_files(files: list[Path], salt: int) -> dict[str, int]:
    """What came of them, counted. A failure repeats without the other files."""
    counts: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in files:
            try:
                random = Random(f"{salt} {path.relative_to(STANDARD_LIBRARY).as_posix()}")
                found = check(path.read_bytes(), random, 12)
            except AssertionError as error:
                raise AssertionError(f"{path}: {error}") from error
            counts[found] = counts.get(found, 0) + 1
    return counts


def test_real_files() -> None:
    counts = check_files(Random(20).sample(library(), 12), 20)
    assert counts["made"] >= 8


@pytest.mark.slow
@pytest.mark.parametrize("salt", [21, 22])
def test_every_real_file(salt: int) -> None:
    files = [
        path
        for path in STANDARD_LIBRARY.rglob("*.py")
        if not {"lib2to3", "site-packages"} & {*path.parts} and path.stat().st_size < 100_000
    ]
    counts = check_files(sorted(files), salt)
    assert counts["made"] > len(files) * 0.9


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from(["\n", "", "  # end", "\n\f\n", "\n# end"]),
    st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_odd_programs(chosen: list[str], newline: str, bom: bool, end: str, seed: int) -> None:
    text = "\n".join(chosen) + end
    data = (b"\xef\xbb\xbf" if bom else b"") + text.replace("\n", newline).encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(data, Random(seed), 8)


@pytest.mark.slow
def test_programs_that_nobody_would_write() -> None:
    hypothesmith = pytest.importorskip("hypothesmith")

    @given(hypothesmith.from_node(), st.integers(0, 2**32))
    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    def run(text: str, seed: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ast.parse(text)
                data = text.encode()
            except (SyntaxError, ValueError, RecursionError, UnicodeEncodeError):
                return
            check(data, Random(seed), 6)

    run()
