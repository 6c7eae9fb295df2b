"""Source: bytes and text, encodings, places."""

from __future__ import annotations

import pytest

from torchgate.source import Source, UnreadableError


@pytest.mark.parametrize("cookie", ["latin-1", "utf-16", "klingon", "utf-8", "cp1252", "ascii"])
def test_text_is_decoded_already_whatever_its_cookie_says(cookie: str) -> None:
    text = f"# coding: {cookie}\nname = 'é字'\n"
    assert Source.from_text("a.py", text).text == text


def test_text_may_begin_with_a_bom_and_hold_lone_surrogates() -> None:
    source = Source.from_text("a.py", "\ufeff'\udcff'\n")
    assert (source.text, source.has_bom) == ("'\udcff'\n", True)


def test_null_characters_in_text_are_refused_at_their_place() -> None:
    with pytest.raises(UnreadableError) as caught:
        Source.from_text("a.py", "x\né\0\n")
    assert (caught.value.line, caught.value.column) == (2, 2)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
        ("# coding: latin-1\n'é'\n".encode("latin-1"), "# coding: latin-1\n'é'\n"),
        ("# coding: utf-8-sig\n'é'\n".encode(), "# coding: utf-8-sig\n'é'\n"),
        ("#!/bin/sh\r# vim: set fileencoding=cp1252 :\r'€'".encode("cp1252"), None),
        ("\f# coding: latin-1\n'é'".encode("latin-1"), "\f# coding: latin-1\n'é'"),
    ],
)
def test_bytes_are_decoded_as_python_does(data: bytes, text: str | None) -> None:
    source = Source("a.py", data)
    assert source.text == (text if text is not None else data.decode("cp1252"))
    compile(data, "a.py", "exec")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf# coding: latin-1\n",  # the BOM says otherwise
        "x = 1\n".encode("utf-16"),
        b"\xff\xfe\x00\x00",
        b"# coding: utf-16\nx = 1\n",
        b"# coding: hex\n6162\n",  # a codec, but none for text
        b"# coding: rot13\nvzcbeg gbepu\n",
        b"# coding: punycode\nx = 1\n",
        b"# coding: undefined\nx\n",
        b"x = 1\n\xed\xa0\x80\n",  # a surrogate in UTF-8
    ],
)
def test_what_cannot_be_decoded_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        Source("a.py", data)


@pytest.mark.parametrize("cookie", ["latin-1", "cp1252"])
def test_a_coding_line_that_the_byte_order_mark_denies(cookie: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        Source("a.py", f"\ufeff# coding: {cookie}\n".encode())
    assert caught.value.reason == (
        "it begins with a UTF-8 byte order mark, and its coding line names another encoding"
    )
