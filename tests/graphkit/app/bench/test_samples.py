"""Figures of one process, and quotients of pairs."""

from __future__ import annotations

import pytest

from graphkit.app.bench.samples import Ratio, Sample, median


def sample(real_s: float, **figures: float) -> Sample:
    given = {
        "frames": 10, "start_up_s": 0.5, "run_s": 2.0, "user_s": 3.0, "sys_s": 1.0, "peak_rss_mib": 100.0,
    } | figures  # fmt: skip
    return Sample(real_s=real_s, **given)  # type: ignore[arg-type]


def test_derived_figures() -> None:
    made = sample(2.5)
    assert (made.cpu_s, made.fps, made.ms_per_frame) == (4.0, 5.0, 200.0)


def test_nothing_done() -> None:
    made = sample(2.5, frames=0, run_s=0.0)
    assert (made.fps, made.ms_per_frame) == (0.0, 0.0)


def test_json_has_stored_and_derived_figures() -> None:
    assert sample(2.5).as_json() == {
        "frames": 10, "start_up_s": 0.5, "run_s": 2.0, "real_s": 2.5, "user_s": 3.0, "sys_s": 1.0,
        "peak_rss_mib": 100.0, "cpu_s": 4.0, "fps": 5.0, "ms_per_frame": 200.0,
    }  # fmt: skip


def test_median() -> None:
    assert median([sample(3), sample(1), sample(2)], "real_s") == 2


def test_ratios_are_made_pair_by_pair() -> None:
    ours, theirs = [sample(1), sample(3), sample(2)], [sample(2), sample(3), sample(8)]
    found = Ratio.of("real_s", ours, theirs)
    # The quotient of the medians would be 2 / 3.
    assert (found.median, found.least, found.most) == (0.5, 0.25, 1.0)
    assert found.as_json() == {"median": 0.5, "least": 0.25, "most": 1.0}


def test_sides_with_different_numbers_of_rounds_make_no_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        Ratio.of("real_s", [sample(1)], [])
