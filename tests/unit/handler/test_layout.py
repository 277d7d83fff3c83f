"""Keys of inputs, and the keys that the function writes for them."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from quota_invoice.errors import UnusableKey
from quota_invoice.settings.layout import DEFAULT_LAYOUT, PREFIXES, BucketLayout

LIMIT = 1024  # bytes of a key in OBS
LONGEST_ETAG = "0123456789abcdef0123456789abcdef-10000"
LONGEST_LAYOUT = BucketLayout._make(
    [*(f"{n}{'p' * 198}/" for n in range(len(PREFIXES))), DEFAULT_LAYOUT.ignored]
)
# Short and long paths; parts that some software resolves; characters of one to four bytes.
PARTS = st.one_of(
    st.sampled_from(["", ".", "..", "…", "a", "a.jpg", "é" * 300, "票" * 250, "a" * 900, "~"]),
    st.text(min_size=1, max_size=20),
)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join).filter(bool)
RESOLVABLE = st.sampled_from(["../a.jpg", "a/./b.jpg", "..", "a/.."])
LONG = st.integers(320, 1015).map(lambda size: ("a/" + "票" * 400)[:size])


def size(key: str) -> int:
    return len(key.encode("utf-8", "surrogatepass"))


def written_keys(layout: BucketLayout, key: str) -> list[str]:
    """Return one key of each kind that the function writes for an input."""
    return [
        layout.record_key(key),
        layout.failure_key(key),
        layout.retry_key(key, 12),
        layout.progress_key(key),
        layout.history_key(key, LONGEST_ETAG),
    ]


@given(PATHS)
@example("a" * 940)
@example("票" * 338)
def test_each_input_gets_keys_that_obs_accepts_below_their_prefixes(path: str) -> None:
    for layout in (DEFAULT_LAYOUT, LONGEST_LAYOUT):
        keys = written_keys(layout, f"{layout.input_prefix}{path}")
        prefixes = (
            layout.results_prefix,
            layout.failures_prefix,
            layout.retries_prefix,
            layout.progress_prefix,
            layout.history_prefix,
        )
        for key, prefix in zip(keys, prefixes, strict=True):
            assert key.startswith(prefix)
            assert size(key) <= LIMIT
            assert not {".", ".."} & set(key.split("/"))
            assert layout.reason_to_ignore(key) == "the function's own output"


@given(PATHS)
def test_records_have_the_paths_of_their_inputs_where_they_keep_the_order(path: str) -> None:
    key = f"incoming/{path}"
    assume(DEFAULT_LAYOUT.keeps_order(key))
    assert written_keys(DEFAULT_LAYOUT, key) == [
        f"results/{path}.json",
        f"failures/{path}.json",
        f"retries/{path}.12.json",
        f"progress/{path}.json",
        f"history/{path}.{LONGEST_ETAG}.json",
    ]


@pytest.mark.parametrize(
    ("path", "keeps_order"),
    [
        ("a.jpg", True),
        ("差旅 +%20&/a…b.jpg", True),
        ("..a/b..jpg", True),
        ("../a.jpg", False),
        ("a/./b.jpg", False),
        ("a" * 900, True),
        ("a" * 1000, False),
        ("票" * 300, True),
        ("票" * 333, False),
    ],
)
def test_long_keys_and_keys_with_dots_as_a_part_do_not_keep_the_order(
    path: str, *, keeps_order: bool
) -> None:
    key = f"incoming/{path}"
    assert DEFAULT_LAYOUT.keeps_order(key) is keeps_order
    assert (DEFAULT_LAYOUT.record_key(key) == f"results/{path}.json") is keeps_order


def test_a_path_keeps_the_order_if_the_longest_key_of_it_fits_into_1024_bytes() -> None:
    longest = LIMIT - len("incoming/") - len(f".{LONGEST_ETAG}0.json")
    assert DEFAULT_LAYOUT.keeps_order("incoming/" + "a" * longest)
    assert not DEFAULT_LAYOUT.keeps_order("incoming/" + "a" * (longest + 1))


def test_a_long_key_begins_with_200_bytes_of_its_path() -> None:
    start, _, digest = DEFAULT_LAYOUT.record_key("incoming/" + "a" * 1000).partition("~")
    assert start == "results/" + "a" * 200
    assert len(digest.removesuffix(".json")) == 32


def test_a_path_that_looks_hashed_gets_a_hash() -> None:
    looks = f"incoming/a~{'0' * 32}"
    assert not DEFAULT_LAYOUT.keeps_order(looks)
    assert DEFAULT_LAYOUT.keeps_order(looks[:-1])
    assert DEFAULT_LAYOUT.input_key(looks.removeprefix("incoming/")) is None


def test_an_api_caller_may_name_a_path_of_1024_characters() -> None:
    path = "a" * 1024
    assert DEFAULT_LAYOUT.requested_path(path) == path
    with pytest.raises(UnusableKey, match="at most 1024 characters"):
        DEFAULT_LAYOUT.requested_path(path + "a")
    assert DEFAULT_LAYOUT.requested_path("") == ""


@given(st.one_of(PATHS, RESOLVABLE, LONG), st.one_of(PATHS, RESOLVABLE, LONG))
@example("a/../b", "a/…/b")
@example("a/../b", "a/./b")
@example("票" * 340 + "1", "票" * 340 + "2")
def test_two_inputs_never_share_a_key(one: str, other: str) -> None:
    assume(one != other)
    first = written_keys(DEFAULT_LAYOUT, f"incoming/{one}")
    assert not set(first) & set(written_keys(DEFAULT_LAYOUT, f"incoming/{other}"))


@given(st.one_of(RESOLVABLE, LONG), st.integers(0, 4))
def test_an_input_cannot_take_the_key_of_another_ones_record(path: str, kind: int) -> None:
    keys = written_keys(DEFAULT_LAYOUT, f"incoming/{path}")
    named = keys[kind].partition("/")[2].removesuffix(".json")
    assume(named != path)
    assert not set(keys) & set(written_keys(DEFAULT_LAYOUT, f"incoming/{named}"))


@given(PATHS, st.integers(0, 99))
def test_the_attempts_of_an_input_are_read_from_its_key(path: str, attempts: int) -> None:
    key = f"incoming/{path}"
    retry_key = DEFAULT_LAYOUT.retry_key(key, attempts)
    assert DEFAULT_LAYOUT.attempts_of(retry_key, key) == attempts
    assert DEFAULT_LAYOUT.attempts_of(retry_key, f"{key}b") is None


@pytest.mark.parametrize(
    "key",
    [
        "retries/a.jpg.json",
        "retries/a.jpg..json",
        "retries/a.jpg.x.json",
        "retries/a.jpg.-1.json",
        "retries/a.jpg.²3.json",
        "retries/a.jpg.1.2.json",
        "retries/b.jpg.1.json",
        "results/a.jpg.1.json",
    ],
)
def test_other_keys_tell_no_attempts(key: str) -> None:
    assert DEFAULT_LAYOUT.attempts_of(key, "incoming/a.jpg") is None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "the key is empty"),
        *(
            (f"{prefix}a.jpg.json", "the function's own output")
            for prefix in DEFAULT_LAYOUT.output_prefixes
        ),
        ("other/a.jpg", "outside incoming/"),
        ("incoming", "outside incoming/"),
        ("incoming/", "a folder"),
        ("incoming/2026/", "a folder"),
        ("incoming/a.jpg", None),
        ("incoming/../a.jpg", None),
    ],
)
def test_the_reason_to_ignore_a_key(key: str, reason: str | None) -> None:
    assert DEFAULT_LAYOUT.reason_to_ignore(key) == reason


@pytest.mark.parametrize(
    "text", ["../results/a.jpg", "a/./b", "/a.jpg", "a\\b", "a\nb", "a" * 1025]
)
def test_an_api_caller_cannot_name_a_key_that_other_software_changes(text: str) -> None:
    with pytest.raises(UnusableKey, match="a key has"):
        DEFAULT_LAYOUT.requested_key(text)


def test_api_callers_upload_below_the_input_prefix() -> None:
    assert DEFAULT_LAYOUT.uploads_prefix == "incoming/uploads/"
