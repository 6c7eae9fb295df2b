"""One file's text with the only conversions between byte, code-point and line coordinates.

``ast`` columns are UTF-8 bytes, everything torchgate reports is code points; both meet here and
nowhere else. Lines end at LF, CR LF and CR, as the Python tokenizer has it (``str.splitlines`` also
splits at form feeds and U+2028).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import AST

BOM = b"\xef\xbb\xbf"


class UnreadableError(Exception):
    """A file that cannot be understood: its reason, and the place where there is one (1-based).

    ``is_limit``: the process ran out of stack or memory, so another one may do better.
    """

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column

    @property
    def is_limit(self) -> bool:
        """Whether it was raised for want of stack or memory, at whatever remove."""
        cause = self.__context__
        while cause is not None and not isinstance(cause, RecursionError | MemoryError):
            cause = cause.__context__
        return cause is not None


class Span:
    """A half-open range of text: 1-based lines, 1-based columns in code points."""

    __slots__ = ("column", "end_column", "end_line", "line")

    def __init__(self, line: int, column: int, end_line: int, end_column: int) -> None:
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and self.as_tuple() == other.as_tuple()

    def __hash__(self) -> int:
        return hash(self.as_tuple())

    def __repr__(self) -> str:
        return f"Span({self.line}:{self.column}-{self.end_line}:{self.end_column})"

    def as_tuple(self) -> tuple[int, int, int, int]:
        """``(line, column, end_line, end_column)``."""
        return (self.line, self.column, self.end_line, self.end_column)


class Source:
    """A decoded file. ``text`` has no BOM and keeps its line endings; ``lines`` have none."""

    __slots__ = ("_lines", "data", "encoding", "has_bom", "path", "text")

    def __init__(self, path: str, data: bytes) -> None:
        """Decode ``data``; ``path`` is the file's name as findings show it.

        Raises:
            UnreadableError: undecodable bytes, an unknown encoding cookie, or null bytes.
        """
        self.path = path
        self.data = data
        self.has_bom = data.startswith(BOM)
        body = data[3:] if self.has_bom else data
        _refuse_null(body)
        self.encoding = _encoding(body, self.has_bom)
        try:
            self.text = body.decode(self.encoding)
        except UnicodeDecodeError as error:
            reason = f"byte 0x{body[error.start]:02x} is not valid {self.encoding}"
            raise UnreadableError(reason, *_place(body, error.start)) from None
        except LookupError:
            raise UnreadableError(f"unknown encoding {self.encoding!r} in the coding cookie") from None
        except Exception as error:  # punycode, undefined and their like raise as they please
            raise UnreadableError(f"it cannot be decoded as {self.encoding}: {error}") from None
        self._lines: list[str] | None = None

    @classmethod
    def from_text(cls, path: str, text: str) -> Source:
        """A source made from text that is decoded already: a coding cookie in it decides nothing.

        Raises:
            UnreadableError: null characters.
        """
        source = cls(path, b"")
        source.has_bom = text.startswith("\ufeff")
        source.text = text.removeprefix("\ufeff")
        source.data = text.encode("utf-8", "surrogatepass")
        _refuse_null(source.text.encode("utf-8", "surrogatepass"))
        return source

    @property
    def lines(self) -> list[str]:
        """The lines without their terminators; ``lines[0]`` is line 1."""
        if self._lines is None:
            self._lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._lines

    def column(self, line: int, byte_offset: int) -> int:
        """The 1-based code-point column of a 0-based UTF-8 byte offset within a line."""
        lines = self.lines
        if line > len(lines):
            return byte_offset + 1
        text = lines[line - 1]
        if text.isascii():
            return byte_offset + 1
        return len(text.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "ignore")) + 1

    def span(self, node: AST) -> Span:
        """Where an ``ast`` node with a position stands."""
        line: int = node.lineno  # type: ignore[attr-defined]
        column = self.column(line, node.col_offset)  # type: ignore[attr-defined]
        end_line: int = node.end_lineno  # type: ignore[attr-defined]
        end_column = self.column(end_line, node.end_col_offset)  # type: ignore[attr-defined]
        return Span(line, column, end_line, end_column)


def _refuse_null(body: bytes) -> None:
    null = body.find(b"\0")
    if null >= 0:
        if body.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UnreadableError("it is UTF-16, which Python does not read; save it as UTF-8")
        raise UnreadableError("it contains a null byte", *_place(body, null))


def _place(body: bytes, offset: int) -> tuple[int, int]:
    head = body[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    start = head.rfind(b"\n") + 1
    return head.count(b"\n") + 1, len(head[start:].decode("utf-8", "replace")) + 1


def _encoding(body: bytes, has_bom: bool) -> str:
    """The encoding by PEP 263. Only a file with ``coding`` in its first two lines pays for ``tokenize``."""
    head = b"\n".join(body[:400].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", 2)[:2])
    if b"coding" not in head:
        return "utf-8"
    import tokenize

    rows = iter([(BOM if has_bom else b"") + head.split(b"\n")[0] + b"\n", *head.split(b"\n")[1:]])
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(rows, b""))
    except SyntaxError as error:
        if str(error).startswith("encoding problem"):
            reason = "it begins with a UTF-8 byte order mark, and its coding line names another encoding"
            raise UnreadableError(reason) from None
        raise UnreadableError(str(error)) from None
    except Exception as error:  # from Python 3.14 on it decodes the lines, and codecs raise as they please
        raise UnreadableError(f"it cannot be decoded as its coding cookie says: {error}") from None
    return "utf-8" if encoding == "utf-8-sig" else encoding
