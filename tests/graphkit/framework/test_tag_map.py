"""Tag maps: streams of a node by tag and index."""

from __future__ import annotations

import pytest

from graphkit.errors import ConfigError
from graphkit.framework import TagMap, key_label
from graphkit.framework._tag_map import TagIndexName, parse_entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        pytest.param("frames", TagIndexName("", None, "frames"), id="name"),
        pytest.param("IMAGE:frames", TagIndexName("IMAGE", None, "frames"), id="tag"),
        pytest.param("IMAGE:2:frames", TagIndexName("IMAGE", 2, "frames"), id="index"),
        pytest.param(":1:frames", TagIndexName("", 1, "frames"), id="index without tag"),
        pytest.param("_T9:_x1", TagIndexName("_T9", None, "_x1"), id="underscores and digits"),
    ],
)
def test_parse_entry(text: str, entry: TagIndexName) -> None:
    assert parse_entry(text) == entry


_NAME = "expected name, TAG:name or TAG:index:name, with a name of lower-case letters, digits and _"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", f'"" is not a stream: {_NAME}', id="empty"),
        pytest.param("Frames", f'"Frames" is not a stream: {_NAME}', id="upper-case name"),
        pytest.param("9lives", f'"9lives" is not a stream: {_NAME}', id="leading digit"),
        pytest.param("a b", f'"a b" is not a stream: {_NAME}', id="space"),
        pytest.param("A:0:b:c", f'"A:0:b:c" is not a stream: {_NAME}', id="too many parts"),
        pytest.param("A:", f'"A:" is not a stream: {_NAME}', id="no name"),
        pytest.param("tag:b", '"tag:b": tag "tag" must be upper-case letters, digits and _', id="lower-case tag"),
        pytest.param(":b", '":b": tag "" must be upper-case letters, digits and _', id="empty tag"),
        pytest.param("A:x:b", '"A:x:b": index "x" must be a number from 0', id="index"),
        pytest.param("A:-1:b", '"A:-1:b": index "-1" must be a number from 0', id="negative index"),
        pytest.param("A:01:b", '"A:01:b": index "01" must be a number from 0', id="leading zero"),
        pytest.param(
            f"A:{'1' * 40}:b",
            f'"A:{"1" * 40}:b": index "{"1" * 40}" must be a number from 0',
            id="more digits than an index has",
        ),
    ],
)
def test_entries_that_are_none(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_entry(text)
    assert str(caught.value) == message


def test_an_index_of_thousands_of_digits_is_refused_in_few_words() -> None:
    with pytest.raises(ConfigError, match="must be a number from 0") as caught:
        parse_entry(f"A:{'1' * 5000}:b")
    assert len(str(caught.value)) < 1000


def test_ids_follow_tag_and_index() -> None:
    tags = TagMap.from_entries(["B:x", "plain", "A:1:z", "A:0:y", "other"])
    assert tags.keys == (("", 0), ("", 1), ("A", 0), ("A", 1), ("B", 0))
    assert tags.names == ("plain", "other", "y", "z", "x")
    assert [tags.id_of("A", i) for i in range(3)] == [2, 3, None]
    assert tags.id_of("C") is None
    assert list(tags.ids_of("A")) == [2, 3]
    assert list(tags.ids_of("C")) == []
    assert (tags.count("A"), tags.count("C"), len(tags)) == (2, 0, 5)
    assert tags.tags() == ("", "A", "B")
    assert ("A", 1) in tags
    assert ("A", 2) not in tags


def test_entries_without_tag_count_on() -> None:
    assert TagMap.from_entries(["x", ":1:y", "z"]).keys == (("", 0), ("", 1), ("", 2))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        pytest.param(
            ["A:0:x", "A:0:y"],
            'tag "A" index 0 is given twice, the second time by "A:0:y"; number them A:0:..., A:1:...',
            id="twice",
        ),
        pytest.param(
            ["A:x", "A:y"],
            'tag "A" index 0 is given twice, the second time by "A:y"; number them A:0:..., A:1:...',
            id="without index",
        ),
        pytest.param(["x", ":0:y"], 'tag "" index 0 is given twice, the second time by ":0:y"', id="without tag"),
        pytest.param(["A:0:x", "A:2:y"], 'tag "A" has index 2 but not index 1', id="gap"),
        pytest.param(["A:1:x"], 'tag "A" has index 1 but not index 0', id="no zero"),
        pytest.param([":2:x"], "the list without a tag has index 2 but not index 0", id="gap without tag"),
        pytest.param(["A:0:x", "A:99999999999:y"], 'tag "A" has index 99999999999 but not index 1', id="huge gap"),
    ],
)
def test_indexes_that_do_not_count_up(entries: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TagMap.from_entries(entries)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("key", "label"), [(("IMAGE", 0), "IMAGE"), (("IMAGE", 1), "IMAGE:1"), (("", 2), "index 2")]
)
def test_key_label(key: tuple[str, int], label: str) -> None:
    assert key_label(key) == label
