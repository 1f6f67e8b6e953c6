"""What the titles of two listings say about each other."""

import numpy as np
import pytest

from nightmarket.domains.catalogue.listings import agreement, centred, codes, jaccard, score, shingles


def test_shingles_are_of_words_in_any_script() -> None:
    assert shingles("Red RED lamp") == [" la", " re", "amp", "ed ", "lam", "mp ", "red"]
    assert shingles("台灯") == [" 台灯", "台灯 "]
    assert shingles(" - ") == []


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Sony DSC-W150/R camera", {"dscw150r"}),
        ("iPhone 12, 128 GB", {"12", "128"}),
        ("2.5' display", {"2.5"}),
        ("dog food 1.5kg", {"1.5kg"}),
        ("红茶 200克", {"200"}),
        ("华为P40手机128G", {"p40", "128g"}),
        ("华为P40手机 128G", {"p40", "128g"}),
        ("bolt 1/2 in", {"1/2"}),
        ("bolt 1½ in", {"1", "1/2"}),
        ("10⁵ CFU", {"10", "5"}),
        ("ＤＳＣ－Ｗ150", {"dscw150"}),
        ("Oak desk", set()),
    ],
)
def test_codes_are_words_with_a_digit(title: str, found: set) -> None:
    assert codes(title) == found


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("lg lds4821ww dishwasher", "LG LDS-4821WW", 0.4),
        ("iphone 12 case", "iphone 13 case", -0.4),
        ("lg lds4821ww 24", "lg lds4821ww 20", 0.0),
        ("oak desk", "oak desk 120", 0.0),
        # A code of three says too little to speak for two listings, one of four enough.
        ("mug a12", "cup a12", 0.0),
        ("mug ab12", "cup ab12", 0.4),
    ],
)
def test_codes_speak_for_and_against(one: str, other: str, says: float) -> None:
    assert agreement(codes(one), codes(other)) == says


def test_jaccard_of_nothing_is_nothing() -> None:
    assert jaccard(["a", "b"], ["b", "c"]) == 1 / 3
    assert jaccard([], []) == 0


def test_what_all_vectors_have_in_common_says_nothing() -> None:
    axes = np.eye(3, dtype=np.float32)
    vectors = axes * 0.1 + 1
    assert (vectors[0] @ vectors[1]) / (np.linalg.norm(vectors[0]) * np.linalg.norm(vectors[1])) > 0.99
    apart = centred(np.vstack([vectors, vectors.mean(axis=0)]), vectors.mean(axis=0))
    assert apart[3].tolist() == [
        0,
        0,
        0,
    ]  # where nothing is left there is no direction, and no division by nought
    assert centred(np.float32([[3, 4], [0, 2]]), np.float32([0, 0])).tolist() == [
        pytest.approx([0.6, 0.8]), [0, 1]
    ]  # fmt: skip
    apart = apart[:3]
    assert apart[0] @ apart[1] < 0
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), 1, atol=1e-6)


def test_the_score_stays_between_0_and_1() -> None:
    assert score(1, 1, 0.4) == 1
    assert score(0, -0.5, -0.4) == 0
    assert score(0.6, 0.8, 0) == pytest.approx(0.7)
    assert score(0.5, -0.5, 0.1) == pytest.approx(0.35)  # opposite meanings say no more than unrelated ones
