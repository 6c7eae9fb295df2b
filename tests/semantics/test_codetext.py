"""F-strings of Python 3.12 and later, in which quotes do not end where they end in older ones."""

from __future__ import annotations

import pytest

from torchgate.semantics.codetext import code_only, ends_there


@pytest.mark.parametrize(
    "text",
    [
        *('""', '"{x!r:>10}{y}"', '"{{}}"', "\"{x['a']}\"", '"{x:{w}.{p}}"', '"it\'s {x}"', '"{x=}"'),
        *("\"{x['']}{'' if x else 'a'}\"", "'{\"\".join(x)}'"),
        *('"""a\n"b" {x}\n"""', '"\\N{DASH}"', '"{d[1:2]}"', "'''{a}'''"),
    ],
)
def test_plain_ones_end_where_their_quotes_say(text: str) -> None:
    assert ends_there(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        *('"{x["', "\"{'}'}{\"", "\"{'''}'}\"", '"\\{x}"', "\"{f'{'}\"", '"{x:\'>10}"', '"{a!=b}"'),
        *("\"{''''}'''}\"", "\"{''f'{\""),
        *('"""{a # }\n"""', '"{"', '"}"', '"{{}"'),
    ],
)
def test_others_are_not_certain(text: str) -> None:
    assert not ends_there(text.encode())


def test_code_that_is_hidden_between_their_quotes() -> None:
    text = b"""x = f"{'}'}{"a" + os.environ.pop("X") + "b"}"\n"""
    assert code_only(text) is None


def test_comments_end_with_a_lone_carriage_return() -> None:
    assert code_only(b"# x\rimport torch\n") is None
