"""What ``check`` says on standard error: counts, own faults, paths that do not exist."""

from __future__ import annotations

from torchgate.report.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.cli._options import Arguments
    from torchgate.report import Report


FAULT_NOTE = (
    "torchgate: this is a fault of torchgate, not of the checked code: please report it (`--verbose` gives "
    "the traceback). All else was checked.\n"
)


def text(report: Report, given: Arguments) -> str:
    """All of it; under ``--quiet`` only what went wrong."""
    parts = [_statistics(report)] if given.flag("statistics") else []
    for fault in report.faults:
        parts.append(f"torchgate: {printable(str(fault))}\n")
        if given.flag("verbose"):
            parts.append(fault.trace)
    if report.faults:
        parts.append(FAULT_NOTE)
    parts += [_missing(path) for path in report.missing]
    if not given.flag("quiet"):
        parts.append(f"{summary(report)}\n")
    return "".join(parts)


def _missing(path: str) -> str:
    is_code = path.startswith("TG") and (path[2:] or "0").isdecimal()
    hint = " (several codes are separated by commas, as in `--select TG1,TG3`)" if is_code else ""
    return f"torchgate: {printable(path) or repr(path)}: no such file or folder{hint}\n"


def summary(report: Report) -> str:
    """One line, such as ``3 findings in 12 files (1 suppressed)``."""
    if not report.files:
        return "torchgate: no Python files to check"
    count = len(report.findings)
    found = f"{count} finding{'' if count == 1 else 's'}" if count else "No findings"
    files = f"{report.files} file{'' if report.files == 1 else 's'}"
    hidden = [f"{report.suppressed} suppressed"] if report.suppressed else []
    hidden += [f"{report.baselined} in the baseline"] if report.baselined else []
    return f"{found} in {files}" + (f" ({', '.join(hidden)})" if hidden else "")


def _statistics(report: Report) -> str:
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for finding in report.findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
        names[finding.code] = finding.name
    width = len(str(max(counts.values(), default=0)))
    rows = sorted(counts, key=lambda code: (-counts[code], code))
    return "".join(f"{counts[code]:>{width}}  {code}  {names[code]}\n" for code in rows)
