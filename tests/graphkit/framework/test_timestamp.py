"""Timestamps: special values, predicates, neighbours, arithmetic."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from graphkit import Timestamp
from graphkit.errors import TimestampError
from graphkit.framework._timestamp import as_timestamp, describe

T = Timestamp

VALUES = {
    "UNSET": -9223372036854775808,
    "UNSTARTED": -9223372036854775807,
    "PRE_STREAM": -9223372036854775806,
    "MIN": -9223372036854775805,
    "MAX": 9223372036854775804,
    "POST_STREAM": 9223372036854775805,
    "ONE_OVER_POST_STREAM": 9223372036854775806,
    "DONE": 9223372036854775807,
}


@pytest.mark.parametrize(("name", "value"), VALUES.items())
def test_special_values(name: str, value: int) -> None:
    """S2."""
    special = getattr(T, name)
    assert int(special) == value
    assert isinstance(special, Timestamp)
    assert (str(special), repr(special)) == (name, f"Timestamp.{name}")


@pytest.mark.parametrize(("name", "value"), VALUES.items())
def test_special_values_exist_under_their_names_only(name: str, value: int) -> None:
    with pytest.raises(TimestampError) as caught:
        Timestamp(value)
    assert str(caught.value) == (
        f"{name} is not an ordinary timestamp; take special values by name, such as Timestamp.PRE_STREAM"
    )
    assert Timestamp.from_raw(value) == getattr(T, name)


PREDICATES = [
    # value, range value, special, allowed in stream
    pytest.param(T.UNSET, False, True, False, id="unset"),
    pytest.param(T.UNSTARTED, False, True, False, id="unstarted"),
    pytest.param(T.PRE_STREAM, False, True, True, id="pre stream"),
    pytest.param(T.MIN, True, True, True, id="min"),
    pytest.param(T.MIN + 1, True, False, True, id="above min"),
    pytest.param(T(-5), True, False, True, id="negative"),
    pytest.param(T(0), True, False, True, id="zero"),
    pytest.param(T.MAX - 1, True, False, True, id="below max"),
    pytest.param(T.MAX, True, True, True, id="max"),
    pytest.param(T.POST_STREAM, False, True, True, id="post stream"),
    pytest.param(T.ONE_OVER_POST_STREAM, False, True, False, id="one over"),
    pytest.param(T.DONE, False, True, False, id="done"),
]


@pytest.mark.parametrize(("value", "in_range", "special", "allowed"), PREDICATES)
def test_predicates(value: Timestamp, in_range: bool, special: bool, allowed: bool) -> None:
    assert value.is_range_value() is in_range
    assert value.is_special_value() is special
    assert value.is_allowed_in_stream() is allowed


@pytest.mark.parametrize(
    ("value", "following"),
    [
        pytest.param(T.UNSET, T.MIN, id="unset"),
        pytest.param(T.UNSTARTED, T.MIN, id="unstarted"),
        pytest.param(T.PRE_STREAM, T.ONE_OVER_POST_STREAM, id="pre stream stands alone"),
        pytest.param(T.MIN, T.MIN + 1, id="min"),
        pytest.param(T(41), T(42), id="ordinary"),
        pytest.param(T.MAX - 1, T.MAX, id="below max"),
        pytest.param(T.MAX, T.ONE_OVER_POST_STREAM, id="max"),
        pytest.param(T.POST_STREAM, T.ONE_OVER_POST_STREAM, id="post stream"),
        pytest.param(T.DONE, T.ONE_OVER_POST_STREAM, id="done"),
    ],
)
def test_next_allowed_in_stream(value: Timestamp, following: Timestamp) -> None:
    assert value.next_allowed_in_stream() == following
    assert isinstance(value.next_allowed_in_stream(), Timestamp)


@pytest.mark.parametrize(
    ("value", "before"),
    [
        pytest.param(T.UNSET, T.UNSTARTED, id="unset"),
        pytest.param(T.PRE_STREAM, T.UNSTARTED, id="pre stream"),
        pytest.param(T.MIN, T.UNSTARTED, id="min"),
        pytest.param(T.MIN + 1, T.MIN, id="above min"),
        pytest.param(T(42), T(41), id="ordinary"),
        pytest.param(T.MAX, T.MAX - 1, id="max"),
        pytest.param(T.POST_STREAM, T.UNSTARTED, id="post stream stands alone"),
        pytest.param(T.ONE_OVER_POST_STREAM, T.MAX, id="one over"),
        pytest.param(T.DONE, T.MAX, id="done"),
    ],
)
def test_previous_allowed_in_stream(value: Timestamp, before: Timestamp) -> None:
    assert value.previous_allowed_in_stream() == before


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param(T(5) + 3, T(8), id="add"),
        pytest.param(3 + T(5), T(8), id="add from the left"),
        pytest.param(T(5) - 3, T(2), id="subtract"),
        pytest.param(T(5) - T(8), -3, id="difference"),
        pytest.param(T.MAX + 1, T.MAX, id="saturates above"),
        pytest.param(T.MIN - 1, T.MIN, id="saturates below"),
        pytest.param(T(0) + 2**70, T.MAX, id="saturates far above"),
        pytest.param(T(0) - 2**70, T.MIN, id="saturates far below"),
        pytest.param(T.MAX - T.MIN, VALUES["MAX"] - VALUES["MIN"], id="widest difference"),
    ],
)
def test_arithmetic(result: int, expected: int) -> None:
    """S4."""
    assert result == expected


def test_types_of_arithmetic() -> None:
    assert type(T(5) + 3) is type(T(5) - 3) is Timestamp
    assert type(T(5) - T(3)) is int


@pytest.mark.parametrize(
    "compute",
    [
        pytest.param(lambda: T.PRE_STREAM + 1, id="add"),
        pytest.param(lambda: T.DONE - 1, id="subtract"),
        pytest.param(lambda: T.POST_STREAM - T(0), id="difference of a special value"),
        pytest.param(lambda: T(0) - T.UNSET, id="difference to a special value"),
    ],
)
def test_special_values_take_no_arithmetic(compute: Any) -> None:
    with pytest.raises(TimestampError, match=r"Timestamp\.\w+ takes no arithmetic; only MIN to MAX does"):
        compute()


@pytest.mark.parametrize(
    ("seconds", "microseconds"), [(0.0, 0), (1.0, 1_000_000), (0.0333333, 33_333), (-2.5, -2_500_000)]
)
def test_seconds(seconds: float, microseconds: int) -> None:
    timestamp = Timestamp.from_seconds(seconds)
    assert timestamp.microseconds() == microseconds
    assert timestamp.seconds() == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("value", [1.5, "7", None])
def test_only_whole_numbers_are_timestamps(value: Any) -> None:
    """S1."""
    with pytest.raises(TimestampError) as caught:
        Timestamp(value)
    assert str(caught.value) == (
        f"{value!r} is not a timestamp; pass whole microseconds, or use Timestamp.from_seconds()"
    )


def test_numbers_that_fit_no_timestamp() -> None:
    with pytest.raises(TimestampError, match="9223372036854775808 does not fit into 64 bits"):
        Timestamp.from_raw(2**63)
    with pytest.raises(TimestampError, match="is not an ordinary timestamp"):
        Timestamp(2**63)


def test_timestamps_are_ordered_and_hashed_as_ints() -> None:
    assert T.PRE_STREAM < T(-3) < 0 < T(7) < T.POST_STREAM
    assert {T(7): "seven"}[7] == "seven"
    assert f"{T(7)}" == "7"


def test_as_timestamp_keeps_special_values_and_checks_ints() -> None:
    assert as_timestamp(T.DONE) is T.DONE
    assert as_timestamp(7) == T(7)
    with pytest.raises(TimestampError):
        as_timestamp(int(T.DONE))
    assert describe(12) == "12"


@pytest.mark.parametrize("value", [Timestamp(5), Timestamp.PRE_STREAM, Timestamp.MAX, Timestamp.DONE])
def test_copies_and_pickles_are_equal(value: Timestamp) -> None:
    for made in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (made, type(made)) == (value, Timestamp)
