"""Tests run without a cache, far from the user's own (those of ``tests/cache`` ask for one), and repeat.

Generated examples are the same in every run, so that a change is judged by what it changed. Fresh ones, for
the hunt: ``--hypothesis-profile=fresh``.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.register_profile("fresh", print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHGATE_NO_CACHE", "1")
