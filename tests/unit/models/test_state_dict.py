"""Old torch files: every tensor as it was saved, and nothing a pickle may ask for is ever run."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from nightmarket.errors import ModelError
from nightmarket.models import state_dict


def saved(path: Path, content: object) -> Path:
    import torch

    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture
def planted():
    import torch

    torch.manual_seed(0)
    wide = torch.randn(4, 3, 2, 2)
    return {
        "conv.weight": wide.permute(3, 2, 1, 0),  # as TensorFlow's weights come: another order of strides
        "conv.part": wide[1:3],
        "bias": torch.tensor([1.5]),
        "scalar": torch.tensor(2.5),
        "count": torch.tensor([7, -1], dtype=torch.int64),
    }


def test_every_tensor_is_as_it_was_saved(planted, tmp_path: Path) -> None:
    from torch import nn

    found = state_dict.read(saved(tmp_path / "planted.pth", planted))
    assert set(found) == set(planted)
    for name, tensor in planted.items():
        assert found[name].dtype == tensor.numpy().dtype
        assert np.array_equal(found[name], tensor.numpy()), name
    # With the notes that a module keeps on its own state.
    layer = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    found = state_dict.read(saved(tmp_path / "module.pth", layer.state_dict()))
    assert np.array_equal(found["0.weight"], layer[0].weight.detach().numpy())


def test_a_storage_spoken_of_in_two_ways_is_refused() -> None:
    small, large = (state_dict._Storage("<f4", "0", elements) for elements in (1, 100_000))
    tensors = {
        "a": state_dict._Tensor(small, 0, (1,), (1,)),
        "b": state_dict._Tensor(large, 0, (100_000,), (1,)),
    }
    with pytest.raises(ValueError, match="is spoken of in two ways"):
        state_dict._values(io.BytesIO(bytes(12)), "0", tensors)


class Malicious:
    """Unpickled it would make a file."""

    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self):
        return open, (str(self.ran), "w")


def test_what_a_pickle_would_run_is_refused_and_not_run(planted, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    path = saved(tmp_path / "evil.pth", {**planted, "weight": Malicious(ran)})
    with pytest.raises(ModelError, match=r"no plain state dict: it asks for io\.open, which no state dict"):
        state_dict.read(path)
    whole = saved(tmp_path / "good.pth", planted).read_bytes()
    for protocol in (0, 2, 4):
        # In place of the first of the five pickles, and of the fourth.
        evil = pickle.dumps(Malicious(ran), protocol)
        path.write_bytes(evil + whole)
        with pytest.raises(ModelError, match=r"asks for io\.open|uses [A-Z_]+, which no state dict needs"):
            state_dict.read(path)
        path.write_bytes(whole[: _third_ends(whole)] + evil)
        with pytest.raises(ModelError, match=r"asks for io\.open|uses [A-Z_]+, which no state dict needs"):
            state_dict.read(path)
    assert not ran.exists()


def _third_ends(whole: bytes) -> int:
    import pickletools

    file = io.BytesIO(whole)
    for _ in range(3):
        list(pickletools.genops(file))
    return file.tell()


def test_a_file_cut_short_is_refused_wherever_it_was_cut(planted, tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.pth", planted).read_bytes()
    cut = tmp_path / "cut.pth"
    for length in (*range(0, len(whole), 97), len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"state dict"):
            state_dict.read(cut)


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"a": [1.5]}, "text"])
def test_what_is_no_state_dict_is_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no plain state dict"):
        state_dict.read(saved(tmp_path / "other.pth", content))


def test_a_zip_file_of_todays_torch_is_refused(planted, tmp_path: Path) -> None:
    import torch

    torch.save(planted, tmp_path / "new.pth")
    with pytest.raises(ModelError, match="state dict"):
        state_dict.read(tmp_path / "new.pth")
