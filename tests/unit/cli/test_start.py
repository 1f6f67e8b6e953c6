"""Commands for beginning, and the environment: what they hand on, what they print, how they end."""

import subprocess
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from nightmarket import cli, demo, models, night, project, sources

DAY = date(2026, 11, 1)
MAPPING = """
shop: Corner
timezone: Europe/Berlin
currency: EUR
sources:
  items: {files: "i-{day}.csv", format: csv, columns: {item_id: a, title: b}}
"""


@pytest.fixture
def shop(root: Path, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("NIGHTMARKET_PROJECT", str(root))
    monkeypatch.setenv("NIGHTMARKET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NIGHTMARKET_LANDING", raising=False)
    monkeypatch.setattr("nightmarket.cli.start.embed", lambda: None)
    monkeypatch.setattr("nightmarket.spark.session", lambda name: None)
    path = tmp_path / "corner.yaml"
    path.write_text(MAPPING)
    return path


@pytest.mark.parametrize(("problems", "status"), [((), 0), (("no file for items", "no column b"), 1)])
def test_checking_a_shop_says_everything_and_fails_on_problems(shop, monkeypatch, capsys, problems, status):
    shop.write_text(f"{MAPPING}most_rejected: {{reviews.clean: 0.75}}\n")

    def check(spark, asked, contracts, day, landing, parameters, limits):
        assert (asked.name, day, landing) == ("Corner", DAY, shop.parent / "home" / "landing")
        assert "half_life_days" in parameters["behaviour.interactions"]
        assert limits["items"] == ("catalogue.items", 0.2)
        assert limits["reviews"] == ("reviews.clean", 0.75)
        words = "\n".join([*problems, "rejected  i.csv: bad_value: price: 'x\x1b[31m' is not a number"])
        return SimpleNamespace(ok=not problems, in_words=lambda: words)

    monkeypatch.setattr(sources, "check", check, raising=False)
    assert cli.main(["sources", "check", str(shop), "--day", "2026-11-01"]) == status
    said = capsys.readouterr().out
    for problem in problems:
        assert problem in said
    assert "bad_value" in said
    assert "\x1b" not in said


def test_a_mapping_that_cannot_be_read_is_one_error(shop, capsys):
    assert cli.main(["sources", "check", str(shop.parent / "none.yaml"), "--day", "2026-11-01"]) == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_the_truth_about_the_demo_shop_stays_out_of_the_landing_zone(shop, monkeypatch, capsys):
    asked = {}

    def write_day(day, landing, truth, **sizes):
        asked.update(day=day, landing=landing, truth=truth, **sizes)
        return {"files": {"events/2026-11-01/part-00000.jsonl.gz": {"rows": 12000, "bytes": 502_200}}}

    monkeypatch.setattr(demo, "write_day", write_day)
    assert cli.main(["demo", "write", "--day", "2026-11-01", "--scale", "500", "--processes", "2"]) == 0
    assert asked["landing"] == project.landing()
    assert not asked["truth"].is_relative_to(project.landing())
    sizes = {name: asked[name] for name in ("scale", "events", "seed", "processes")}
    assert sizes == {"scale": 500, "events": None, "seed": None, "processes": 2}
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("events/"))
    assert line.split() == ["events/2026-11-01/part-00000.jsonl.gz", "12,000", "502.2", "kB"]


def test_the_list_of_models_says_which_one_the_night_uses_and_what_is_not_ready(shop, monkeypatch, capsys):
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(shop.parent / "models"))
    monkeypatch.delenv("NIGHTMARKET_ENCODER", raising=False)
    assert cli.main(["models", "list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert "not prepared (the night's encoder)" in lines["multilingual-e5-small"]
    assert lines["stand-in"].rstrip().endswith("ready")


def test_verifying_says_all_about_a_model_and_fails_when_one_is_not_as_pinned(shop, monkeypatch, capsys):
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(shop.parent / "models"))
    assert cli.main(["models", "verify", "stand-in"]) == 0
    facts = dict(line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines()[1:])
    assert facts["digest"].strip() == models.model("stand-in").digest
    assert {name.strip() for name in facts} == {
        "kind", "languages", "dimension", "pooling", "prefix", "tokens of a window", "licence", "origin",
        "digest", "state",
    }  # fmt: skip
    assert cli.main(["models", "verify"]) == 1
    assert "the model multilingual-e5-small is not in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("named", "expected"), [([], ["multilingual-e5-small", "efficientnet-lite0"]), (["a", "b"], ["a", "b"])]
)
def test_preparing_makes_ready_what_is_named_or_what_the_night_needs(shop, monkeypatch, named, expected):
    monkeypatch.delenv("NIGHTMARKET_ENCODER", raising=False)
    monkeypatch.delenv("NIGHTMARKET_IMAGE_ENCODER", raising=False)
    monkeypatch.delenv("NIGHTMARKET_MODELS", raising=False)
    prepared = []
    monkeypatch.setattr(models, "prepare", lambda name, folder: prepared.append((name, folder)))
    assert cli.main(["models", "prepare", *named]) == 0
    assert prepared == [(name, shop.parent / "home" / "models") for name in expected]


def test_the_environment_is_what_a_shell_makes_of_it(shop, monkeypatch, capsys):
    odd = 'a b\'c "d" $HOME `date` \\ ;\nnext 夜市'
    path = "/opt/java 17/bin:/usr/bin:/bin"
    variables = {"SPARK_HOME": odd, "PATH": f"/opt/java 17/bin:{path}", "HOME": "/same", "NO_COLOR": "1"}
    monkeypatch.setenv("HOME", "/same")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(night, "environment", lambda home: dict(variables))
    assert cli.main(["env"]) == 0
    said = capsys.readouterr().out
    assert "export HOME" not in said, "what is so already need not be said"
    assert "NO_COLOR" not in said
    script = f'{said}\nprintf "%s|%s" "$SPARK_HOME" "$PATH"'
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env={})
    assert shell.stdout == f"{odd}|{path}", "and a folder is on the PATH once, however often this is asked"
