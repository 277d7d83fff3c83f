"""Places stand-ins for modules that the packages import and the function never uses.

``stand-ins.yaml`` describes them. Each use of a stand-in by a package is in the table: a release of
an SDK that uses more, or from elsewhere, cannot be packaged before somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ops.errors import OpsError
from ops.package.selection import Selection, matches
from ops.package.uses import Uses, module_name, uses_of

_TABLE = Path(__file__).with_name("stand-ins.yaml")
_MEMBERS = {"why", "files", "unused", "texts", "used"}
# A name of a stand-in may be imported, be a base class and be in isinstance(), but not be called.
_ABSENT = '''\
"""A stand-in of the function's package: {why}."""


class _Absent(type):
    def __call__(cls, *args, **options):
        name = f"{{cls.__module__}}.{{cls.__name__}}"
        raise NotImplementedError(f"{{name}} is not in the package: {why}")

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls()
'''
_NAME = "\n\nclass {name}(metaclass=_Absent):\n    pass\n"


@dataclass(frozen=True)
class StandIn:
    """Stand-ins for the modules of a package.

    Attributes:
        why: the reason why the function does not need the modules.
        files: patterns of the files that are replaced.
        unused: names by the path of their stand-in; a call of one raises an error.
        texts: stand-ins that are written out, by path.
        used: all uses of the modules: names by the pattern of the files that use them.
    """

    why: str
    files: tuple[str, ...]
    unused: Mapping[str, Sequence[str]]
    texts: Mapping[str, str]
    used: Uses

    def modules(self) -> dict[str, bytes]:
        """Return the stand-ins by path."""
        absent = {
            path: _ABSENT.format(why=self.why) + "".join(_NAME.format(name=name) for name in names)
            for path, names in self.unused.items()
        }
        return {path: text.encode() for path, text in {**absent, **self.texts}.items()}


def read_stand_ins() -> list[StandIn]:
    """Read the table.

    Raises:
        OpsError: an entry has unknown members, or lacks one.
    """
    stand_ins = []
    for entry in yaml.safe_load(_TABLE.read_text(encoding="utf-8")):
        if not {"why", "files", "used"} <= set(entry) <= _MEMBERS:
            members = "needs why, files and used, may have unused and texts"
            raise OpsError(f"{_TABLE.name}: {entry}: {members}")
        used = {name: set(names) for name, names in entry["used"].items()}
        parts = entry.get("unused", {}), entry.get("texts", {})
        stand_ins.append(StandIn(entry["why"], tuple(entry["files"]), *parts, used))
    return stand_ins


def place(selection: Selection, stand_ins: Sequence[StandIn]) -> None:
    """Replace the modules in a selection.

    Raises:
        OpsError: a pattern matches no file, or a package uses other names than the table says.
    """
    for stand_in in stand_ins:
        removed = [name for name in selection.content if matches(name, stand_in.files)]
        for pattern in stand_in.files:
            if not any(matches(name, (pattern,)) for name in removed):
                raise OpsError(f"{_TABLE.name}: {pattern} does not match any file")
        size = sum(len(selection.content.pop(name)) for name in removed)
        selection.left_out[stand_in.why] = (len(removed), size)
        _require_described(selection.content, stand_in, removed)
    for stand_in in stand_ins:
        selection.content.update(stand_in.modules())


def _require_described(
    content: Mapping[str, bytes], stand_in: StandIn, removed: Sequence[str]
) -> None:
    replaced = {module_name(name) for name in (*removed, *stand_in.modules())}
    found = uses_of(replaced, content)
    described = {
        name: names
        for pattern, names in stand_in.used.items()
        for name in [path for path in found if matches(path, (pattern,))] or [pattern]
    }
    for name in sorted(found.keys() | described):
        uses, expected = found.get(name, set()), described.get(name, set())
        if uses != expected:
            raise OpsError(
                f"{_TABLE.name}: {name} uses {_list(uses)} of {stand_in.files[0]}, and the table "
                f"says {_list(expected)}: does the function need the real module now?"
            )


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
