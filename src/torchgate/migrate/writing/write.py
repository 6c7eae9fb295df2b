"""Writes rewritten files, group by group, under a journal; and finishes what an earlier run could not.

The order is what makes it safe: check that nothing changed, write every new content beside its file and into
the journal, commit the journal, swap. A full disk shows before the first file is touched; a kill at any point
leaves every file whole, and a journal with which the next run finishes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from torchgate.config_load import is_within, relative_to
from torchgate.migrate.result import Rewrite
from torchgate.migrate.writing.files import digest, digest_of, prepare, swap, write_whole
from torchgate.migrate.writing.journal import Entry, Group, Journal, state, temporary


class UnfinishedError(Exception):
    """Some files were written and others could not be; the journal is there for the next run."""


@dataclass(slots=True)
class Written:
    """``changed``: files that somebody else changed meanwhile; nothing of their groups was written."""

    files: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Recovery:
    """What was found of an interrupted run: files that were finished now, and groups that cannot be, each as
    the files that were edited since and all of its files. ``nothing``: it had written nothing yet."""

    finished: list[str] = field(default_factory=list)
    blocked: list[tuple[list[str], list[str]]] = field(default_factory=list)
    nothing: bool = False


def journal_root(root: str, paths: Iterable[str]) -> str:
    """The folder for the journal: the project's, or one around every file where some lie elsewhere."""
    real = [os.path.realpath(path) for path in paths]
    if all(is_within(path, os.path.realpath(root)) for path in real):
        return root
    return os.path.commonpath([os.path.dirname(path) for path in real])


def write(root: str, groups: Iterable[Iterable[Rewrite]]) -> Written:
    """Write every group, all of its files or none. The journal is at ``root``.

    Raises:
        OSError: nothing was written; or, where a swap failed, the journal tells the next run to finish.
        BusyError: another process migrates here.
    """
    written = Written()
    current: list[list[Rewrite]] = []
    for group in groups:
        rewrites = list(group)
        stale = [rewrite.path for rewrite in rewrites if digest_of(rewrite.path) != digest(rewrite.before)]
        written.changed += stale
        if not stale:
            current.append(rewrites)
    if not current:
        return written
    with Journal(root) as journal:
        try:
            prepared = _prepare(journal, current)
        except BaseException:
            journal.sweep()
            journal.clear()
            raise
        try:
            for rewrites in current:
                stale = _swap(rewrites, prepared)
                written.changed += stale
                written.files += [] if stale else [rewrite.path for rewrite in rewrites]
        except OSError as error:
            raise UnfinishedError(f"{error.filename2 or error.filename}: {error.strerror}") from error
        journal.sweep()
        journal.clear()
    return written


def _prepare(journal: Journal, groups: list[list[Rewrite]]) -> dict[str, str]:
    """Everything but the swaps; the prepared files by path."""
    targets = [os.path.realpath(rewrite.path) for group in groups for rewrite in group]
    beside = [
        os.path.join(os.path.dirname(target), temporary(journal.root, number))
        for number, target in enumerate(targets)
    ]
    journal.announce(beside)
    prepared: dict[str, str] = {}
    recorded: list[Group] = []
    for rewrites in groups:
        entries = []
        for rewrite in rewrites:
            number = len(prepared)
            journal.keep(f"{number}.new", rewrite.after)
            journal.keep(f"{number}.old", rewrite.before)
            prepare(targets[number], rewrite.after, beside[number])
            prepared[rewrite.path] = beside[number]
            path = relative_to(targets[number], os.path.realpath(journal.root))
            old, new = digest(rewrite.before), digest(rewrite.after)
            entries.append(Entry(path, old, new, f"{number}.new", f"{number}.old"))
        recorded.append(Group(tuple(entries)))
    journal.commit(recorded)
    return prepared


def _swap(rewrites: list[Rewrite], prepared: dict[str, str]) -> list[str]:
    """Swap one group; where a file changed in the last moment, the others are put back."""
    done: list[Rewrite] = []
    for rewrite in rewrites:
        target = os.path.realpath(rewrite.path)
        found = digest_of(target)
        if found == digest(rewrite.after):
            continue  # by another of its names
        if found != digest(rewrite.before):
            for other in done:
                back = os.path.realpath(other.path)
                if digest_of(back) == digest(other.after):
                    write_whole(back, other.before, prepared[other.path])
            return [rewrite.path]
        swap(prepared[rewrite.path], target)
        done.append(rewrite)
    return []


def recover(root: str) -> Recovery | None:
    """Finish an interrupted run; None where there is none.

    Raises:
        OSError: a file cannot be written; the journal stays.
        BusyError: the run is not interrupted, it is running.
        DamagedError: the journal cannot be understood.
    """
    if not Journal(root).exists():
        return None
    found = Recovery()
    with Journal(root) as journal:
        groups = journal.read()
        journal.sweep()
        if groups is None:
            found.nothing = True
            journal.clear()
            return found
        blocked = [group for group in groups if not _finish(journal, group, found)]
        if blocked:
            journal.commit(blocked)
        else:
            journal.clear()
    return found


def _finish(journal: Journal, group: Group, found: Recovery) -> bool:
    states = [(entry, state(journal, entry)) for entry in group.entries]
    edited = [journal.target(entry) for entry, now in states if now == "other"]
    if edited:
        found.blocked.append((edited, [journal.target(entry) for entry in group.entries]))
        return False
    for index, (entry, now) in enumerate(states):
        target = journal.target(entry)
        if now == "old":
            beside = os.path.join(os.path.dirname(target), temporary(journal.root, index))
            write_whole(target, journal.content(entry.content, entry.new), beside)
        found.finished.append(target)
    return True
