"""Stand-ins in the zip: the table describes each use, and a call names the missing module."""

from __future__ import annotations

import shutil
import subprocess
import symtable
import types
from pathlib import Path

import certifi
import pytest

from ops.errors import OpsError
from ops.package.authorities import by_subject
from ops.package.packages import read_packages
from ops.package.selection import Selection, read_rules, select
from ops.package.stand_ins import StandIn, place, read_stand_ins
from ops.package.uses import module_name, uses_of
from tests.support.repository.package import PACKAGES

SDK = {
    "sdk/client.py": b"import codec\nfrom codec import Kind\n\ndef send(): codec.encode(1)\n",
    "codec/__init__.py": b"",
    "codec/fast.py": b"",
}
USED = {"sdk/*.py": {"import", "Kind", "encode"}}
NAMES = {"codec/__init__.py": ["Kind", "encode"]}


def stand_in(**changes: object) -> StandIn:
    members = {"why": "no codes", "files": ("codec/*",), "unused": NAMES, "texts": {}, "used": USED}
    return StandIn(**{**members, **changes})  # type: ignore[arg-type] # changes have its types


def test_a_stand_in_replaces_all_modules_of_a_package() -> None:
    selection = Selection(dict(SDK))
    place(selection, [stand_in()])
    assert sorted(selection.content) == ["codec/__init__.py", "sdk/client.py"]
    assert selection.content["sdk/client.py"] == SDK["sdk/client.py"]
    assert selection.left_out == {"no codes": (2, 0)}


@pytest.mark.parametrize(
    "code",
    [
        "from codec import decode",
        "from codec.fast import table",
        "import codec.fast",
        "def later():\n    import codec as c\n    return c.decode(b'')",
    ],
)
def test_a_new_use_by_a_package_stops_the_packaging(code: str) -> None:
    content = {**SDK, "sdk/new.py": code.encode()}
    with pytest.raises(OpsError, match=r"sdk/new\.py uses .* of codec/\*, and the table says"):
        place(Selection(content), [stand_in()])


def test_a_use_that_has_ended_stops_the_packaging_too() -> None:
    content = {**SDK, "sdk/client.py": b""}
    with pytest.raises(OpsError, match=r"sdk/\*\.py uses nothing of codec/\*"):
        place(Selection(content), [stand_in()])


def test_a_package_that_is_gone_stops_the_packaging() -> None:
    with pytest.raises(OpsError, match=r"gone/\* does not match any file"):
        place(Selection(dict(SDK)), [stand_in(files=("gone/*",))])


def test_relative_imports_are_uses() -> None:
    content = {"sdk/http/a.py": b"from ..codec import encode\nfrom .. import codec as other\n"}
    assert uses_of({"sdk.codec"}, content) == {"sdk/http/a.py": {"encode", "import"}}


@pytest.mark.parametrize("code", ["Kind()", "Kind.of(1)", "encode({})", "encode.table"])
def test_a_call_of_a_stand_in_says_what_is_missing(code: str) -> None:
    module = loaded("codec", stand_in().modules()["codec/__init__.py"])
    with pytest.raises(NotImplementedError, match=r"codec\.\w+ is not in the package: no codes"):
        eval(code, vars(module))  # noqa: S307 - the codes above


def test_a_stand_in_may_be_a_base_class_and_the_type_of_nothing() -> None:
    module = loaded("codec", stand_in().modules()["codec/__init__.py"])
    assert not isinstance({}, (module.Kind, module.encode))
    assert not hasattr(module.Kind, "__fspath__")


def test_the_stand_in_for_simplejson_writes_requests_as_python_does() -> None:
    [texts] = [each.texts for each in read_stand_ins() if "simplejson/*" in each.files]
    module = loaded("simplejson", texts["simplejson/__init__.py"].encode())
    assert module.dumps({"url": "票"}, use_decimal=True) == '{"url": "\\u7968"}'
    assert module.loads('{"a": 0.5}') == {"a": 0.5}
    with pytest.raises(module.JSONDecodeError):
        module.loads("<html>")


@pytest.mark.exhaustive
def test_every_stand_in_has_the_names_that_the_packages_import() -> None:
    if not PACKAGES.exists():
        pytest.skip("the function's packages are not installed: make test installs them")
    merged: dict[str, bytes] = {}
    for package in read_packages(PACKAGES):
        merged.update(package.files)
    stand_ins = read_stand_ins()
    selection = select(merged, read_rules())
    place(selection, stand_ins)
    missing = {}
    for path, text in [module for each in stand_ins for module in each.modules().items()]:
        symbols = symtable.symtable(text.decode(), path, "exec").get_symbols()
        bound = {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}
        uses = uses_of({module_name(path)}, selection.content)
        if absent := set[str]().union(*uses.values()) - bound - {"import"}:
            missing[path] = absent
    # The first is a module that the zip has, the second one of a library that it does not have.
    assert missing == {"urllib3/http2/__init__.py": {"probe"}, "idna/__init__.py": {"core"}}


def test_authorities_have_the_names_that_openssl_looks_for(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("this machine has no openssl")
    found = by_subject(Path(certifi.where()).read_text("utf-8"))
    for name, certificate in found.items():
        (tmp_path / f"{name}.pem").write_bytes(certificate)
    subprocess.run([openssl, "rehash", tmp_path], check=True)  # noqa: S603 - openssl
    links = {path.name: path.resolve().name for path in tmp_path.iterdir() if path.is_symlink()}
    assert links == {name: f"{name}.pem" for name in found}


def test_two_authorities_of_one_subject_have_two_files() -> None:
    text = Path(certifi.where()).read_text("utf-8")
    twice = by_subject(text + text)
    assert {name.partition(".")[2] for name in twice} == {"0", "1"}


def loaded(name: str, text: bytes) -> types.ModuleType:
    module = types.ModuleType(name)
    exec(text, vars(module))  # noqa: S102 - the stand-in's text
    return module
