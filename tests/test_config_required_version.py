"""`required-version` agrees with the `packaging` library on every operator, release and phase."""

from __future__ import annotations

import itertools

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from torchgate.errors import UsageError
from torchgate.required_version import check

VERSIONS = (
    *("0.1", "0.1.0", "0.1.0a1", "0.1.0rc2", "0.1.0.dev3", "0.1.0.post1", "0.1.1"),
    *("0.2", "1.0", "1.0.0b2.dev1", "0.10.0", "2", "1.4.5"),
)
OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "~=")


@pytest.mark.parametrize("running", VERSIONS)
def test_agrees_with_packaging(running: str) -> None:
    wanted = [*VERSIONS, "0.1.*", "1.*", "0.1.0.*"]
    compared = 0
    for operator, version in itertools.product(OPERATORS, wanted):
        try:
            expected = SpecifierSet(operator + version).contains(running, prereleases=True)
        except InvalidSpecifier:
            continue
        try:
            check(operator + version, "here", running)
            found = True
        except UsageError:
            found = False
        assert found == expected, f"{running} {operator}{version}"
        compared += 1
    assert compared > 80


def test_a_bare_version_must_be_met_exactly() -> None:
    check("0.3.0", "here", "0.3.0")
    with pytest.raises(UsageError, match=r"requires torchgate 0\.3\.0, but torchgate 0\.4\.0 is running"):
        check("0.3.0", "here", "0.4.0")


def test_several_clauses_must_all_hold() -> None:
    check(">=0.3, <0.5", "here", "0.4.0")
    with pytest.raises(UsageError, match=r">=0\.3, <0\.5"):
        check(">=0.3, <0.5", "here", "0.5.0")


@pytest.mark.parametrize("text", ["new", "", ">=", ">=1.x", "~=1", "==1.0,"])
def test_nonsense_is_said_to_be_nonsense(text: str) -> None:
    with pytest.raises(UsageError, match="here: `required-version`"):
        check(text, "here", "1.0")
