"""Random projects: functions, methods, modules and blocks over up to three files, for hypothesis to draw.

Every tensor has three elements, so that operators fit; devices may disagree, and then the exception is part
of what is compared. Hazards (integers that are divided, tensors that are printed, closures that outlive their
block, caches, keywords in a dict) are drawn less often than plain code, or no site could ever be migrated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.migrate.differential.vocabulary import (
    BINARY,
    CONFIG,
    CONTEXTS,
    FLOAT_UNARY,
    FLOATS,
    FORMED,
    GLOBALS,
    HAZARDS,
    HELPERS,
    IMPORTS,
    INTS,
    MAIN,
    ODD,
    PLACED,
    UNARY,
)


@dataclass
class Callee:
    """Something that the project may call, with a tensor or without; ``{0}`` in ``call`` is the tensor."""

    call: str
    takes: bool
    kind: str = "float"


@dataclass
class Names:
    """The names of one function: what kinds of tensors they hold."""

    floats: list[str] = field(default_factory=list)
    ints: list[str] = field(default_factory=list)
    count: int = 0

    def fresh(self, kind: str) -> str:
        """A new name."""
        self.count += 1
        name = f"v{self.count}"
        (self.floats if kind == "float" else self.ints).append(name)
        return name


class Author:
    """Writes one project with the choices that hypothesis draws."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw
        self.callees: list[Callee] = []
        self.count = 0
        # Helper and torch.device in one run trip over each other inside torch ("Found nested DeviceContext").
        self.entered = self.often(25)

    # Choices.

    def below(self, limit: int) -> int:
        """A number from 0; 0 is the simplest choice."""
        return self._draw(st.integers(0, limit - 1))

    def often(self, percent: int) -> bool:
        """True that often; False is simpler."""
        return self.below(100) >= 100 - percent

    def one(self, options: Sequence[str]) -> str:
        """One of several."""
        return options[self.below(len(options))]

    # Expressions.

    def factory(self, kind: str) -> str:
        """A call that makes a tensor."""
        if self.often(4):
            return self.one(ODD)
        if kind == "int":
            return self.one(INTS)
        if self.often(8):
            return self.one(FORMED)
        return self.one(PLACED) if self.often(12) else self.one(FLOATS)

    def operand(self, names: Names, kind: str) -> str:
        """A name of that kind, or a factory where there is none."""
        known = names.floats if kind == "float" else names.ints
        return self.one(known[-3:]) if known and self.often(75) else self.factory(kind)

    def expression(self, names: Names, kind: str) -> str:
        """A tensor: made, computed or got from a project function."""
        choice = self.below(100)
        if choice < 45:
            return self.factory(kind)
        if choice < 60:
            forms = (*UNARY, *FLOAT_UNARY) if kind == "float" else UNARY[:4]
            return self.one(forms).format(self.operand(names, kind))
        if choice < 72:
            return self.one(BINARY).format(self.operand(names, kind), self.operand(names, kind))
        if choice < 96:
            known = [callee for callee in self.callees if callee.kind == kind]
            if known:
                callee = known[self.below(len(known))]
                return callee.call.format(self.operand(names, kind)) if callee.takes else callee.call
            return self.factory(kind)
        return self.one(HAZARDS).format(self.operand(names, self.one(("int", "float"))))

    # Statements; each is a list of lines without indentation.

    def assignment(self, names: Names) -> list[str]:
        """A name for a tensor, kept among what the function found."""
        kind = "int" if self.often(30) else "float"
        said = self.expression(names, kind)
        hazard = said.startswith(("f'", "str(", "torch.get_default", "torch.dist"))
        name = "text" if hazard else names.fresh(kind)
        return [f"{name} = {said}", f"found.append({name})"]

    def repeated(self, names: Names) -> list[str]:
        """A loop, a comprehension, a branch."""
        said = self.expression(names, "float")
        choice = self.below(5)
        if choice == 0:
            return [f"found.append([{said} for _ in range(2)])"]
        if choice == 1:
            return ["for index in range(2):", f"    found.append({said})"]
        if choice == 2:
            other = self.factory("float")
            return ["if len(found) % 2:", f"    found.append({said})", "else:", f"    found.append({other})"]
        if choice == 3:
            return [f"found.append({{n: {said} for n in 'ab'}})"]
        return ["try:", f"    found.append({said})", "finally:", f"    found.append({self.factory('int')})"]

    def deferred(self, names: Names) -> list[str]:
        """A closure or a generator, used at once or later."""
        self.count += 1
        name = f"later{self.count}"
        made = self.factory("float")
        choice = self.below(4)
        if choice == 0:
            return [f"def {name}(n):", f"    return [n, {made}]", f"found.append({name}(1))"]
        if choice == 1:
            return [f"{name} = lambda: {made}", f"lazy.append({name})"]
        if choice == 2:
            return [f"lazy.append(({made} for _ in range(2)))"]
        return [f"found.append(list({made} for _ in range(2)))"]

    def block(self, names: Names, depth: int) -> list[str]:
        """A with-block around more statements."""
        items = [self.one(CONTEXTS) for _ in range(1 + self.often(25))]
        if self.entered:
            items = [item.replace("default_device", "torch.device") for item in items]
        inside = Names([*names.floats], [*names.ints], names.count)
        body = self.statements(inside, depth + 1, 1 + self.below(3))
        names.count = inside.count
        if self.often(60):  # what is made inside is used outside as well
            names.floats, names.ints = inside.floats, inside.ints
        return self.form(items, body)

    def form(self, items: list[str], body: list[str]) -> list[str]:
        """The ways in which a default can be set around statements."""
        choice = self.below(100)
        if choice < 70:
            if len(body) == 1 and self.often(20):
                return [f"with {', '.join(items)}: {body[0]}"]
            return [f"with {', '.join(items)}:", *indented(body)]
        if choice < 80:
            self.count += 1
            entered = [f"stack{self.count}.enter_context({item})" for item in items]
            return [f"with contextlib.ExitStack() as stack{self.count}:", *indented([*entered, *body])]
        if choice < 90:
            self.count += 1
            setting = f"torch.set_default_dtype({self.one(('torch.float64', 'torch.float32', 'DTYPE'))})"
            restoring = [f"torch.set_default_dtype(old{self.count})"]
            saving = f"old{self.count} = torch.get_default_dtype()"
            return [saving, setting, "try:", *indented(body), "finally:", *indented(restoring)]
        self.count += 1
        name = f"inner{self.count}"
        inside = [f"def {name}():", *indented([*self.statements(Names(), 3, 1), "return found"])]
        decorators = [] if self.entered else [f"@{item}" for item in items]
        return [*decorators, *inside, f"{name}()"]

    def statements(self, names: Names, depth: int, number: int) -> list[str]:
        """Several statements."""
        lines: list[str] = []
        for _ in range(number):
            choice = self.below(100)
            if choice < 55 or depth > 2:
                lines += self.assignment(names)
            elif choice < 68:
                lines += self.repeated(names)
            elif choice < 73:
                lines += self.deferred(names)
            else:
                lines += self.block(names, depth)
        return lines

    # Definitions.

    def function(self) -> list[str]:
        """A function that makes tensors, under a new name."""
        self.count += 1
        name = f"make{self.count}"
        takes, kind = self.often(40), "int" if self.often(20) else "float"
        names = Names()
        if takes:
            (names.floats if kind == "float" else names.ints).append("x")
        body = self.statements(names, 1 if self.often(15) else 3, 1 + self.below(2))
        last = self.expression(names, kind)
        choice = self.below(100)
        parameters = ["x"] if takes else []
        call = f"{name}({{0}})" if takes else f"{name}()"
        head: list[str] = []
        if choice >= 97:
            head = ["@functools.cache"]
        elif choice >= 94:
            parameters.append("**options")
        elif choice >= 88:
            parameters.append("*, scale=2")
        elif choice >= 85:
            head = ["@torch.no_grad()"]
        lines = [*head, f"def {name}({', '.join(parameters)}):", "    found = []", "    lazy = []"]
        lines += indented([*body, f"return {last}"])
        self.callees.append(Callee(call, takes, kind))
        return [*lines, "", ""]

    def recursive(self) -> list[str]:
        """A function that calls itself."""
        self.count += 1
        name = f"deep{self.count}"
        self.callees.append(Callee(f"{name}(2)", takes=False))
        made = self.factory("float")
        body = ["if n == 0:", f"    return {made}", f"return {name}(n - 1) + {made}"]
        return [f"def {name}(n):", *indented(body), "", ""]

    def maker(self) -> list[str]:
        """A plain class that makes tensors in its constructor, a method, and perhaps a property."""
        self.count += 1
        name = f"Maker{self.count}"
        names = Names(["x"])
        lines = [
            f"class {name}:",
            "    def __init__(self):",
            f"        self.own = {self.factory('float')}",
            "",
        ]
        lines += ["    def make(self, x):", f"        return {self.expression(names, 'float')}", ""]
        if self.often(20):
            lines += ["    @property", "    def asked(self):", f"        return {self.factory('float')}", ""]
            self.callees.append(Callee(f"{name}().asked", takes=False))
        self.callees += [
            Callee(f"{name}().own", takes=False),
            Callee(f"{name}().make({{0}})", takes=True),
        ]
        if self.often(20):
            lines += ["", f"class {name}Child({name}):", "    def make(self, x):"]
            lines += [f"        return {self.factory('float')}", ""]
            self.callees.append(Callee(f"{name}Child().make({{0}})", takes=True))
        return [*lines, ""]

    def module(self) -> list[str]:
        """An ``nn.Module`` with layers, parameters and buffers."""
        self.count += 1
        name = f"Net{self.count}"
        layers = ["torch.nn.Linear(3, 3)", "torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh())"]
        lines = [f"class {name}(torch.nn.Module):", "    def __init__(self):", "        super().__init__()"]
        lines.append(f"        self.layer = {self.one(layers)}")
        if self.often(50):
            lines.append(f"        self.scale = torch.nn.Parameter({self.one(FLOATS[:5])})")
        if self.often(40):
            lines.append(f"        self.register_buffer('steps', {self.factory('int')})")
        lines += ["", "    def forward(self, x):"]
        lines.append(
            "        return self.layer(x)" + (f" + {self.factory('float')}" if self.often(30) else "")
        )
        self.callees.append(Callee(f"{name}().layer.state_dict()", takes=False, kind="state"))
        self.callees.append(Callee(f"[*{name}().parameters()][0].reshape(-1)[:3]", takes=False))
        if self.often(50):
            self.callees.append(Callee(f"{name}()({{0}})", takes=True))
        return [*lines, "", ""]

    def definitions(self, number: int) -> list[str]:
        """Several definitions; later ones may call earlier ones."""
        lines: list[str] = []
        for _ in range(number):
            choice = self.below(100)
            if choice < 60:
                lines += self.function()
            elif choice < 68:
                lines += self.recursive()
            elif choice < 84:
                lines += self.maker()
            else:
                lines += self.module()
        return lines

    def step(self) -> list[str]:
        """A function without parameters that ``main`` runs: blocks, and code around them."""
        self.count += 1
        body = self.statements(Names(), 0, 1 + self.below(3)) + self.block(Names(), 1)
        ending = ["return [found, [list(x) if hasattr(x, '__next__') else x() for x in lazy]]"]
        return [f"def step{self.count}():", *indented(["found = []", "lazy = []", *body, *ending]), "", ""]

    def project(self) -> dict[str, str]:
        """The files of a project."""
        files = {"torchgate.toml": CONFIG, "app/__init__.py": "", "app/defaults.py": HELPERS}
        imports = [*IMPORTS]
        for module in ("parts", "more")[: self.below(3)]:
            start = len(self.callees)
            files[f"app/{module}.py"] = text([*imports, *GLOBALS, *self.definitions(1 + self.below(2))])
            for callee in self.callees[start:]:
                callee.call = qualified(callee.call, module)
            imports.append(f"from app import {module}")
        body = self.definitions(self.below(3) + (imports == IMPORTS))
        steps = [self.step() for _ in range(1 + self.below(2))]
        called = "".join(f"{lines[0][4:-3]}, " for lines in steps)
        lines = [*imports, *GLOBALS, *body, *(line for step in steps for line in step)]
        files["app/main.py"] = text([*lines, *(line.format(called) for line in MAIN)])
        return files


def qualified(call: str, module: str) -> str:
    """The call as another module writes it."""
    for start in ("[*", ""):
        if call.startswith(start) and call[len(start) :][:1].isalpha():
            return f"{start}{module}.{call[len(start) :]}"
    return call


def indented(lines: list[str]) -> list[str]:
    """One level deeper."""
    return [f"    {line}" if line else line for line in lines]


def text(lines: list[str]) -> str:
    """The lines as a file."""
    return "\n".join(lines).rstrip("\n") + "\n"


@st.composite
def projects(draw: Callable[[st.SearchStrategy[int]], int]) -> dict[str, str]:
    """A project that runs: its files by path."""
    return Author(draw).project()
