"""What every image encoder does, whatever is inside: pictures in, one unit vector each out, in order."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from nightmarket.models.encoder import Vectors


class ImageEncoder(Protocol):
    """Makes pictures into vectors that are near each other when the pictures look alike."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """SHA-256 in hex over everything that decides a vector; equal digests mean comparable vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    def encode_each(self, batches: Iterable[Sequence[bytes]]) -> Iterator[Vectors]:
        """For batch after batch of files' bytes, one vector of length 1 per picture, as float32 of shape
        (pictures, dimension), each batch answered in its turn. Batches are drawn a little ahead, so that
        pictures are decoded while others are computed. A picture's vector does not depend on the others
        (each value to 1e-5 on a CPU).

        Raises:
            Unreadable: a picture has a :func:`nightmarket.models.pictures.fault`.
        """
        ...
