"""The files of one configuration, linted. What was understood of them is kept: the codemods ask about many
more files than have findings, and reading those again costs as much as linting them did.

No pipe could carry that to another process. So where several processes lint, each keeps what it understood,
and decides about the findings of its own files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from torchgate.config import Config
from torchgate.config_load import file_info, relative_to
from torchgate.files.discover import File
from torchgate.files.read import read_file
from torchgate.finding import Finding
from torchgate.lint.engine import Options, Outcome, RuleFault, check_data, project_of
from torchgate.lint.selection import Selection
from torchgate.migrate.deciding import Decisions
from torchgate.migrate.leads import Leads, leads_of
from torchgate.migrate.others import Findings, Others
from torchgate.migrate.project import Unit
from torchgate.migrate.torch_patches import replaced
from torchgate.migrate.words import words_of
from torchgate.processes import FIRST, Line, Shares, can_fork, copies
from torchgate.semantics.module import Module
from torchgate.semantics.project import Project
from torchgate.source import UnreadableError

# Bytes of source up to which files without findings are kept, which takes some sixty times as much.
ROOM = 20_000_000


@dataclass(slots=True)
class Linted:
    """What linting gave, by absolute path. ``units`` are the files that were linted in this process: those
    with findings, and others as long as there is ``room``. ``others`` linted the rest, where there are other
    processes; ``sends``: there are to be some. ``leads`` are then those of all files, and ``asked`` the files
    about which this one decides."""

    project: Project
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    room: int = field(default_factory=lambda: ROOM)
    others: Others | None = None
    sends: bool = False
    leads: dict[str, Leads] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[RuleFault]:
        """The faults that were met, by file."""
        return [fault for outcome in self.outcomes.values() for fault in outcome.faults]

    def findings(self, path: str) -> list[Finding]:
        """The findings of one file that no comment suppresses."""
        outcome = self.outcomes.get(path)
        return outcome.findings if outcome is not None else []


def lint(
    files: Sequence[File],
    config: Config,
    selection: Selection,
    overlay: Mapping[str, bytes] | None = None,
    *,
    jobs: int = 1,
    decide: Callable[[Linted, Findings], Decisions] | None = None,
) -> Linted:
    """Lint files as ``check`` does; ``overlay`` is the content of some of them. ``jobs``: the processes to
    use. The others will ``decide`` about their share once they are told what all have found.

    Raises:
        EndedError: a process was ended, such as for want of memory.
        RuntimeError: one failed.
    """
    linted = Linted(project_of(config, overlay))

    def one(file: File) -> None:
        data = _data(file.path, overlay or {})
        if data is not None:
            _one(file, data, config, selection, linted)

    if jobs > 1 and decide is not None and can_fork():
        linted.room //= jobs
        _share(files, one, linted, jobs, decide)
    else:
        for file in files:
            one(file)
    return linted


def _share(
    files: Sequence[File],
    one: Callable[[File], None],
    linted: Linted,
    jobs: int,
    decide: Callable[[Linted, Findings], Decisions],
) -> None:
    linted.sends = True
    for file in files[::FIRST]:
        one(file)
    begun = set(linted.outcomes)
    shares = Shares(len(files), jobs)

    def do(number: int) -> None:
        for index in shares.of(number):
            linted.asked.append(files[index].path)
            if index % FIRST:
                one(files[index])

    def share(line: Line, number: int) -> None:
        do(number)
        new = linted.outcomes.keys() - begun
        line.send(({path: linted.outcomes[path] for path in new}, _of(linted.leads, new)))
        findings, leads = line.receive()
        linted.leads |= leads
        line.send(decide(linted, findings))

    lines = copies(share, jobs - 1)
    do(0)
    sent = []
    for line in lines:
        outcomes, leads = line.receive()
        linted.outcomes |= outcomes
        linted.leads |= leads
        sent.append(leads.keys())
    found = linted.outcomes
    linted.others = Others(zip(lines, sent, strict=True))
    linted.outcomes = {file.path: found[file.path] for file in files if file.path in found}


def _of(leads: Mapping[str, Leads], paths: Iterable[str]) -> dict[str, Leads]:
    return {path: leads[path] for path in paths if path in leads}


def take(
    outcomes: Mapping[str, Outcome], files: Iterable[File], config: Config, selection: Selection
) -> Linted:
    """What `check` found already, in other processes or runs; nothing is understood yet. It tells how many
    findings comments suppress, not which: those files are linted here."""
    linted = Linted(project_of(config))
    for file in files:
        outcome = outcomes.get(file.shown)
        if outcome is None:
            continue
        linted.outcomes[file.path] = outcome
        if outcome.suppressed and (data := _data(file.path, {})) is not None:
            _one(file, data, config, selection, linted)
    return linted


def _data(path: str, overlay: Mapping[str, bytes]) -> bytes | None:
    """The file's content; None where it cannot be read, which `check` reports and no codemod can mend."""
    if path in overlay:
        return overlay[path]
    try:
        return read_file(path)
    except (FileNotFoundError, UnreadableError):
        return None


def _one(file: File, data: bytes, config: Config, selection: Selection, linted: Linted) -> None:
    seen: list[Module] = []
    info = file_info(config, file.path)
    options = Options(
        relative_to(file.path, config.root),
        report_unused=True,
        resolver=linted.project,
        look=seen.append,
    )
    outcome = check_data(file.shown, data, config, info, selection, options)
    linted.outcomes[file.path] = outcome
    for module in seen if linted.sends else ():
        words = words_of(file.path, data)
        linted.leads[file.path] = leads_of(module, config.project_names, words, replaced(module, words))
    for module in seen if outcome.findings or linted.room > 0 else ():
        linted.room -= len(data)
        linted.units[file.path] = Unit(file.path, module.source, info, module)


def baselined(linted: Linted, files: Iterable[File], config: Config, named: str | None) -> set[int]:
    """The findings, by identity, that the baseline accepts: the file ``named``, or the configured one."""
    own = config.lint.baseline
    if named is None and own is None:
        return set()
    from torchgate.lint.baseline import accept, base_of

    baseline = os.path.abspath(named) if named is not None else os.path.join(config.root, own or "")
    relative = {
        file.shown: relative_to(file.path, base_of(baseline, file.path, config.root)) for file in files
    }
    findings = [finding for outcome in linted.outcomes.values() for finding in outcome.findings]
    findings.sort(key=lambda finding: finding.sort_key())
    new, _ = accept(findings, linted.outcomes.values(), lambda path: (baseline, relative[path]))
    return {id(finding) for finding in findings} - {id(finding) for finding in new}
