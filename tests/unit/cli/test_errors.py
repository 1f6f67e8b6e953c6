"""The one sentence of a failure, whatever was in the file it is about."""

import pytest

from nightmarket import cli
from nightmarket.errors import SourceError


def test_an_error_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def fail(asked: object) -> int:
        raise SourceError("a\x1b[31m.csv: wrong\nb\u202e.csv: wrong")

    monkeypatch.setattr("nightmarket.cli.look.plan", fail)
    assert cli.main(["plan"]) == 1
    assert capsys.readouterr().err == "error: a\\x1b[31m.csv: wrong\nb\\u202e.csv: wrong\n"
