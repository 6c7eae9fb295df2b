"""Files are whole, groups are together, whatever stops a run; and the next run finishes what it finds."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.migrate.write_and_die import Ended, run
from torchgate.migrate.result import Rewrite
from torchgate.migrate.writing.files import obstacle
from torchgate.migrate.writing.journal import FOLDER, BusyError, DamagedError, Journal
from torchgate.migrate.writing.write import Recovery, UnfinishedError, journal_root, recover, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes that fork and are killed")
Group = list[tuple[str, str, str]]


class Project:
    """Two groups of files: one of two files in different folders, and one alone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.groups: list[Group] = [
            [
                self.file("a.py", "old a\n", "new a\n"),
                self.file("pkg/b.py", "old b\n" * 500, "new b\n" * 500),
            ],
            [self.file("pkg/c.py", "old c\n", "new c\n")],
        ]

    def file(self, name: str, old: str, new: str) -> tuple[str, str, str]:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(old)
        return str(path), old, new

    def reset(self) -> None:
        for group in self.groups:
            for path, old, _ in group:
                Path(path).write_text(old)

    def states(self) -> list[list[str]]:
        """For every group, whether each file is old or new; raises where one is neither."""
        return [
            [{old: "old", new: "new"}[Path(path).read_text()] for path, old, new in group]
            for group in self.groups
        ]

    def rewrites(self) -> list[list[Rewrite]]:
        return [
            [Rewrite(path, old.encode(), new.encode()) for path, old, new in group] for group in self.groups
        ]

    def leftovers(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.root)) for path in self.root.rglob("*") if ".torchgate" in path.name
        )

    def write(self, step: int = 0, how: str = "kill") -> Ended:
        return run(lambda: write(str(self.root), self.rewrites()), step, how)

    def recover(self, step: int = 0) -> Ended:
        return run(lambda: recover(str(self.root)), step)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def together(states: Iterable[list[str]]) -> bool:
    return all(len(set(group)) == 1 for group in states)


NEW = [["new", "new"], ["new"]]
OLD = [["old", "old"], ["old"]]


def test_writing(project: Project) -> None:
    written = write(str(project.root), project.rewrites())
    assert project.states() == NEW
    assert written.changed == []
    assert len(written.files) == 3
    assert project.leftovers() == []
    assert recover(str(project.root)) is None


def test_a_kill_at_every_step(project: Project) -> None:
    """Every file is whole at once, and after the next run every group is all old or all new."""
    seen = set()
    for step in range(1, 1000):
        project.reset()
        done = project.write(step)
        states = project.states()
        if done.status == 0:
            break
        assert done.status == -9, done.said
        found = recover(str(project.root))
        after = project.states()
        assert after in (NEW, OLD)
        assert together(after)
        if not together(states):
            assert found is not None
            assert found.finished
            assert after == NEW
        assert project.leftovers() == []
        seen.add((str(states), str(after), found is not None and found.nothing))
    assert done.steps == step - 1 > 30
    # Killed before anything was written, with everything written, and in the midst of it.
    assert {(OLD_, NEW_) for OLD_, NEW_, _ in seen} >= {
        (str(OLD), str(OLD)),
        (str(OLD), str(NEW)),
        (str([["new", "old"], ["old"]]), str(NEW)),
        (str([["new", "new"], ["old"]]), str(NEW)),
        (str(NEW), str(NEW)),
    }


def test_a_kill_at_every_step_of_the_recovery(project: Project) -> None:
    for first in range(1, 1000):
        project.reset()
        if project.write(first).status == 0:
            break
        if together(project.states()):
            continue
        for step in range(1, 1000):
            done = project.recover(step)
            project.states()
            if done.status == 0:
                break
        assert project.states() == NEW
        assert project.leftovers() == []
        return
    raise AssertionError("no kill left a group half written")


def test_a_full_disk_at_every_step(project: Project) -> None:
    outcomes = set()
    for step in range(1, 1000):
        project.reset()
        done = project.write(step, "full")
        states = project.states()
        if done.status == 0 and done.steps < step:
            break
        if done.status and "UnfinishedError" not in done.said:
            assert "No space left" in done.said
            if states == OLD:
                assert project.leftovers() == [], done.said
        recover(str(project.root))
        assert together(project.states())
        assert project.leftovers() == []
        outcomes.add((done.status, str(states)))
    assert (1, str(OLD)) in outcomes


def test_a_real_limit_of_the_system(project: Project) -> None:
    """The system refuses to let a file grow: nothing is written, nothing is left."""

    resource = pytest.importorskip("resource")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        write(str(project.root), project.rewrites())

    done = run(limited, 0)
    assert done.status == 1
    assert "File too large" in done.said
    assert project.states() == OLD
    assert project.leftovers() == []


def interrupted(project: Project) -> None:
    """A run that was killed between the two files of the first group."""
    for step in range(1, 1000):
        project.reset()
        project.write(step)
        if project.states()[0] == ["new", "old"]:
            return


def test_a_file_that_was_edited_after_the_interruption_is_not_overwritten(project: Project) -> None:
    interrupted(project)
    edited = project.root / "pkg" / "b.py"
    edited.write_text("by hand\n")
    found = recover(str(project.root))
    assert isinstance(found, Recovery)
    a, b = str(project.root / "a.py"), str(edited)
    assert found.blocked == [([b], [a, b])]
    assert found.finished == [str(project.root / "pkg" / "c.py")]
    assert edited.read_text() == "by hand\n"
    assert (project.root / "a.py").read_text() == "new a\n"
    assert (project.root / FOLDER / "journal.json").exists()
    # It stays so, and once the edit is undone it is finished.
    assert recover(str(project.root)).blocked == found.blocked  # type: ignore[union-attr]
    edited.write_text(project.groups[0][1][1])
    assert recover(str(project.root)).finished == [a, b]  # type: ignore[union-attr]
    assert project.states() == NEW
    assert project.leftovers() == []


def test_a_file_that_was_deleted_is_not_made_again(project: Project) -> None:
    interrupted(project)
    (project.root / "pkg" / "b.py").unlink()
    found = recover(str(project.root))
    assert found is not None
    assert found.blocked
    assert not (project.root / "pkg" / "b.py").exists()


def test_a_finished_file_may_be_edited_while_others_wait(project: Project) -> None:
    interrupted(project)
    (project.root / "pkg" / "b.py").write_text("by hand\n")
    recover(str(project.root))
    (project.root / "pkg" / "c.py").write_text("by hand as well\n")
    found = recover(str(project.root))
    assert found is not None
    assert [edited for edited, _ in found.blocked] == [[str(project.root / "pkg" / "b.py")]]


def test_a_file_that_changed_meanwhile_takes_its_group_with_it(project: Project) -> None:
    (project.root / "pkg" / "b.py").write_text("somebody else\n")
    written = write(str(project.root), project.rewrites())
    assert written.changed == [str(project.root / "pkg" / "b.py")]
    assert written.files == [str(project.root / "pkg" / "c.py")]
    assert (project.root / "a.py").read_text() == "old a\n"
    assert (project.root / "pkg" / "b.py").read_text() == "somebody else\n"
    assert project.leftovers() == []


def test_a_file_that_changes_in_the_last_moment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the journal and before its own swap: what was swapped of its group is put back."""
    import torchgate.migrate.writing.write as module

    real = module.swap

    def swap(prepared: str, target: str) -> None:
        real(prepared, target)
        if target.endswith("a.py"):
            (project.root / "pkg" / "b.py").write_text("somebody else\n")

    monkeypatch.setattr(module, "swap", swap)
    written = write(str(project.root), project.rewrites())
    assert written.changed == [str(project.root / "pkg" / "b.py")]
    assert (project.root / "a.py").read_text() == "old a\n"
    assert (project.root / "pkg" / "b.py").read_text() == "somebody else\n"
    assert (project.root / "pkg" / "c.py").read_text() == "new c\n"
    assert project.leftovers() == []


def test_a_swap_that_fails_is_finished_by_the_next_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchgate.migrate.writing.write as module

    real = module.swap

    def swap(prepared: str, target: str) -> None:
        if target.endswith("b.py"):
            raise PermissionError(13, "Permission denied", target)
        real(prepared, target)

    monkeypatch.setattr(module, "swap", swap)
    with pytest.raises(UnfinishedError, match=r"b\.py: Permission denied"):
        write(str(project.root), project.rewrites())
    monkeypatch.undo()
    assert recover(str(project.root)) is not None
    assert project.states() == NEW
    assert project.leftovers() == []


def test_modes_links_and_long_names(project: Project) -> None:
    name = "x" * 251 + ".py"
    script = project.file(name, "old\n", "new\n")
    os.chmod(script[0], 0o751)
    link = project.root / "link.py"
    link.symlink_to(Path("pkg") / "target.py")
    target = project.file("pkg/target.py", "old\n", "new\n")
    project.groups = [[script], [(str(link), "old\n", "new\n")]]
    write(str(project.root), project.rewrites())
    assert Path(script[0]).read_text() == "new\n"
    assert stat.S_IMODE(os.stat(script[0]).st_mode) == 0o751
    assert link.is_symlink()
    assert Path(target[0]).read_text() == "new\n"
    assert project.leftovers() == []


def test_a_file_under_two_names(project: Project) -> None:
    link = project.root / "link.py"
    link.symlink_to("a.py")
    project.groups = [[project.groups[0][0]], [(str(link), "old a\n", "new a\n")]]
    written = write(str(project.root), project.rewrites())
    assert written.changed == []
    assert project.states() == [["new"], ["new"]]
    assert link.is_symlink()
    assert project.leftovers() == []


def test_what_stands_in_the_way(project: Project) -> None:
    path = project.root / "a.py"
    assert obstacle(str(path)) is None
    path.chmod(0o444)
    assert obstacle(str(path)) == "it is read-only"
    path.chmod(0o644)
    os.link(path, project.root / "other")
    assert obstacle(str(path)) == "it has 2 hard links, which replacing it would part"
    gone = "it is gone: somebody took it away while this run was at work"
    assert obstacle(str(project.root / "none.py")) == gone
    assert obstacle(str(project.root / "pkg")) == "it is no regular file"
    if os.getuid() != 0:
        (project.root / "pkg").chmod(0o555)
        assert obstacle(str(project.root / "pkg" / "b.py")) == "its folder is read-only"
        (project.root / "pkg").chmod(0o755)


def test_two_runs_at_once(project: Project) -> None:
    with Journal(str(project.root)) as journal:
        with pytest.raises(BusyError):
            write(str(project.root), project.rewrites())
        with pytest.raises(BusyError):
            recover(str(project.root))
        journal.clear()
    assert project.states() == OLD
    write(str(project.root), project.rewrites())
    assert project.states() == NEW


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 2, "groups": []}', '{"version": 1, "groups": [[{"path": "a.py"}]]}'],
)
def test_a_journal_that_cannot_be_read_is_left_alone(project: Project, text: str) -> None:
    (project.root / FOLDER).mkdir()
    (project.root / FOLDER / "journal.json").write_text(text)
    with pytest.raises(DamagedError):
        recover(str(project.root))
    assert project.states() == OLD


def test_a_repository_cannot_have_a_file_elsewhere_written(project: Project, tmp_path: Path) -> None:
    from torchgate.migrate.writing.files import digest

    outside = tmp_path.parent / f"{tmp_path.name}-outside.py"
    outside.write_text("mine\n")
    folder = project.root / FOLDER
    folder.mkdir()
    (project.root / "linked.py").symlink_to(outside)
    (folder / "0.new").write_text("theirs\n")
    (folder / "temporary.json").write_text(json.dumps([f"../{outside.name}"]))
    for path in (f"../{outside.name}", str(outside), "linked.py"):
        entry = {
            "path": path,
            "old": digest(b"mine\n"),
            "new": digest(b"theirs\n"),
            "content": "0.new",
            "before": "0.old",
        }
        (folder / "journal.json").write_text(json.dumps({"version": 1, "groups": [[entry]]}))
        with pytest.raises(DamagedError, match="outside of the project"):
            recover(str(project.root))
    assert outside.read_text() == "mine\n"


def test_contents_that_are_not_what_the_journal_says(project: Project) -> None:
    interrupted(project)
    for file in (project.root / FOLDER).glob("*.new"):
        file.write_text("garbled\n")
    with pytest.raises(DamagedError, match="is not what the journal says"):
        recover(str(project.root))
    assert project.states()[0] == ["new", "old"]


def test_a_folder_of_that_name_that_is_a_link(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (project.root / FOLDER).symlink_to(elsewhere)
    with pytest.raises(DamagedError):
        write(str(project.root), project.rewrites())
    assert list(elsewhere.iterdir()) == []


def test_git_does_not_see_the_folder(project: Project) -> None:
    subprocess.run(["git", "init", "-q", str(project.root)], check=True)
    interrupted(project)
    status = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert FOLDER not in status.stdout


def test_where_the_journal_lies(tmp_path: Path) -> None:
    (tmp_path / "project" / "pkg").mkdir(parents=True)
    inside = str(tmp_path / "project" / "pkg" / "a.py")
    outside = str(tmp_path / "other" / "a.py")
    root = str(tmp_path / "project")
    assert journal_root(root, [inside]) == root
    assert journal_root(root, [inside, outside]) == os.path.realpath(tmp_path)
    assert journal_root(root, []) == root
