"""The project as codemods see it: files understood once, with their trees, and the findings to work on."""

from __future__ import annotations

import _ast as ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torchgate.config import Config, FileInfo
from torchgate.config_load import file_info
from torchgate.finding import Finding
from torchgate.lint.engine import project_of
from torchgate.migrate.changes import Place
from torchgate.migrate.leads import Leads
from torchgate.semantics.module import Module, analyze
from torchgate.semantics.project import Project
from torchgate.source import Source, UnreadableError


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One file of the project, understood. ``path`` is absolute."""

    path: str
    source: Source
    info: FileInfo
    module: Module

    def place(self, node: ast.AST) -> Place:
        """Where a node with a position stands."""
        return Place.of(self.path, self.source.span(node))

    def text(self, node: ast.AST) -> str:
        """The source text of a node."""
        span = self.source.span(node)
        lines = self.source.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)


class Migration:
    """One configuration's files and findings, for one run.

    ``findings``: by absolute path, those that are neither suppressed nor in the baseline, of the files that
    the run was asked to migrate. ``writable``: whether a change may touch a file; only files named or found
    by the run may be rewritten, others may be read.
    """

    def __init__(
        self,
        config: Config,
        findings: Mapping[str, Iterable[Finding]],
        files: Iterable[str],
        *,
        project: Project | None = None,
        units: Mapping[str, Unit] | None = None,
        unsafe: bool = False,
        leads: Mapping[str, Leads] | None = None,
    ) -> None:
        """``files`` are the absolute paths that the run may rewrite. ``project`` and ``units`` are what the
        linter has read already; the project's ``overlay`` stands for what is on the disk. ``unsafe``: whether
        the run makes rewrites that rest on a convention; nobody looks for them otherwise. ``leads``: those of
        the files that other processes have read."""
        self.config = config
        self.unsafe = unsafe
        self.findings: dict[str, Sequence[Finding]] = {path: tuple(found) for path, found in findings.items()}
        self.project: Project = project or project_of(config)
        self._files = frozenset(files)
        self.leads = leads or {}
        # The paths whose findings are decided about now; None for all.
        self.own: frozenset[str] | None = None
        self._units: dict[str, Unit | None] = dict(units or {})

    def asked(self) -> Iterator[tuple[str, Sequence[Finding]]]:
        """The findings to decide about, by path. What is decided about one hangs on all that there are, and
        never on which others are decided here, or before it."""
        for path in sorted(self.findings if self.own is None else self.own):
            yield path, self.findings[path]

    def writable(self, path: str) -> bool:
        """Whether this run may rewrite a file."""
        return path in self._files

    @property
    def files(self) -> frozenset[str]:
        """The absolute paths of the files that this run may rewrite."""
        return self._files

    def unit(self, path: str) -> Unit | None:
        """A file, understood; None where it cannot be read or parsed."""
        if path not in self._units:
            self._units[path] = self._read(path)
        return self._units[path]

    def is_read(self, path: str) -> bool:
        """Whether a file is understood here."""
        return self._units.get(path) is not None

    def is_readable(self, path: str) -> bool | None:
        """Whether a file could be understood, here or in another process; None where nobody has tried."""
        if path in self._units:
            return self._units[path] is not None
        return True if path in self.leads or path in self.findings else None

    def unit_of(self, module: str) -> Unit | None:
        """The file of a module of the project, by its dotted name."""
        path = self.project.find(module)
        return None if path is None else self.unit(path)

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        from torchgate.semantics.effect_sites import _texts

        found = {**dict(_texts(self.config.src, self.config.lint.exclude)), **self.project.overlay}
        for path in self._files - found.keys():
            try:
                found[path] = self.data(path)
            except OSError:
                continue
        yield from sorted(found.items())

    def data(self, path: str) -> bytes:
        """A file's content, as this run sees it.

        Raises:
            OSError: it cannot be read, or is none: a pipe would be waited for without end.
        """
        if path in self.project.overlay:
            return self.project.overlay[path]
        if not os.path.isfile(path):
            raise FileNotFoundError(path)
        with open(path, "rb") as file:
            return file.read()

    def text(self, path: str) -> bytes:
        """The same; nothing of a file that somebody took away meanwhile."""
        try:
            return self.data(path)
        except OSError:
            return b""

    def _read(self, path: str) -> Unit | None:
        info = file_info(self.config, path)
        try:
            source = Source(path, self.data(path))
            return Unit(path, source, info, analyze(source, self.config, info, self.project))
        except (OSError, UnreadableError):
            return None
