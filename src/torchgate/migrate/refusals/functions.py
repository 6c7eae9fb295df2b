"""Pages: a project function that would have to take device and dtype as parameters."""

from __future__ import annotations

from torchgate.migrate.refusals.page import Page
from torchgate.migrate.refusals.reason import RefusalReason as R

PAGES: dict[R, Page] = {
    R.FUNCTION_ESCAPES: Page(
        what=(
            "A function that makes tensors under the default is used as a value: stored, returned, passed on."
        ),
        why="Whoever calls it later does not pass the placement, and may call it under another default.",
        by_hand="Pass `functools.partial(function, device=device, dtype=dtype)` instead.",
        example="HANDLERS = [make_batch]\nwith default_device(device):\n    x = make_batch()",
    ),
    R.METHOD_OVERRIDDEN: Page(
        what="The method that is called has overrides, or overrides one whose class is outside the project.",
        why=(
            "Which one runs depends on the object; each of them, and everyone who overrides it elsewhere, "
            "would have to take the new keywords."
        ),
        by_hand=(
            "Add `*, device=None, dtype=None` to the whole family of methods, then run the migration again."
        ),
        example="class Base:\n    def build(self): ...\nclass Child(Base):\n    def build(self): ...",
    ),
    R.DECORATED_FUNCTION: Page(
        what="The function that would take the placement is decorated.",
        why="The decorator stands between caller and function, and need not hand new keywords on.",
        by_hand=(
            "Let the decorator pass `**kwargs` on, add the parameters by hand, and run the migration again."
        ),
        example="@traced\ndef make_batch():\n    return torch.zeros(3)",
    ),
    R.CACHED_FUNCTION: Page(
        what="The function remembers its results.",
        why=(
            "Today the first caller's default decides what every later caller gets. With parameters each "
            "placement would have a result of its own: better, but not the same."
        ),
        by_hand="Take the placement as a parameter of the cached function, knowing that results change.",
        example="@functools.cache\ndef grid():\n    return torch.linspace(0, 1, 9)",
    ),
    R.NAME_COLLISION: Page(
        what=(
            "`device` or `dtype` already means something else in this function, or in a class it belongs to."
        ),
        why="A parameter of that name would hide it.",
        by_hand="Rename one of the two.",
        example="def make_batch(shape):\n    device = shape.owner\n    return torch.zeros(3)",
    ),
    R.KEYWORDS_FORWARDED: Page(
        what="The function takes `**kwargs` and hands them on.",
        why="A new keyword parameter would no longer arrive where it arrives today.",
        by_hand="Name the keywords that the function really takes.",
        example="def build(**kwargs):\n    return Model(**kwargs)",
    ),
    R.IMPLICIT_CALL: Page(
        what=(
            "The function is called by the language, not by a call: a property, an operator, `__call__` "
            "through a module, a descriptor, a comparison in a sort, "
            "iterating over something of an unknown class."
        ),
        why="Such a call cannot pass a keyword.",
        by_hand="Give the object its device and dtype when it is made, and read them from `self`.",
        example="class Grid:\n    @property\n    def points(self):\n        return torch.linspace(0, 1, 9)",
    ),
}
