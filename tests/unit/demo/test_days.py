"""A day is a function of the shop and the day: whoever writes it, whenever, writes the same bytes."""

from datetime import timedelta
from pathlib import Path

import pytest

from nightmarket import demo
from nightmarket.errors import SourceError


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_day_written_again_is_the_same_bytes(written, days, tmp_path: Path) -> None:
    demo.write_day(days[0], tmp_path / "landing", tmp_path / "truth")
    again = bytes_below(tmp_path)
    assert len(again) > 8
    assert again == {
        name: text for name, text in bytes_below(written.landing.parent).items() if name in again
    }


def test_a_day_alone_is_the_same_as_in_its_turn(written, days, tmp_path: Path) -> None:
    demo.write_day(days[2], tmp_path / "landing", tmp_path / "truth", opening=days[0])
    alone = bytes_below(tmp_path)
    assert f"landing/events/{days[2]}/part-00000.jsonl.gz" in alone
    assert alone == {
        name: text for name, text in bytes_below(written.landing.parent).items() if name in alone
    }


def test_processes_do_not_change_a_byte(days, tmp_path: Path) -> None:
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        demo.write_day(days[0], folder / "landing", folder / "truth", events=252_000, processes=processes)
    one, two = bytes_below(tmp_path / "1"), bytes_below(tmp_path / "2")
    assert sum(name.startswith("landing/events") for name in one) == 2
    assert one == two


def test_another_seed_is_another_shop(written, days, tmp_path: Path) -> None:
    demo.write_day(days[0], tmp_path / "landing", tmp_path / "truth", seed=8)
    for name, text in bytes_below(tmp_path / "landing").items():
        # Two shops may sell the same product, and its picture is the same.
        if name.startswith("pictures/"):
            continue
        assert (written.landing / name).read_bytes() != text


def test_files_hold_no_time_of_writing(written, days) -> None:
    for path in written.landing.rglob("*.gz"):
        assert path.read_bytes()[4:8] == bytes(4), path


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"scale": 600}, "scale 600 instead of 300"),
        ({"events": 9000}, "events 9000 instead of in proportion"),
        ({"seed": 1}, "seed 1 instead of 7"),
        ({"users": 700}, "users 700 instead of 600"),
    ],
)
def test_later_days_are_of_the_recorded_shop(written, days, asked, told) -> None:
    with pytest.raises(SourceError, match=told):
        demo.write_day(days[1], written.landing, written.truth, **asked)


def test_the_recorded_sizes_may_be_repeated(written, days) -> None:
    summary = demo.write_day(days[1], written.landing, written.truth, seed=7, scale=300, users=600)
    assert summary == written.summaries[days[1]]


def test_no_day_before_the_opening(written, days) -> None:
    with pytest.raises(SourceError, match=r"opens on 2026-11-01; 2026-10-31 is before"):
        demo.write_day(days[0] - timedelta(1), written.landing, written.truth)


def test_the_truth_is_not_among_the_exports(days, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="lies in the landing zone"):
        demo.write_day(days[0], tmp_path, tmp_path / "truth")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"scale": 20}, "too small"),
        ({"events": 100}, "2000 events"),
        ({"users": 10}, "10 users cannot make"),
        ({"heavy_bot": 0.9}, "between 0 and 0.5"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_impossible_sizes_are_refused(days, tmp_path: Path, asked, told) -> None:
    with pytest.raises(SourceError, match=told):
        demo.write_day(days[0], tmp_path / "landing", tmp_path / "truth", **asked)
    assert not (tmp_path / "truth").exists()


def test_a_stated_number_of_events_is_exact(days, tmp_path: Path) -> None:
    summary = demo.write_day(days[0], tmp_path / "landing", tmp_path / "truth", events=2_345)
    assert summary["rows"]["events"] == 2_345


def test_one_crawler_can_have_a_tenth_of_everything(days, tmp_path: Path) -> None:
    summary = demo.write_day(days[0], tmp_path / "landing", tmp_path / "truth", heavy_bot=0.1)
    assert summary["plants"]["bot_heavy"] == 1_200
