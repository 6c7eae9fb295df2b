"""Judges a document: each program in it as a file, its prose by TG206, everything at its place."""

from __future__ import annotations

from torchgate.documents import read
from torchgate.finding import Finding, line_key
from torchgate.lint.engine import Options, Outcome, check_data, unreadable
from torchgate.lint.guidance import guidance, may_teach
from torchgate.lint.rules import tg206_facade_guidance
from torchgate.lint.selection import UNREADABLE, UNUSED_SUPPRESSION, matches
from torchgate.source import Source, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from torchgate.config import Config, FileInfo
    from torchgate.documents.document import Document, Program
    from torchgate.lint.selection import Selection

# What examples are judged by where `documents` says "guidance" (docs/definitions.md, "Documents").
_GUIDANCE = frozenset({"TG201", "TG206", "TG301", "TG302"})


def check_document(
    path: str, data: bytes, config: Config, info: FileInfo, selection: Selection, options: Options
) -> Outcome:
    """Judge one document; ``path`` is its name as findings show it. Never raises for what it contains."""
    outcome = Outcome(path)
    ignored = selection.ignored_in(options.relative or path, info)
    computed = frozenset(code for code in selection.enabled if not matches(code, ignored))
    try:
        document = read(path, data, parse)
    except UnreadableError as error:
        if UNREADABLE in computed:
            outcome.findings.append(unreadable(path, error.reason, error.line, error.column))
        return outcome
    if UNREADABLE in computed:
        outcome.findings += _problems(path, document)
    if tg206_facade_guidance.RULE.code in computed:
        outcome.findings += _guidance(path, document, config)
    for program in document.programs:
        if program.lines:
            outcome.findings += judged(program, path, config, info, selection, options, outcome)
    outcome.findings.sort(key=Finding.sort_key)
    _keep_lines(outcome, document.lines)
    return outcome


def parse(text: str) -> object:
    """Parse a program that is no file.

    Raises:
        UnreadableError: it is no Python.
    """
    from torchgate.semantics.text import parse as parse_source

    return parse_source(Source.from_text("", text))


def _problems(path: str, document: Document) -> Iterator[Finding]:
    for problem in document.problems:
        found = unreadable(path, problem.reason, problem.line, problem.column)
        found.message = found.message.replace("this file", "this cell")
        found.cell = problem.cell
        yield found


def _guidance(path: str, document: Document, config: Config) -> Iterator[Finding]:
    """TG206 in the prose."""
    rule = tg206_facade_guidance.RULE
    for paragraph in document.prose:
        if not may_teach(paragraph.text, config.facade_modules):
            continue
        for start, end in guidance(paragraph.text, config.facade_modules):
            span, cell = paragraph.span(start, end)
            message = tg206_facade_guidance.MESSAGE
            yield Finding(path, span, rule.code, rule.name, message, cell=cell)


def judged(
    program: Program,
    path: str,
    config: Config,
    info: FileInfo,
    selection: Selection,
    options: Options,
    outcome: Outcome,
) -> list[Finding]:
    """The findings of a program, at their places; what comments hush, and faults, go to ``outcome``."""
    source = Source.from_text(path, program.text)
    own = Options(
        options.relative,
        honour_noqa=options.honour_noqa,
        report_unused=options.report_unused,
        resolver=options.resolver,
    )
    found = check_data(path, source, config, info, selection, own)
    guided = program.is_example and config.documents != "full"

    def taken(findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            if guided and finding.code not in _GUIDANCE:
                continue
            if program.is_example and finding.code in (UNREADABLE, UNUSED_SUPPRESSION):
                continue  # an example is what its author made of it
            finding.span, finding.cell = program.span(finding.span)
            finding.fix = None  # `torchgate migrate` changes code alone
            yield finding

    hushed = list(taken(found.hushed))
    outcome.hushed += hushed
    outcome.suppressed += len(hushed)
    outcome.faults += found.faults
    outcome.lasting &= found.lasting
    return list(taken(found.findings))


def _keep_lines(outcome: Outcome, lines: dict[int | None, Sequence[str]]) -> None:
    for finding in outcome.findings:
        own = lines.get(finding.cell, ())
        for line in {finding.span.line, finding.span.end_line}:
            if line <= len(own):
                outcome.lines[line_key(line, finding.cell)] = own[line - 1]
