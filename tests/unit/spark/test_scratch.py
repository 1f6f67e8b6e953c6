"""What killed processes left is taken away by whoever starts next, and nobody else's."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightmarket.spark.scratch import own

OWNER = """
import sys
from pathlib import Path
from nightmarket.spark.scratch import own

folder = own(Path(sys.argv[1]))
(folder / "shuffled").write_bytes(b"spilled")
print(folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_folders_of_the_living_stay_and_those_of_the_dead_go(
    tmp_path: Path, owner: "subprocess.Popen[str]"
) -> None:
    assert owner.stdout is not None
    theirs = Path(owner.stdout.readline().strip())
    ours = own(tmp_path)
    assert (theirs / "shuffled").is_file()
    owner.kill()
    owner.wait()
    own.cache_clear()
    again = own(tmp_path)
    assert ours.is_dir()
    assert again != ours
    assert sorted(tmp_path.iterdir()) == sorted(
        [tmp_path / ".lock", *(Path(f"{each}{end}") for each in (ours, again) for end in ("", ".lock"))]
    )


def test_one_process_has_one_folder(tmp_path: Path) -> None:
    assert own(tmp_path) == own(tmp_path)
