"""Runs the rules over one file: zones, selection, suppression. Both front ends call it.

It makes TG900 and TG901 itself, since no rule can: the one needs no module, the other all findings.
"""

from __future__ import annotations

from torchgate.finding import Finding, line_key
from torchgate.lint.docstrings import may_show
from torchgate.lint.rule import EVERYTHING
from torchgate.lint.selection import UNREADABLE, UNUSED_SUPPRESSION, Selection, matches
from torchgate.lint.zones import is_skipped
from torchgate.semantics.known import IMPLICIT
from torchgate.source import Source, Span, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torchgate.cache.evidence import Evidence
    from torchgate.config import Config, FileInfo
    from torchgate.lint.rule import Rule
    from torchgate.lint.suppression import Suppressions
    from torchgate.semantics.module import Module
    from torchgate.semantics.project import Project
    from torchgate.semantics.resolver import Resolver

# Bytes of a file that has more characters than a small one in any case.
_LARGE = 4 * 2048
NAMES = {UNREADABLE: "unreadable-file", UNUSED_SUPPRESSION: "unused-suppression"}


class RuleFault(Exception):
    """A rule (or the analysis) raised: a fault of torchgate's own, never of the checked file."""

    def __init__(self, path: str, code: str, reason: str, trace: str) -> None:
        super().__init__(path, code, reason, trace)
        self.path = path
        self.code = code
        self.reason = reason
        self.trace = trace

    def __str__(self) -> str:
        what = f"rule {self.code}" if self.code else "the analysis"
        return f"{self.path}: {what} failed with {self.reason}"


class Outcome:
    """What one file gave. ``lines`` are the source lines at which findings begin and end, by ``line_key``.

    ``hushed`` are the findings that a comment suppresses, ``suppressed`` is their number (all that is known
    of them where the outcome was kept). ``lasting``: the same content will give the same again. ``evidence``
    says what it rests on, where the caller keeps outcomes (``torchgate.cache``).
    """

    __slots__ = ("evidence", "faults", "findings", "hushed", "lasting", "lines", "path", "suppressed")

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.hushed: list[Finding] = []
        self.suppressed = 0
        self.faults: list[RuleFault] = []
        self.lines: dict[int, str] = {}
        self.lasting = True
        self.evidence: Evidence | None = None


class Options:
    """How a front end wants a file judged."""

    __slots__ = ("honour_noqa", "kinds", "look", "relative", "report_unused", "resolver")

    def __init__(
        self,
        relative: str = "",
        *,
        honour_noqa: bool = True,
        report_unused: bool = True,
        resolver: Resolver | None = None,
        look: Callable[[Module], None] | None = None,
        kinds: frozenset[str] | None = None,
    ) -> None:
        """``relative`` is the path from the configuration's folder, for per-file-ignores. flake8 applies
        ``# noqa`` itself, so its plugin does not have it honoured here. ``resolver`` answers for the other
        modules of the project; without one the file stands alone. ``look`` is shown the file as it was
        understood, for those who go on working with it. ``kinds`` are those of the sources in the file
        (``torchgate.lint.filter``), if that is known, and if nothing gets in from other modules."""
        self.resolver = resolver
        self.kinds = kinds
        self.look = look
        self.relative = relative
        self.honour_noqa = honour_noqa
        self.report_unused = report_unused

    def skips(self, data: bytes | Source) -> bool:
        """Whether nobody wants to know anything of a file but its comments, not even whether it is Python."""
        return (
            self.kinds is not None and not self.kinds and not isinstance(data, Source) and len(data) > _LARGE
        )

    def may_report(self, rule: Rule) -> bool:
        """Whether what a rule needs may be in the file."""
        return self.kinds is None or EVERYTHING in self.kinds or not rule.needs.isdisjoint(self.kinds)


def lint_source(source: Source, config: Config, info: FileInfo, rules: Sequence[Rule]) -> list[Finding]:
    """The findings of one file under one configuration.

    Raises:
        RuleFault: a rule raised.
        UsageError: the configuration selects an unknown code.
    """
    outcome = check_data(source.path, source, config, info, Selection(config, rules), Options(source.path))
    if outcome.faults:
        raise outcome.faults[0]
    return outcome.findings


def check_data(
    path: str, data: bytes | Source, config: Config, info: FileInfo, selection: Selection, options: Options
) -> Outcome:
    """Judge one file; ``path`` is its name as findings show it. Never raises for what the file contains."""
    outcome = Outcome(path)
    shows = options.look is None and may_show(data.data if isinstance(data, Source) else data, config)
    if options.skips(data) and not shows and _suppressions(data, ()) is None:
        return outcome
    ignored = selection.ignored_in(options.relative or path, info)
    computed = frozenset(code for code in selection.enabled if not matches(code, ignored))
    raw: list[Finding] = []
    understood = True
    source: Source | None = None
    try:
        source = data if isinstance(data, Source) else Source(path, data)
        module = _analyze(source, config, info, options, outcome)
        if module is not None:
            if options.look is not None:
                options.look(module)
            for rule in selection.rules:
                if rule.code in computed and options.may_report(rule) and not is_skipped(rule, config, info):
                    _run(rule, module, raw, outcome)
            if options.resolver is not None and options.look is None and module.source is source:
                options.resolver.keep(source, module.parsed)
        if shows:
            from torchgate.lint.docstrings import shown

            raw += shown(source, config, info, selection, options, outcome)
    except UnreadableError as error:
        outcome.lasting = not error.is_limit
        # What was not computed cannot show that a comment is idle.
        understood = source is not None and not _matters(source, config, info, selection)
        if UNREADABLE in computed and not understood:
            raw.append(unreadable(path, error.reason, error.line, error.column))
    outcome.lasting &= not outcome.faults
    suppressions = _suppressions(source or data, raw)
    report_unused = options.report_unused and not selection.narrowed and understood and not outcome.faults
    if suppressions is None:
        outcome.findings = raw
    elif not suppressions.whole_file or not options.honour_noqa:
        unused = computed if report_unused and UNUSED_SUPPRESSION in computed else None
        _suppress(suppressions, raw, outcome, options.honour_noqa, unused, selection.known)
    else:
        outcome.hushed = raw
        outcome.suppressed = len(raw)
    outcome.findings.sort(key=Finding.sort_key)
    if outcome.findings:
        _keep_lines(outcome, source or data)
    return outcome


def _matters(source: Source, config: Config, info: FileInfo, selection: Selection) -> bool:
    """Whether a file that cannot be parsed could have had findings of its own; a small one always counts. It
    must not hang on whether the file was parsed at all."""
    from torchgate.lint.filter import Filter
    from torchgate.semantics.searched import Searched
    from torchgate.semantics.text import SMALL

    text = Searched(source.data)
    return len(source.text) <= SMALL or bool(Filter(config, selection.rules).needed(text, info))


def unreadable(path: str, reason: str, line: int = 1, column: int = 1) -> Finding:
    """A TG900 finding."""
    span = Span(line, column, line, column)
    return Finding(path, span, UNREADABLE, NAMES[UNREADABLE], f"this file was not checked: {reason}")


def project_of(config: Config, overlay: Mapping[str, bytes] | None = None) -> Project:
    """The project that a configuration describes, as its modules may ask about it. ``overlay`` gives the
    content of files that is to be taken for what stands on the disk."""
    from torchgate.lint.effects import acts, writers
    from torchgate.semantics.project import Project

    return Project(config, writers, acts, overlay)


def _analyze(
    source: Source, config: Config, info: FileInfo, options: Options, outcome: Outcome
) -> Module | None:
    """The file, understood; None where that failed, or where nobody needs it."""
    from torchgate.semantics.module import analyze
    from torchgate.semantics.syntax import is_plainly_python
    from torchgate.semantics.text import SMALL, parse

    kinds = options.kinds
    try:
        if kinds is not None and not kinds:
            if len(source.text) <= SMALL and not is_plainly_python(source.text, source.data):
                parse(source)  # for its syntax errors
            return None
        if kinds == frozenset({IMPLICIT}):  # nothing but import statements matters
            part = _import_statements(source, config)
            if part is not None:
                return analyze(part, config, info, options.resolver)
            return analyze(source, config, info, options.resolver, "import")
        return analyze(source, config, info, options.resolver)
    except UnreadableError:
        raise
    except Exception as error:
        outcome.faults.append(_fault(source.path, "", error))
        return None


def _import_statements(source: Source, config: Config) -> Source | None:
    """The import statements of packages that import torch, as a file of their own; None where the file is not
    written plainly, or may not be Python."""
    from torchgate.semantics.codetext import code_only
    from torchgate.semantics.excerpt import excerpt
    from torchgate.semantics.syntax import is_plainly_python

    code = None if source.has_bom else code_only(source.data)
    if code is None:
        return None
    words = {name.partition(".")[0].encode() for name in config.implicit_torch_packages}
    part = excerpt(source.data, code, words)
    if part is None or not is_plainly_python(source.text, code):
        return None
    return Source(source.path, part)


def _run(rule: Rule, module: Module, found: list[Finding], outcome: Outcome) -> None:
    source = module.source
    try:
        for target, message in rule.check(module):
            span = target if isinstance(target, Span) else source.span(target)
            qualname = module.qualname_at(span.line)
            found.append(
                Finding(source.path, span, rule.code, rule.name, message, fix=rule.fix, qualname=qualname)
            )
    except RecursionError:
        raise UnreadableError("the code is too deeply nested to be analysed") from None
    except Exception as error:
        outcome.faults.append(_fault(source.path, rule.code, error))


def _fault(path: str, code: str, error: Exception) -> RuleFault:
    import traceback

    return RuleFault(path, code, f"{type(error).__name__}: {error}", traceback.format_exc())


def _suppressions(data: bytes | Source, findings: Sequence[Finding]) -> Suppressions | None:
    """The comments that hush something, or should; None where there are none that matter to the findings."""
    raw = data.data if isinstance(data, Source) else data
    if b"torchgate:" not in raw:
        lowered = raw.lower()
        # Without findings, only a comment with one of our codes is worth a word.
        if b"noqa" not in lowered or not (findings or any(b"tg%d" % digit in lowered for digit in range(10))):
            return None
    from torchgate.lint.suppression import Suppressions, may_hush

    # flake8 finds the comments of an undecodable file as well: it falls back to latin-1.
    text = _text(data)
    return Suppressions(text) if may_hush(text, {finding.span.line for finding in findings}) else None


def _suppress(
    suppressions: Suppressions,
    raw: list[Finding],
    outcome: Outcome,
    honour_noqa: bool,
    computed: frozenset[str] | None,
    known: Sequence[str],
) -> None:
    def keep(finding: Finding) -> None:
        by_noqa, by_ignore = suppressions.hushes(finding)
        if by_ignore or (by_noqa and honour_noqa):
            outcome.hushed.append(finding)
            outcome.suppressed += 1
        else:
            outcome.findings.append(finding)

    for finding in raw:
        keep(finding)
    if computed is not None:

        def is_computed(code: str) -> bool:
            covered = [rule for rule in known if rule.startswith(code)]
            return bool(covered) and computed.issuperset(covered)

        for span, message in list(suppressions.unused(is_computed)):
            code = UNUSED_SUPPRESSION
            keep(Finding(outcome.path, span, code, NAMES[code], message))


def _keep_lines(outcome: Outcome, data: bytes | Source) -> None:
    if isinstance(data, Source):
        lines = data.lines
    else:
        lines = _text(data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for finding in outcome.findings:
        for line in {finding.span.line, finding.span.end_line}:
            if line <= len(lines):
                outcome.lines[line_key(line, finding.cell)] = lines[line - 1]


def source_lines(outcomes: Iterable[Outcome]) -> dict[tuple[str, int | None], dict[int, str]]:
    """The source lines that findings begin and end with, by path and notebook cell."""
    found: dict[tuple[str, int | None], dict[int, str]] = {}
    for outcome in outcomes:
        for key, text in outcome.lines.items():
            found.setdefault((outcome.path, key >> 32 or None), {})[key & 0xFFFF_FFFF] = text
    return found


def _text(data: bytes | Source) -> str:
    if isinstance(data, Source):
        return data.text
    try:
        return Source("", data).text
    except UnreadableError:
        return data.decode("latin-1")
