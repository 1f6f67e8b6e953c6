"""Which model reads which language."""

from datetime import date
from pathlib import Path

import pytest

from nightmarket.errors import ModelError
from nightmarket.models import EncoderModel, ImageEncoderModel, model, routes


def test_one_model_reads_all_it_names_and_what_is_in_no_language() -> None:
    (route,) = routes(EncoderModel, "stand-in")
    assert (route.name, route.digest) == ("stand-in", model("stand-in").digest)
    assert set(route.languages) == model("stand-in").languages | {"und", "zh-Hant"}
    assert route.encoder(None).name == "stand-in"


def test_a_language_has_the_model_named_for_it_and_no_other(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    default, english = routes(EncoderModel, "stand-in", {"en": "all-minilm-l6-v2"})
    assert "en" not in default.languages
    assert english.languages == ("en",)
    assert english.digest == model("all-minilm-l6-v2").digest
    (only,) = routes(EncoderModel, "all-minilm-l6-v2", {"en": "all-minilm-l6-v2"}, "int8")
    assert only.languages == ("en", "und")
    assert only.digest == model("all-minilm-l6-v2", precision="int8").digest


def test_traditional_chinese_is_read_by_who_reads_chinese(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    english, chinese = routes(EncoderModel, "all-minilm-l6-v2", {"zh": "stand-in"})
    assert (english.languages, chinese.languages) == (("en", "und"), ("zh", "zh-Hant"))
    simplified, traditional = routes(EncoderModel, "all-minilm-l6-v2", {"zh-Hant": "stand-in"})
    assert (simplified.languages, traditional.languages) == (("en", "und"), ("zh-Hant",))
    (only,) = routes(EncoderModel, "stand-in", {"zh-Hant": "stand-in"})
    assert {"zh", "zh-Hant"} <= set(only.languages)
    with pytest.raises(ModelError, match="does not name zh-Hant among its languages"):
        routes(EncoderModel, "stand-in", {"zh-Hant": "all-minilm-l6-v2"})


def test_a_model_is_not_named_for_a_language_it_does_not_name(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="all-minilm-l6-v2 does not name zh among its languages"):
        routes(EncoderModel, "stand-in", {"zh": "all-minilm-l6-v2"})
    with pytest.raises(ModelError, match="there is no model named 'unheard'"):
        routes(EncoderModel, "stand-in", {"en": "unheard"})


def test_pictures_have_one_model(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("NIGHTMARKET_MODELS", raising=False)
    (route,) = routes(ImageEncoderModel, "stand-in-images")
    assert (route.name, route.digest, route.languages) == (
        "stand-in-images", model("stand-in-images").digest, None
    )  # fmt: skip
    monkeypatch.setenv("NIGHTMARKET_IMAGE_ENCODER", "stand-in-images")
    assert [route.name for route in routes(ImageEncoderModel)] == ["stand-in-images"]
    with pytest.raises(ModelError, match="NIGHTMARKET_MODELS is not set"):
        routes(ImageEncoderModel, "efficientnet-lite0")
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    with pytest.raises(ModelError):
        routes(ImageEncoderModel, "efficientnet-lite0")
    with pytest.raises(ModelError, match="there is no model named 'unheard'"):
        routes(ImageEncoderModel, "unheard")


def test_the_newest_tuned_model_reads_in_place_of_its_base(tmp_path: Path, monkeypatch) -> None:
    """By its day, whatever the order of the rows; one that is gone is said so."""
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    base, old, new = "all-minilm-l6-v2", "0" * 64, "f" * 64
    for weights in (old, new):
        (tmp_path / f"{base}@{weights}").mkdir()
    rows = [(date(2026, 3, 9), base, f"{base}@{old}"), (date(2026, 3, 2), base, f"{base}@{new}")]
    for tuned in (rows, rows[::-1]):
        (route,) = routes(EncoderModel, base, tuned=tuned)
        assert (route.name, route.base) == (f"{base}@{old}", base)
        assert route.digest == model(f"{base}@{old}", tmp_path).digest != model(base, tmp_path).digest
        assert route.languages == ("en", "und")
    (route,) = routes(EncoderModel, base, tuned=[(date(2026, 3, 9), "other", f"{base}@{old}")])
    assert (route.name, route.base) == (base, base)
    with pytest.raises(ModelError, match="the tuned model all-minilm-l6-v2@gone is not in"):
        routes(EncoderModel, base, tuned=[(date(2026, 3, 9), base, f"{base}@gone")])
