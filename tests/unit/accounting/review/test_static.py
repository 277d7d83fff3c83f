"""The files and texts that the page consists of."""

from __future__ import annotations

import re
from hashlib import sha256
from string import Formatter

import pytest

from accounting.review.pages import STATIC
from accounting.review.texts import LANGUAGES, texts

VENDOR = STATIC / "vendor"
TEMPLATES = STATIC.parent / "templates"
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for folder in (STATIC.parent, TEMPLATES, STATIC)
    for path in folder.rglob("*")
    if path.suffix in {".py", ".html", ".js"} and VENDOR not in path.parents
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_files_of_others_are_those_of_the_table_and_have_licences() -> None:
    table = (VENDOR / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([\w.]+)` \|.*\]\(([\w.]+)\) \|.*`([0-9a-f]{64})` \|$", table, re.MULTILINE
    )
    hashes = {name: sha256((VENDOR / name).read_bytes()).hexdigest() for name, _, _ in rows}
    assert hashes == {name: stated for name, _, stated in rows}
    licences = {licence for _, licence, _ in rows}
    present = {path.name for path in VENDOR.iterdir()}
    assert present == {"README.md", *hashes, *licences}


def test_files_of_others_are_loaded_from_this_project() -> None:
    assert {path.name for path in VENDOR.glob("*.js")} == {
        name
        for text in SOURCES.values()
        for name in re.findall(r"/static/vendor/([\w.]+\.js)", text)
    }


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".html"], ids=str)
def test_templates_have_no_inline_scripts_and_styles_and_no_other_hosts(path: object) -> None:
    text = SOURCES[path]  # type: ignore[index]
    assert re.findall(r"""\s(?:on\w+|style)\s*=|<style|javascript:""", text) == []
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", text) == []
    assert re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", text) == []
    assert "| safe" not in text.replace("{{ script_texts | safe }}", "")


@pytest.mark.parametrize("key", texts())
def test_each_text_is_in_both_languages_with_the_same_values(key: str) -> None:
    text = texts()[key]
    assert set(text) == set(LANGUAGES)
    assert all(text.values())
    names = [
        sorted(name for _, name, _, _ in Formatter().parse(text[each]) if name is not None)
        for each in LANGUAGES
    ]
    assert names[0] == names[1]


def test_each_text_is_used_and_each_used_text_exists() -> None:
    together = "\n".join(SOURCES.values())
    # A key may be put together: "invoice.verdict." ~ verdict.
    starts = re.findall(r"""["'`]([a-z]+\.(?:[\w-]+\.)*)["'`$\{]""", together)
    unused = [
        key
        for key in texts()
        if f'"{key}"' not in together
        and f"'{key}'" not in together
        and not key.startswith(tuple(starts))
        and ".keys." not in key
        and not key.endswith(".group")
    ]
    assert unused == []
    used = re.findall(r"""\bt\(["']([\w.-]+)["'][,)]""", together)
    assert sorted(set(used) - set(texts())) == []
