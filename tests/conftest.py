"""Tests run without a cache, and far from the user's own: those of ``tests/cache`` ask for one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHGATE_NO_CACHE", "1")
