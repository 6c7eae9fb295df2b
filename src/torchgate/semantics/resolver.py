"""What one module may ask about others. The project index implements it; without one, nothing is known."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from torchgate.semantics.handing import Handed
    from torchgate.semantics.roles import Given
    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.text import Text
    from torchgate.semantics.values import Ref, Value
    from torchgate.source import Source

    class Resolver(Protocol):
        """Answers from other modules of the project. ``None`` or False: nothing is known."""

        def settle(self, ref: Ref) -> Value:
            """Follow a dotted name through re-exports to its origin; the name itself where there is none."""
            ...

        def keep(self, source: Source, text: Text) -> None:
            """Take the tree of a file that was judged: nobody else needs it any more."""
            ...

        def star(self, module: str, name: str) -> Value | None:
            """What ``from module import *`` gives under ``name``."""
            ...

        def star_names(self, module: str) -> list[str]:
            """The names that ``from module import *`` binds, sorted."""
            ...

        def member(self, classes: list[Ref], name: str) -> Value | None:
            """What instances of a class with these project classes as its last bases hold under ``name``;
            None where they hold nothing under it."""
            ...

        def holds_handle(self, cls: Ref) -> bool:
            """Whether instances of a project class are known to hold the handle."""
            ...

        def imports_gate(self, module: str) -> bool:
            """Whether a runtime module imports a gated package when it is imported."""
            ...

        def is_effect(self, dotted: str, *, each_time: bool = False) -> bool:
            """Whether a project function applies the effect; ``each_time``: at every call of it."""
            ...

        def settings(self, dotted: str) -> frozenset[str] | None:
            """The determinism settings that a project function makes, with what it calls; None: not all
            of it is in sight."""
            ...

        def effect_sites(self) -> list[tuple[str, int, str, bool]]:
            """Where the project applies the effect: path from the root, line, module, whether in its main
            guard; sorted."""
            ...

        def reaches(self, module: str, other: str) -> bool:
            """Whether running ``module`` may import ``other``, at any distance."""
            ...

        def is_class(self, dotted: str) -> bool:
            """Whether a dotted name is a class of the project."""
            ...

        def decorates(self, dotted: str, given: Given) -> bool:
            """Whether a project decorator that is called so leaves what a function gives as it is."""
            ...

        def result(self, dotted: str) -> Value | None:
            """What calling a project function or class gives."""
            ...

        def entered(self, dotted: str) -> Value | None:
            """What ``with`` binds where it enters what a project function made."""
            ...

        def is_defined_so(self, dotted: str, test: Callable[[FunctionNode], bool]) -> bool:
            """Whether a project function passes a test of its definition."""
            ...

        def handed_on(self, dotted: str, place: int | str, *, is_bound: bool) -> list[Handed]:
            """Where an argument of a project function or class goes on to, outside its module; ``is_bound``:
            it is called as a method of an object."""
            ...
