"""embeddings.encoders: what is learnt from, what it was worth, and who reads from the next night on."""

from pathlib import Path

import pytest
import tiny
from tiny import PAIRS


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tiny.registered(tmp_path)
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


def items(drawn, *, described: bool = True):
    lines = ["| item_id | title | description | text | language | active | content_hash |"]
    for number, (title, words) in enumerate(PAIRS):
        description = words if described else ""
        lines.append(f"| i{number} | {title} | {description} | {words} | en | true | {number:064x} |")
    return drawn("catalogue.items", "\n".join([*lines, "| old | red rug | red | red | en | false | aa |"]))


TRAINING = {"cpu_steps": 100, "epochs": 100, "rate": 3e-3, "least_pairs": 20, "least_held_out": 5}


@pytest.fixture
def trial(job, drawn, readers):
    """The rows of a week's try, by their kind of pairs."""

    def tried(items, searches="| event_id |", trials="| base |"):
        read_with = readers("embeddings.encoders", trials, model="tiny")
        typed = drawn("behaviour.searches", searches)
        built = job("embeddings.encoders").build(items, typed, read_with, **TRAINING)
        return {row.pairs: row for row in built.collect()}

    return tried


def test_a_model_that_has_learnt_the_shops_words_reads_from_the_next_night_on(
    trial, job, readers, drawn, shop: Path
) -> None:
    rows = trial(items(drawn))
    assert rows.keys() == {"query_item", "title_description", "all"}
    found = rows["title_description"]
    assert found.learnt + found.held_out == 100
    assert found.ndcg_current < 0.4
    assert found.ndcg_tuned > 0.8
    assert rows["query_item"].held_out == 0
    assert rows["query_item"].ndcg_current is None
    assert {(row.base, row.current, row.accepted) for row in rows.values()} == {("tiny", "tiny", True)}

    accepted = f"| base | tuned | accepted | day |\n| tiny | {found.tuned} | true | 2026-03-01 |"
    known = drawn("embeddings.items", "| item_id |")
    for said, name in (({}, found.tuned), ({"tuned": False}, "tiny")):
        read_with = readers("embeddings.items", accepted, model="tiny", **said)
        (night,) = job("embeddings.items").build(items(drawn), known, read_with).frames
        assert {row.model for row in night.select("model").distinct().collect()} == {name}

    again = trial(items(drawn), trials=accepted)["all"]
    assert (again.current, again.tuned, again.accepted) == (found.tuned, found.tuned, False)


def test_it_learns_from_what_was_bought_after_a_query(trial, drawn, shop: Path) -> None:
    searches = "\n".join(
        [
            "| event_id | normalised_query | bought_items | language |",
            *(f"| e{number} | {query} | [i{number}] | en |" for number, (query, _) in enumerate(PAIRS)),
            "| none | red rug | [] | en |",
            "| unknown | red rug | [gone, old] | en |",
            "| other | 红色地毯 | [i1] | zh |",
            "| before | red rug | - | en |",
        ]
    )
    rows = trial(items(drawn, described=False), searches)
    assert rows["query_item"].learnt + rows["query_item"].held_out == 100
    assert rows["query_item"].ndcg_tuned > 0.8
    assert rows["title_description"].learnt == rows["title_description"].held_out == 0
    assert rows["all"].accepted


def test_queries_of_an_item_whose_title_is_asked_for_are_not_learnt_from(trial, drawn, shop: Path) -> None:
    lines = (f"| e{number} | lamp {number} | [i{number}] | en |" for number in range(len(PAIRS)))
    searches = "\n".join(["| event_id | normalised_query | bought_items | language |", *lines])
    rows = trial(items(drawn), searches)
    kept = rows["query_item"].learnt + rows["query_item"].held_out
    assert kept == 100 - rows["title_description"].held_out


def test_a_tuned_model_that_is_gone_is_in_use_no_longer(trial, drawn, shop: Path) -> None:
    gone = f"| base | tuned | accepted | day |\n| tiny | tiny@{'0' * 64} | true | 2026-03-01 |"
    assert trial(items(drawn), trials=gone)["all"].current == "tiny"


def test_a_shop_with_little_to_learn_from_is_told_so(trial, drawn, shop: Path) -> None:
    rows = trial(items(drawn).where("item_id = 'i7'"))
    assert {(row.tuned, row.steps, row.accepted) for row in rows.values()} == {(None, 0, False)}
    assert list(shop.glob("tiny@*")) == []
