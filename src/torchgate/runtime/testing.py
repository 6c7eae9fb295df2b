"""Stand-ins for tests: a poison, a fake handle, a rejection. The pytest fixtures hand them out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

from torchgate.runtime.model import Facts, Policy, Ready, Reason, Rejected
from torchgate.runtime.remedies import remedy


def rejected(policy: Policy) -> Rejected:
    """A rejection as a machine without a GPU driver gives it (on a CPU policy: without torch)."""
    reason = Reason.CUDA_UNAVAILABLE if policy.device == "cuda" else Reason.TORCH_ABSENT
    detail = {reason.value: "the rejected_runtime fixture says so"}
    return Rejected(policy=policy, reasons=(reason,), detail=detail)


def rejection_text(runtime: Rejected) -> str:
    """Every reason with its detail and its remedy, for a test report."""
    # The values first: a summary shows no more than the first line.
    values = ", ".join(reason.value for reason in runtime.reasons)
    lines = [f"the torch runtime is rejected (device={runtime.policy.device}): {values}"]
    for reason in runtime.reasons:
        detail = runtime.detail.get(reason.value, "")
        lines.append(f"  {reason.value}: {detail}\n    {remedy(reason.value)}")
    return "\n".join(lines)


class PoisonError(AssertionError):
    """torch was imported under the poison. Not an ImportError: code that catches that must not survive."""

    torchgate_poison = True
    """The runtime's probe lets an error with this mark through instead of reporting a broken torch."""


class PoisonedTorch(Loader, MetaPathFinder):
    """While entered, importing torch or anything below it raises `PoisonError`.

    ``attempts`` lists the module names that were asked for, also where the code under test swallowed the
    error. Looking for torch (``importlib.util.find_spec``) is no import and stays possible. A torch that is
    already loaded is hidden meanwhile and comes back as it was; names bound to it before keep working.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._hidden: dict[str, ModuleType] = {}

    def __enter__(self) -> PoisonedTorch:
        self._hidden = {name: module for name, module in sys.modules.items() if _is_torch(name)}
        for name in self._hidden:
            del sys.modules[name]
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        # Also what the test itself put there, such as a stub: the next test gets what was before.
        for name in [name for name in sys.modules if _is_torch(name)]:
            del sys.modules[name]
        sys.modules.update(self._hidden)

    @staticmethod
    @contextmanager
    def lifted() -> Iterator[None]:
        """Within this, torch is there as it was before any poison that is entered now."""
        active = [finder for finder in sys.meta_path if isinstance(finder, PoisonedTorch)]
        for poison in active:
            poison.__exit__()
        try:
            yield
        finally:
            for poison in reversed(active):
                poison.__enter__()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The import system's question; the answer for torch is a spec whose loader refuses."""
        if not _is_torch(name):
            return None
        # Where the real one is, so that a probe which only looks sees what is installed.
        real = _real_spec(name, path, target)
        spec = ModuleSpec(name, self, origin=None if real is None else real.origin, is_package=True)
        if real is not None:
            spec.submodule_search_locations = real.submodule_search_locations
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Refuse to load."""
        self.attempts.append(spec.name)
        raise PoisonError(f"{spec.name} was imported under the poison; torch enters through the handle only")

    def exec_module(self, module: ModuleType) -> None:
        """Never reached: `create_module` refuses."""


def _is_torch(name: str) -> bool:
    return name == "torch" or name.startswith("torch.")


def _real_spec(name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        # A poison within a poison would ask itself; a finder without find_spec is from before Python 3.4.
        if not isinstance(finder, PoisonedTorch) and hasattr(finder, "find_spec"):
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
    return None


class Call(NamedTuple):
    """One call on a `FakeTorch`: the dotted name below torch and the arguments."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class FakeMember:
    """Something below a `FakeTorch`: an attribute, callable, or what a call gave back.

    It can be called, entered and asked for attributes. It has no truth, value, length or elements: where the
    code under test decides by one, the test has to set it (``fake_torch.cuda.is_available = lambda: True``).
    """

    def __init__(self, name: str, calls: list[Call]) -> None:
        self.__dict__.update(_name=name, _calls=calls)

    def __getattr__(self, name: str) -> FakeMember:
        if name.startswith("__"):
            # Protocols are asked for by such names; answering all of them would claim to be everything.
            raise AttributeError(f"{self!r} has no {name}")
        member = FakeMember(f"{self._path}.{name}".lstrip("."), self._recorded)
        self.__dict__[name] = member
        return member

    @property
    def _path(self) -> str:
        return str(self.__dict__["_name"])

    @property
    def _recorded(self) -> list[Call]:
        calls: list[Call] = self.__dict__["_calls"]
        return calls

    def __call__(self, *args: Any, **kwargs: Any) -> FakeMember:
        """Record the call; what it gives back is a fake too."""
        self._recorded.append(Call(self._path, args, kwargs))
        return FakeMember(f"{self._path}()", self._recorded)

    def __enter__(self) -> FakeMember:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __copy__(self) -> FakeMember:
        return self

    def __deepcopy__(self, memo: object) -> FakeMember:
        """Itself, as the handle: what a copied module calls is recorded where the test looks."""
        return self

    def __bool__(self) -> bool:
        raise self._lacks("truth")

    def _lacks(self, what: str) -> TypeError:
        # Each call gives back a new fake, so what is to be set is the first that is called.
        name = self._path.partition("()")[0]
        return TypeError(f"{self!r} has no {what}: set {f'fake_torch.{name}'.rstrip('.')} in the test")

    def __format__(self, spec: str) -> str:
        if spec:
            raise self._lacks("value")
        return repr(self)

    def __len__(self) -> int:
        raise self._lacks("length")

    def __getitem__(self, key: object) -> NoReturn:
        # Iteration asks here, too. An `__iter__` would pass for one of `collections.abc.Iterable`.
        raise self._lacks("elements")

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        raise TypeError(f"{self!r} is no class: set fake_torch.{self._path} to one in the test")

    def __repr__(self) -> str:
        return f"<fake torch.{self._path}>"


def _has_no_value(self: FakeMember, *_: object) -> NoReturn:
    raise self._lacks("value")


_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
for _name in (
    *("float", "int", "index", "complex", "lt", "le", "gt", "ge", "neg", "pos", "abs", "invert"),
    *_BINARY,
    *(f"r{_name}" for _name in _BINARY),
):
    setattr(FakeMember, f"__{_name}__", _has_no_value)


class FakeTorch(FakeMember):
    """A handle without torch that records the calls made on it, in ``calls``.

    Nothing has drifted on it and any thread will do. Any member exists, so a misspelt one goes unnoticed
    here: that is the type checker's part (docs/pytest-plugin.md). Members can be set, at any depth.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        super().__init__("", [])
        self.__dict__["runtime"] = Ready(policy=policy or Policy(device="cpu"), facts=Facts())
        self.__dict__["applied"] = {}

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in order."""
        return self._recorded

    @property
    def torch(self) -> FakeTorch:
        """Itself, for the rebind idiom."""
        return self

    def verify(self) -> None:
        """Nothing can have moved."""

    def drift(self) -> tuple[()]:
        """Nothing has moved."""
        return ()

    def assert_thread(self) -> None:
        """Every thread will do."""

    @property
    def worker_init(self) -> type[_NoWorkerInit]:
        """A picklable initialiser that does nothing."""
        return _NoWorkerInit

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<FakeTorch>"


class _NoWorkerInit:
    def __init__(self, worker_id: int = 0) -> None: ...
