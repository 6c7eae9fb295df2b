"""What was parsed of a module stays while it is asked, and for the few modules that were asked last."""

from __future__ import annotations

import pytest

from torchgate.config import Config
from torchgate.semantics.lately import Lately
from torchgate.semantics.module import glance
from torchgate.semantics.skim import Unit
from torchgate.semantics.summary import Summary
from torchgate.source import Source

_CONFIG = Config(project_names=frozenset({"app"}))
_TEXT = (
    "# longer than what is parsed in full\n" * 60
    + """
import torch
class C:
    def f(self):
        self.a = torch
        self.b = torch
        return torch
"""
)
_QUESTIONS = (
    lambda summary: summary.member("C", "a"),
    lambda summary: summary.member("C", "b"),
    lambda summary: summary.result("C.f"),
)


def _module(lately: Lately) -> Summary:
    reader = glance(Source.from_text("a.py", _TEXT), _CONFIG, _CONFIG.info("app.a"))
    return Summary("app.a", reader, lately)


def test_a_body_is_parsed_once_for_several_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    parse = Unit._parse
    monkeypatch.setattr(Unit, "_parse", lambda unit: parsed.append(unit.line) or parse(unit))
    lately = Lately()
    summary, other = _module(lately), _module(lately)
    for question in _QUESTIONS:
        assert question(summary) == question(other) is not None
    assert len(parsed) == 2


def test_only_few_modules_keep_what_was_parsed() -> None:
    lately = Lately()
    summaries = [_module(lately) for _ in range(20)]
    for summary in summaries:
        for question in _QUESTIONS:
            question(summary)
    texts = [summary._reader.text for summary in summaries]
    assert [len(text.unread) for text in texts] == [1] * 12 + [0] * 8
    assert not any(text.tree.body for text in texts)
