"""Which model reads which language."""

from pathlib import Path

import pytest

from nightmarket.errors import ModelError
from nightmarket.models import model, routes


def test_one_model_reads_all_it_names_and_what_is_in_no_language() -> None:
    (route,) = routes("stand-in")
    assert (route.name, route.digest) == ("stand-in", model("stand-in").digest)
    assert set(route.languages) == model("stand-in").languages | {"und", "zh-Hant"}
    assert route.encoder(None).name == "stand-in"


def test_a_language_has_the_model_named_for_it_and_no_other(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    default, english = routes("stand-in", {"en": "all-minilm-l6-v2"})
    assert "en" not in default.languages
    assert english.languages == ("en",)
    assert english.digest == model("all-minilm-l6-v2").digest
    (only,) = routes("all-minilm-l6-v2", {"en": "all-minilm-l6-v2"}, "int8")
    assert only.languages == ("en", "und")
    assert only.digest == model("all-minilm-l6-v2", precision="int8").digest


def test_traditional_chinese_is_read_by_who_reads_chinese(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    english, chinese = routes("all-minilm-l6-v2", {"zh": "stand-in"})
    assert (english.languages, chinese.languages) == (("en", "und"), ("zh", "zh-Hant"))
    simplified, traditional = routes("all-minilm-l6-v2", {"zh-Hant": "stand-in"})
    assert (simplified.languages, traditional.languages) == (("en", "und"), ("zh-Hant",))
    (only,) = routes("stand-in", {"zh-Hant": "stand-in"})
    assert {"zh", "zh-Hant"} <= set(only.languages)
    with pytest.raises(ModelError, match="does not name zh-Hant among its languages"):
        routes("stand-in", {"zh-Hant": "all-minilm-l6-v2"})


def test_a_model_is_not_named_for_a_language_it_does_not_name(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="all-minilm-l6-v2 does not name zh among its languages"):
        routes("stand-in", {"zh": "all-minilm-l6-v2"})
    with pytest.raises(ModelError, match="there is no model named 'unheard'"):
        routes("stand-in", {"en": "unheard"})
