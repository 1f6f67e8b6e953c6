"""What speaks for a language, and how much: by hand, from the standards and from Bayes' rule."""

from math import exp, log
from types import SimpleNamespace

import pytest

from nightmarket.text import folded, han, latin, named, spoken
from nightmarket.text.language import _answer, _detector, _expected, _script, _weighed


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        # In GB 2312, in Big5, in the first level of JIS X 0208: how many of the characters each lacks.
        ("木", (0, 0, 0)),
        ("红", (0, 1, 1)),
        ("紅", (1, 0, 0)),
        ("嘅", (1, 0, 1)),
        ("畑", (1, 1, 0)),
        ("\u3400", (0, 0, 0)),  # rare in all of them
        ("红红木", (0, 2, 2)),
        # Words that only Japanese spells so speak against both kinds of Chinese.
        ("綿", (2, 1, 0)),
        ("綿羊", (1, 0, 0)),
        ("無料", (2, 1, 0)),
        # Kana: one that Chinese borrows counts once, those of emoticons hardly.
        ("の", (1, 1, 0)),
        ("ののの", (1, 1, 0)),
        ("づ", (0.05, 0.05, 0)),
        ("づシノツ", (0.2, 0.2, 0)),
        ("あ", (2, 2, 0)),
        ("のあ", (3, 3, 0)),
        ("カカ", (4, 4, 0)),
        # The middle dot and the long vowel's mark are no kana.
        ("・ー", (0, 0, 0)),
        # Two thousand characters, among the first eight thousand signs.
        ("红" * 3000, (0, 2000, 2000)),
        (" " * 7999 + "红红", (0, 1, 1)),
    ],
)
def test_characters_that_a_standard_lacks(text: str, outside: tuple[float, ...]) -> None:
    # Simplified is ten times as common: 2.3 is its logarithm. A stranger weighs four.
    wanted = {
        "zh": -4 * outside[0], "zh-Hant": -2.3 - 4 * outside[1], "ja": -2.3 - 4 * outside[2]
    }  # fmt: skip
    assert han.likelihoods(text) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("letter", "foreign"),
    # The first and the last character of the first level, and the second of the next.
    [("亜", ("zh", "zh-Hant")), ("腕", ()), ("丐", ("ja",))],
)
def test_the_first_level_of_the_japanese_standard(letter: str, foreign: tuple[str, ...]) -> None:
    assert han._foreign(letter) == foreign


@pytest.mark.parametrize(
    ("text", "script", "letters"),
    [
        # A character of Chinese says as much as four Latin letters, a syllable of Korean as two.
        ("红abc", "han", 1),
        ("红abcd", "latin", 4),
        ("红かabcdefg", "han", 2),
        ("한a", "hangul", 1),
        ("한ab", "latin", 2),
        ("яa", "latin", 1),
        ("яяa", "cyrillic", 2),
        ("12!", "latin", 0),
        ("", "latin", 0),
    ],
)
def test_the_script_of_most_of_a_text(text: str, script: str, letters: int) -> None:
    assert _script(text) == (script, letters)


def test_bayes_rule() -> None:
    said = {"a": log(0.6), "b": log(0.2)}
    assert _weighed(said, {}, 10) == pytest.approx({"a": 0.75, "b": 0.25})
    assert _weighed(said, {"a": 0.1, "b": 0.9}, 10) == pytest.approx({"a": 0.25, "b": 0.75})
    assert _weighed({"a": -5000.0, "b": -5001.0}, {}, 10) == pytest.approx(
        {"a": 1 / (1 + exp(-1)), "b": exp(-1) / (1 + exp(-1))}
    )


@pytest.mark.parametrize(
    ("code", "known", "letters", "expected"),
    [
        ("de", {}, 10, 1.0),
        ("de", {"de": 0.4}, 10, 0.4),
        # A stranger: one in a thousand for a long text, one in a million for a short one.
        ("fr", {"de": 1.0}, 40, 1e-3),
        ("fr", {"de": 1.0}, 39, 1e-6),
        ("fr", {"de": 1.0, "fr": 1e-9}, 40, 1e-3),
        # Who says Chinese says nothing of its characters.
        ("zh-Hant", {"zh": 0.5}, 10, 0.5),
        ("zh-Hant", {"zh": 0.5, "zh-Hant": 0.2}, 10, 0.2),
        ("zh", {"zh-Hant": 0.5}, 10, 1e-6),
    ],
)
def test_what_is_to_be_expected(code: str, known: dict[str, float], letters: int, expected: float) -> None:
    assert _expected(code, known, letters) == expected


def test_seven_in_ten_is_an_answer() -> None:
    assert _answer({"a": 0.3, "b": 0.7}) == "b"
    assert _answer({"a": 0.301, "b": 0.699}) == "und"
    assert _answer({"a": 1.0}) == "a"


def test_five_titles_of_doubt_are_shared_by_the_languages_of_latin_letters() -> None:
    shares = spoken(["สวย"] * 5)
    assert set(shares) == {"th", *latin.LANGUAGES}
    assert len(latin.LANGUAGES) == 19
    assert shares["th"] == pytest.approx(5 / 10)
    assert [shares[code] for code in latin.LANGUAGES] == pytest.approx([5 / 19 / 10] * 19)
    assert spoken(["สวย"] * 15)["th"] == pytest.approx(15 / 20)
    assert spoken(["สวย"] * 5, rounds=0) == {}


def test_a_title_that_could_be_of_two_goes_with_the_rest() -> None:
    """木 is Simplified by itself, ten to one; then it is weighed by the shares of the first round."""
    shares = spoken(["ありがとう"] * 9 + ["木"], rounds=1)
    tenth = exp(-2.3)
    assert shares["ja"] == pytest.approx((9 + tenth / (1 + 2 * tenth)) / 15, abs=1e-6)
    assert shares["zh"] == pytest.approx(1 / (1 + 2 * tenth) / 15, abs=1e-6)
    again = spoken(["ありがとう"] * 9 + ["木"], rounds=2)
    weights = {code: shares[code] * (1 if code == "zh" else tenth) for code in ("zh", "ja", "zh-Hant")}
    assert again["zh"] == pytest.approx(weights["zh"] / sum(weights.values()) / 15, abs=1e-6)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, float]]:
    """What the two models of Latin letters say."""
    words: dict[str, dict[str, float]] = {"fasttext": {}, "lingua": {}}
    monkeypatch.setattr(latin, "_fasttext", lambda text: words["fasttext"])
    monkeypatch.setattr(latin, "_lingua", lambda text: words["lingua"])
    return words


def test_a_clear_first_opinion_is_enough(said: dict[str, dict[str, float]]) -> None:
    said["fasttext"], said["lingua"] = {"en": 0.9, "de": 0.05}, {"de": 1.0}
    found = latin.likelihoods("words")
    assert found["en"] == pytest.approx(log(0.9))
    assert found["de"] == pytest.approx(log(0.05))
    assert found["fr"] == pytest.approx(log(1e-4))
    assert set(found) == set(latin.LANGUAGES)


def test_else_the_second_has_half_the_weight(said: dict[str, dict[str, float]]) -> None:
    said["fasttext"], said["lingua"] = {"en": 0.89, "de": 0.00001}, {"de": 0.36, "en": 0.64}
    found = latin.likelihoods("words")
    assert found["en"] == pytest.approx(log(0.89) + log(0.64) / 2)
    assert found["de"] == pytest.approx(log(1e-4) + log(0.36) / 2)
    assert found["fr"] == pytest.approx(1.5 * log(1e-4))
    said["fasttext"] = {}
    assert latin.likelihoods("words")["en"] == pytest.approx(log(1e-4) + log(0.64) / 2)


@pytest.mark.parametrize(
    ("letters", "weight"), [(1, 1), (50, 1), (75, 1.5), (100, 2), (150, 3), (500, 3), (5000, 3)]
)
def test_a_longer_text_is_surer(said: dict[str, dict[str, float]], letters: int, weight: float) -> None:
    said["fasttext"] = {"en": 0.95}
    assert latin.likelihoods("x" * letters)["en"] == pytest.approx(weight * log(0.95))


def test_both_norwegians_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def predict(text: str, count: int, least: float) -> tuple[list[str], list[float]]:
        asked.append((text, count, least))
        return [f"__label__{code}" for code in ("no", "nn", "xx", "en")], [0.5, 0.25, 0.1, 0.05]

    monkeypatch.setattr(latin, "_model", lambda: SimpleNamespace(predict=predict))
    assert latin._fasttext("ord") == {"no": 0.75, "en": 0.05}
    assert asked == [("ord", 20, 1e-4)]


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        # The ends of what is looked at, and what stands beside them.
        ("\u33ff\U0001d400\uf900", "galA\u8c48"),
        ("\U0001fbf9\U0001fbf0\uabf9", "909"),
        ("\u2ff0\u3131\u4e00\uac00", "\u2ff0\u1100\u4e00\uac00"),
        # Marks over the character before them, first and last; and variants of emoji.
        ("e\u0300e\u036f", "ee"),
        ("\u02ff\u0370", "\u02ff\u0370"),
        ("a\ufe00b\ufe0fc", "abc"),
        ("\ufe10", ","),
        # Signs that are one to a reader.
        ("\u2212\u2010\u2011\u2014", "----"),
        ("\u00b7\u2022\u2027\u30fb\u2219", "....."),
        # Fractions stay, and a free-standing accent is no space with a mark on it.
        ("½¾\u2189", "½¾\u2189"),
        ("\u00b4\u00a8\u00b8", "\u00b4\u00a8\u00b8"),
        ("\u00a0\u3000", "  "),
    ],
)
def test_the_copy_that_rules_look_at(text: str, copy: str) -> None:
    assert folded.folded(text) == copy


def test_models_and_tables_are_made_once() -> None:
    assert latin._model() is latin._model()
    assert latin._detector() is latin._detector()
    assert _detector("cyrillic") is _detector("cyrillic")
    assert folded._plain() is folded._plain()
    assert named("de, en") is named("de, en")
