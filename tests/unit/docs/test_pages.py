"""The pages of the documentation: their commands exist, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.support.paths import ROOT
from tests.support.repository.pages import PAGES, README, anchors, blocks, links, text_of

TARGETS = sorted(
    {name for page in PAGES for name in re.findall(r"make ([a-z][a-z-]+)", text_of(page))}
)
LONGEST_README = 300


@pytest.mark.parametrize("target", TARGETS)
def test_each_make_target_exists(target: str) -> None:
    command = ["make", "--dry-run", target, "EVENT=e", "REVIEWER=e"]
    asked = subprocess.run(command, check=False, cwd=ROOT, capture_output=True)  # noqa: S603 - our own
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    inside = [link for link in links(text_of(page)) if "://" not in link]
    assert [link for link in inside if not leads_somewhere(page, link)] == []


def test_the_readme_links_to_each_other_page() -> None:
    linked = {link.partition("#")[0] for link in links(text_of(README))}
    assert sorted(set(PAGES) - linked - {README}) == []


def test_the_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) < LONGEST_README


@pytest.mark.parametrize("page", PAGES)
def test_each_block_of_commands_is_a_program_of_the_shell(page: str) -> None:
    for block in blocks(text_of(page), "sh"):
        checked = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - bash of the PATH; it runs nothing
            check=False,
            input=block,
            capture_output=True,
            text=True,
        )
        assert checked.stderr == ""


@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_a_sentence_of_another_page(page: str) -> None:
    others = {line for other in PAGES if other != page for line in long_sentences(text_of(other))}
    assert sorted(long_sentences(text_of(page)) & others) == []


def long_sentences(text: str) -> set[str]:
    """Return the sentences of several words that are in no block, table or link."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^(\||#).*$|^(- |\d+\. )", "", prose, flags=re.MULTILINE)
    found = re.split(r"(?<=[.:;])\s|\n\n", re.sub(r"(?<=\S)\n(?=\S)", " ", prose))
    return {each.strip() for each in found if len(each.split()) >= 8}


def leads_somewhere(page: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    return anchor in anchors(target) if anchor else target.exists()
