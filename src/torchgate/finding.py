"""Finding: what a rule reports and every front end and format speaks."""

from __future__ import annotations

from torchgate.source import Span

HOME_URL = "https://torchgate.readthedocs.io"
DOCS_URL = f"{HOME_URL}/rules"


class Finding:
    """One rule's report at one place. Plain data; made by the engine, never by a rule."""

    __slots__ = ("cell", "code", "fix", "message", "name", "path", "qualname", "span")

    def __init__(
        self,
        path: str,
        span: Span,
        code: str,
        name: str,
        message: str,
        *,
        fix: str | None = None,
        qualname: str = "",
        cell: int | None = None,
    ) -> None:
        """``fix`` is ``"safe"``, ``"unsafe"`` or None; ``qualname`` the enclosing scope, for fingerprints;
        ``cell`` a notebook cell's 1-based number (``span`` then counts within the cell)."""
        self.path = path
        self.span = span
        self.code = code
        self.name = name
        self.message = message
        self.fix = fix
        self.qualname = qualname
        self.cell = cell

    @property
    def url(self) -> str:
        """The rule's documentation page."""
        return f"{DOCS_URL}/{self.code.lower()}/"

    @property
    def line_key(self) -> int:
        """What the line at which it begins is kept under."""
        return line_key(self.span.line, self.cell)

    def sort_key(self) -> tuple[str, int, int, int, str, str]:
        """Path, cell, line, column, code: the order of every output."""
        return (self.path, self.cell or 0, self.span.line, self.span.column, self.code, self.message)

    def __repr__(self) -> str:
        return f"Finding({self.path}:{self.span.line}:{self.span.column} {self.code})"


def line_key(line: int, cell: int | None) -> int:
    """What a source line of a finding is kept under: its number, and a notebook's cell above 32 bits."""
    return (cell or 0) << 32 | line
