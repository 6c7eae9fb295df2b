"""``junit``: test results, for whatever shows those (Jenkins, GitLab, and nearly every CI).

There is no standard. This keeps to ``junit-10.xsd``, by which the strictest reader, Jenkins' xUnit plugin,
validates: a test case has a name and a class, and no file or line. GitLab knows a test case by suite, class
and name, shows class and name, and tells by them which failures a merge request brings, as Jenkins tells by
them how long a test has been failing. So a name has no line number, and no two are the same.

A suite is a file with findings, a failed test case is a finding, one in error what could not be checked. With
neither there is one that passes: readers take a report without test cases for a broken one.

XML 1.0 has no way to write most control characters and lone surrogates, not even escaped: they are printed as
the text format prints them. All else beyond ASCII is a character reference, so that no encoding matters.
"""

from __future__ import annotations

from html import escape

from torchgate.report.full import with_excerpt
from torchgate.report.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.finding import Finding
    from torchgate.report import Report

TOOL = "torchgate"


def junit(report: Report) -> str:
    """One ``testsuite`` a file."""
    suites: dict[str, list[_Case]] = {}
    for finding in report.findings:
        suites.setdefault(finding.path, []).append(_failure(finding, report))
    for fault in report.faults:
        name = f"{fault.code} failed" if fault.code else "the analysis failed"
        suites.setdefault(fault.path, []).append(_Case(name, "error", "own-fault", fault.reason, str(fault)))
    for path in report.missing:
        shown, what = path or repr(path), "no such file or folder"
        suites.setdefault(shown, []).append(_Case(what, "error", "no-such-path", what, f"{shown}: {what}"))
    if not suites:
        suites[TOOL] = [_Case("no findings")]
    seen: dict[tuple[str, str], int] = {}
    texts = [_suite(path, cases, seen) for path, cases in suites.items()]
    counts = _counts([case for cases in suites.values() for case in cases])
    head = '<?xml version="1.0" encoding="utf-8"?>'
    whole = f"{head}\n<testsuites{_attributes(name=TOOL, **counts)}>\n{''.join(texts)}</testsuites>\n"
    return whole.encode("ascii", "xmlcharrefreplace").decode("ascii")


class _Case:
    """One test case. ``outcome`` is the element that says what became of it, empty where it passed."""

    __slots__ = ("kind", "message", "name", "outcome", "text")

    def __init__(
        self, name: str, outcome: str = "", kind: str = "", message: str = "", text: str = ""
    ) -> None:
        self.name = name
        self.outcome = outcome
        self.kind = kind
        self.message = message
        self.text = text


def _failure(finding: Finding, report: Report) -> _Case:
    where = f" in {finding.qualname}" if finding.qualname else ""
    name = f"{finding.code} {finding.name}{where}"
    text = f"{with_excerpt(finding, report, False)}\n{finding.url}"
    return _Case(name, "failure", finding.code, finding.message, text)


def _suite(path: str, cases: list[_Case], seen: dict[tuple[str, str], int]) -> str:
    group = _class(path)
    rows = [f"  <testsuite{_attributes(name=path, **_counts(cases), file=path)}>\n"]
    for case in cases:
        key = (group, case.name)
        ordinal = seen[key] = seen.get(key, 0) + 1
        name = case.name if ordinal == 1 else f"{case.name} ({ordinal})"
        rows.append(f"    <testcase{_attributes(name=name, classname=group)}")
        if case.outcome:
            told = _attributes(type=case.kind, message=case.message)
            text = escape("\n".join(map(printable, case.text.split("\n"))), quote=False)
            rows.append(f">\n      <{case.outcome}{told}>{text}</{case.outcome}>\n    </testcase>\n")
        else:
            rows.append("/>\n")
    rows.append("  </testsuite>\n")
    return "".join(rows)


def _class(path: str) -> str:
    """A file as a class: readers take what is before the last dot for a package."""
    return path.removesuffix(".py").replace("/", ".")


def _counts(cases: Iterable[_Case]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
    }


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{escape(printable(value))}"' for name, value in values.items())
