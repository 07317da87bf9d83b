from __future__ import annotations

import pytest

from graphkit.errors import UsageError
from graphkit.jobs import Shard


def _array(number: int, first: int, last: int, count: int) -> dict[str, str]:
    values = {"ID": number, "MIN": first, "MAX": last, "COUNT": count}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in values.items()}


def test_the_parts_are_all_of_it() -> None:
    clips = list("abcdefg")
    parts = [Shard(number, 3).of_clips(clips) for number in range(3)]
    assert parts == [["a", "d", "g"], ["b", "e"], ["c", "f"]]


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        pytest.param("0/1", {}, Shard(0, 1), id="one"),
        pytest.param("15/16", {}, Shard(15, 16), id="last"),
        pytest.param("auto", _array(0, 0, 15, 16), Shard(0, 16), id="from 0"),
        pytest.param("auto", _array(16, 1, 16, 16), Shard(15, 16), id="from 1"),
        pytest.param("auto", _array(6, 2, 8, 4), Shard(2, 4), id="steps"),
        pytest.param("auto", _array(5, 5, 5, 1), Shard(0, 1), id="single"),
        pytest.param("auto", _array(7, 1, 7, 3), Shard(2, 3), id="steps of three"),
    ],
)
def test_which_part(text: str, environment: dict[str, str], shard: Shard) -> None:
    assert Shard.parse(text, environment) == shard


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        pytest.param("3", {}, r'shard: "3" is not I/N, such as 0/16', id="form"),
        pytest.param("16/16", {}, "there is no part 16/16; the parts are 0/16 to 15/16", id="too high"),
        pytest.param("0/0", {}, "there is no part 0/0", id="none"),
        pytest.param("auto", {}, "auto is for tasks of a job array of SLURM", id="no array"),
        pytest.param("auto", _array(4, 1, 9, 4), "do not follow each other evenly", id="uneven"),
    ],
)
def test_which_part_there_is_not(text: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Shard.parse(text, environment)
