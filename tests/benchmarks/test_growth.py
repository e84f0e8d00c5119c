"""`make growth` measures what it says, and its page tells what was measured."""

import os
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth import child
from benchmarks.growth.axes import Measured, Setting, axes
from benchmarks.growth.child import measure
from benchmarks.growth.laws import affine, power_law
from benchmarks.growth.page import growth_plot, growth_section
from benchmarks.growth.shards import bytes_of, open_shards, write_shards
from benchmarks.speed.verse import make_corpus
from engine.config.presets import preset

SIZES = [1.0, 3.0, 10.0, 40.0]
POSITIVE = st.floats(0.01, 100)


@given(base=POSITIVE, slope=POSITIVE, power=st.sampled_from([-1, 1, 2]))
def test_an_affine_law_is_found_again(base: float, slope: float, power: int) -> None:
    law = affine(SIZES, [base + slope * x**power for x in SIZES], power)
    assert (law.base, law.slope, law.r2) == pytest.approx((base, slope, 1.0), rel=1e-6)
    assert law.at(7.0) == pytest.approx(base + slope * 7.0**power)


@given(factor=POSITIVE, exponent=st.floats(-2, 3))
def test_a_power_law_is_found_again(factor: float, exponent: float) -> None:
    law = power_law(SIZES, [factor * x**exponent for x in SIZES])
    assert (law.factor, law.exponent) == pytest.approx((factor, exponent), rel=1e-6, abs=1e-9)


def test_what_does_not_follow_a_law_says_so() -> None:
    assert affine(SIZES, [1.0, 5.0, 1.0, 5.0]).r2 < 0.7


def test_a_repeated_corpus_is_on_the_disk_as_often_as_it_says(tmp_path: Path) -> None:
    made = make_corpus(n_poems=150)
    write_shards(made, tmp_path, times=3)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) == bytes_of(made, 3) + 8
    corpus = open_shards(made.vocabulary, tmp_path)
    assert len(corpus) == 450
    first, again = corpus.poem(7), corpus.poem(307)
    assert np.array_equal(first, again)
    assert made.vocabulary.decode(first.tolist()) == made.texts()[7]
    assert len(corpus.indices("train")) == 3 * (98 + 50)


@pytest.mark.parametrize("axis", ["corpus", "length"])
def test_a_training_is_measured(axis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_config", lambda setting: preset("tiny"))
    write_shards(make_corpus(n_poems=100), tmp_path, times=2)
    times = 2 if axis == "corpus" else None
    one = measure(Setting(axis, times=times, n_characters=300, hidden_size=8, poem_chars=8), tmp_path, n_rounds=1)
    assert one.x == (200 / 1e6 if axis == "corpus" else 8)
    assert min(one.chars_per_s, one.step_ms, one.gflops, one.peak_bytes) > 0
    # A process never has less than its interpreter, nor more than the machine.
    assert 10e6 < one.peak_bytes < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def made_up(setting: Setting, x: float) -> Measured:
    return Measured(
        setting, x, 1e6 / (20 + 3 * x), 5 + x, 0.5, 40.0, int(3e8 + 1e6 * x), int(1e8 + 1e6 * x), 0.1 + x, None
    )


def test_the_page_tells_the_laws_and_its_plot_can_be_read() -> None:
    wanted = axes(quick=True)
    measured = {
        axis.key: [made_up(setting, 2.0**place) for place, setting in enumerate(axis.settings)] for axis in wanted
    }
    page = growth_section(wanted, measured)
    assert "peak memory = 300 + 1 · V MB (R² 1.000)" in page
    assert "time a step = 5 + 1 · T ms (R² 1.000)" in page
    assert page.count("\n\n### ") == page.count("| chars/s |") == 4
    plot = ElementTree.fromstring(growth_plot(wanted, measured))
    assert len(plot) == 1 + sum(len(axis.quantities[:3]) for axis in wanted)


def test_an_axis_of_which_nothing_could_be_measured_is_left_out() -> None:
    wanted = axes(quick=True)
    page = growth_section(wanted, {axis.key: [] for axis in wanted})
    assert "##" not in page
    ElementTree.fromstring(growth_plot(wanted, {axis.key: [] for axis in wanted}))
