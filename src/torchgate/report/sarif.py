"""``sarif``: SARIF 2.1.0 (OASIS, with Errata 01), as GitHub code scanning and editors read it.

Of the standard: a relative URI has a ``uriBaseId`` (3.4.4) and no ``..`` (3.10); columns are code points, as
``columnKind`` says, the end exclusive (3.30); what a message may hold is in 3.11 (see ``_message``); a
notification of level ``error`` means that the run failed (3.20.21).

Of GitHub (its "SARIF support for code scanning"): rules need ``shortDescription``, ``fullDescription`` (1,024
characters at most each) and ``help``, regions all four numbers; 10 tags of a rule are kept; 25,000 results
are read and 5,000 shown. It takes a relative URI from the repository's root and looks at no
``originalUriBaseIds``. Of the fingerprints it uses ``primaryLocationLineHash`` alone, which its upload action
computes from the file, with a warning where there is another one: so ours has a name of its own.
``automationDetails`` is left out: where it is set, the action does not apply the category that the workflow
gives. Nor has a rule ``security-severity``, which would make its findings security alerts.
"""

from __future__ import annotations

import os
from urllib.parse import quote

from torchgate import __version__
from torchgate.finding import DOCS_URL, HOME_URL
from torchgate.report.json import items, members
from torchgate.report.text import encodable, in_file, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torchgate.finding import Finding
    from torchgate.lint.engine import RuleFault
    from torchgate.report import Report
    from torchgate.report.background import Background, RulePage

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"
FINGERPRINT = "torchgateFingerprint/v1"
# Every finding fails the run: no rule is less than an error.
LEVEL = "error"
TAGS = {
    "TG1": "torch-import",
    "TG2": "facade",
    "TG3": "ambient-default",
    "TG4": "determinism",
    "TG9": "torchgate",
}
FAULT = {
    "id": "own-fault",
    "name": "OwnFault",
    "shortDescription": {"text": "A rule failed: a fault of torchgate, not of the checked code."},
    "defaultConfiguration": {"level": LEVEL},
}
MISSING = {
    "id": "no-such-path",
    "name": "NoSuchPath",
    "shortDescription": {"text": "A path on the command line leads nowhere."},
    "defaultConfiguration": {"level": LEVEL},
}
_LONGEST = 1024


def sarif(report: Report) -> str:
    """One log with one run; each rule and each result on a line."""
    run = _Run(report, report.background())
    return f"{members({'$schema': SCHEMA, 'version': VERSION}, runs=f'[{run.text()}]')}\n"


class _Run:
    """One report as a SARIF run. Each repository among its files gets a symbol, the outermost one the usual
    name."""

    def __init__(self, report: Report, background: Background) -> None:
        self._report = report
        self._background = background
        self._indices = {rule.code: index for index, rule in enumerate(background.rules)}
        paths = (*(finding.path for finding in report.findings), *(fault.path for fault in report.faults))
        self._places = {path: background.place(path) for path in dict.fromkeys(paths)}
        roots = sorted({root for root, _ in self._places.values() if root is not None})
        self._names = {root: f"%SRCROOT{index or ''}%" for index, root in enumerate(roots)}

    def text(self) -> str:
        """The run's JSON."""
        driver = {
            "name": "torchgate",
            "version": __version__,
            "semanticVersion": __version__,
            "informationUri": HOME_URL,
            "notifications": [FAULT, MISSING],
        }
        rules = items(map(_rule, self._background.rules))
        bases = {name: {"uri": f"{_file_uri(root).rstrip('/')}/"} for root, name in self._names.items()}
        run = {
            "invocations": [self._invocation()],
            "originalUriBaseIds": bases,
            "columnKind": "unicodeCodePoints",
            "newlineSequences": ["\r\n", "\n", "\r"],  # lines end where Python's do
            "defaultSourceLanguage": "python",
        }
        results = items(map(self._result, self._report.findings))
        return members(run, tool=members({}, driver=members(driver, rules=rules)), results=results)

    def _result(self, finding: Finding) -> dict[str, object]:
        span, message = in_file(finding)
        region = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
        place = {"artifactLocation": self._artifact(finding.path), "region": region}
        location: dict[str, object] = {"physicalLocation": place}
        if finding.qualname:
            location["logicalLocations"] = [{"fullyQualifiedName": encodable(finding.qualname)}]
        return {
            **self._rule_of(finding.code, "ruleId", "ruleIndex"),
            "level": LEVEL,
            "message": _message(message),
            "locations": [location],
            "partialFingerprints": {FINGERPRINT: self._background.fingerprints[finding]},
        }

    def _rule_of(self, code: str, name: str, position: str) -> dict[str, object]:
        index = self._indices.get(code)
        return {name: code} if index is None else {name: code, position: index}

    def _artifact(self, path: str) -> dict[str, str]:
        root, relative = self._places[path]
        if root is None:
            return {"uri": _file_uri(relative)}
        return {"uri": _quoted(relative), "uriBaseId": self._names[root]}

    def _invocation(self) -> dict[str, object]:
        report = self._report
        return {
            "executionSuccessful": not report.faults and not report.missing,
            "exitCode": report.code,
            "toolExecutionNotifications": [self._own_fault(fault) for fault in report.faults],
            "toolConfigurationNotifications": [
                _notification(MISSING, f"{path or repr(path)}: no such file or folder")
                for path in report.missing
            ],
        }

    def _own_fault(self, fault: RuleFault) -> dict[str, object]:
        kind, _, said = fault.reason.partition(": ")
        found = {
            **_notification(FAULT, str(fault)),
            "locations": [{"physicalLocation": {"artifactLocation": self._artifact(fault.path)}}],
            "exception": {"kind": printable(kind), "message": printable(said)},
        }
        return {**found, "associatedRule": self._rule_of(fault.code, "id", "index")} if fault.code else found


def _notification(descriptor: Mapping[str, object], text: str) -> dict[str, object]:
    return {"descriptor": {"id": descriptor["id"]}, "level": LEVEL, "message": _message(printable(text))}


def _message(text: str) -> dict[str, str]:
    """A plain text message (3.11). Braces are doubled, as a single pair may be a placeholder, and what would
    read as a link (code such as ``table[0](x)``) is taken apart."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _rule(rule: RulePage) -> dict[str, object]:
    url = f"{DOCS_URL}/{rule.code.lower()}/"
    summary, details = _descriptions(rule)
    help_ = {"text": f"{details}\n\n{url} and `torchgate explain {rule.code}` say more."}
    if rule.text:
        help_["markdown"] = f"# {rule.code}: {rule.name}\n\n{rule.text.strip()}\n"
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": details},
        "help": help_,
        "helpUri": url,
        "defaultConfiguration": {"enabled": rule.by_default, "level": LEVEL},
        "properties": {"tags": list(_tags(rule))},
    }


def _descriptions(rule: RulePage) -> tuple[str, str]:
    """The first line of a rule's page, and the paragraphs of its first section, as many as GitHub takes; its
    name where Python stripped the page (``-OO``)."""
    summary, _, rest = rule.text.strip().partition("\n")
    summary = summary or rule.name.replace("-", " ")
    section = rest.partition("\n## ")[2].partition("\n")[2].partition("\n## ")[0]
    details = ""
    for paragraph in filter(None, map(str.strip, section.split("\n\n"))):
        longer = f"{details}\n\n{' '.join(paragraph.split())}".strip()
        if len(longer) > _LONGEST:
            break
        details = longer
    return summary, details or summary


def _tags(rule: RulePage) -> Iterator[str]:
    yield "pytorch"
    yield TAGS[rule.code[:3]]
    if not rule.by_default:
        yield "opt-in"
    if rule.fix:
        yield "codemod"


def _file_uri(path: str) -> str:
    """The URI of an absolute path."""
    slashed = path if os.sep == "/" else path.replace(os.sep, "/")
    return f"file://{'' if slashed.startswith('/') else '/'}{_quoted(slashed, '/:')}"


def _quoted(path: str, safe: str = "/") -> str:
    """A path as a URI reference: the file system's own bytes, so that a name that is no text keeps them. No
    colon in the first part, which would make it a scheme."""
    try:
        return quote(path.encode("utf-8", "surrogateescape"), safe=safe)
    except UnicodeEncodeError:
        return quote(path.encode("utf-8", "surrogatepass"), safe=safe)
