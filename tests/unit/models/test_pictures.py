"""From bytes to pixels: every kind of picture a shop has, and a reason where there is none."""

import io
import struct
import zlib

import numpy as np
import pytest
from drawings import drawn_shape, encoded
from PIL import Image

from nightmarket.models import picture_fault
from nightmarket.models.pictures import Unreadable, pixels

RED = drawn_shape("disc", "red")


def plain(mode: str, colour: object, **options: object) -> bytes:
    return encoded(
        Image.new(mode, (30, 20), colour), "TIFF" if mode in {"CMYK", "F", "I"} else "PNG", **options
    )


def palette(*colour: int) -> Image.Image:
    image = Image.new("P", (30, 20), 0)
    image.putpalette(colour)
    return image


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (plain("RGB", (200, 100, 50)), (200, 100, 50)),
        (plain("L", 77), (77, 77, 77)),
        (plain("1", 1), (255, 255, 255)),
        (plain("RGBA", (0, 0, 0, 0)), (255, 255, 255)),
        (plain("RGBA", (0, 0, 0, 128)), (127, 127, 127)),
        (plain("LA", (0, 0)), (255, 255, 255)),
        (plain("I;16", 0x4D00), (77, 77, 77)),
        (plain("I;16", 0xFFFF), (255, 255, 255)),
        (plain("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
        (encoded(palette(200, 100, 50)), (200, 100, 50)),
        (encoded(palette(200, 100, 50), transparency=0), (255, 255, 255)),
        (encoded(Image.new("CMYK", (30, 20), (0, 255, 255, 0)), "JPEG"), (254, 0, 0)),
    ],
)  # fmt: skip
def test_colours_are_what_an_eye_would_see(content: bytes, expected: tuple[int, int, int]) -> None:
    found = pixels(content, 8)
    assert (found.dtype, found.shape) == (np.uint8, (8, 8, 3))
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_the_middle_square_is_seen() -> None:
    wide = Image.new("RGB", (300, 100), "blue")
    wide.paste("red", (100, 0, 200, 100))
    found = pixels(encoded(wide), 50)
    assert (found[5:-5, 5:-5] == (255, 0, 0)).all()
    # One pixel high and very wide: resizing all of it would take gigabytes.
    assert pixels(encoded(Image.new("RGB", (60_000, 1), "red")), 224).shape == (224, 224, 3)
    assert pixels(encoded(Image.new("RGB", (1, 1), "red")), 224).shape == (224, 224, 3)


def test_a_picture_lies_as_its_camera_says() -> None:
    lying = Image.new("RGB", (40, 40), "white")
    lying.paste("red", (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    upright, turned = pixels(encoded(lying), 8), pixels(encoded(lying, exif=exif), 8)
    assert np.array_equal(turned, upright[::-1, ::-1])
    assert picture_fault(encoded(lying, "JPEG", exif=b"Exif\x00\x00damaged")) is None


def test_of_a_moving_picture_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for form in ("GIF", "WEBP", "PNG"):
        moving = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        red, _, blue = pixels(moving, 8)[4, 4].tolist()
        assert red > 200 > 60 > blue, form


def test_a_large_jpeg_is_decoded_smaller_and_looks_the_same() -> None:
    large = Image.open(io.BytesIO(RED)).resize((2000, 2000), Image.Resampling.BICUBIC)
    one, other = (pixels(encoded(large, form), 64).astype(int) for form in ("JPEG", "PNG"))
    assert np.abs(one - other).mean() < 3


def bomb(wide: int, high: int) -> bytes:
    """A PNG of a few bytes whose head claims that size."""
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no picture of a kind that is read"),
        (b"no picture", "no picture of a kind that is read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "no picture of a kind that is read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture of a kind that is read"),
        (RED[: len(RED) // 2], "cut off or damaged"),
        (drawn_shape("disc", "red", form="JPEG")[:-200], "cut off or damaged"),
        (RED[:60] + b"\xff" * 20 + RED[80:], "cut off or damaged"),
        (bomb(9_000, 9_000), "it has 9000 × 9000 pixels; at most 50,000,000 are read"),
        (bomb(60_000, 60_000), "too many pixels"),
        (plain("F", 0.5), "fractions"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_a_reason(content: bytes, said: str) -> None:
    assert said in str(picture_fault(content))
    with pytest.raises(Unreadable):
        pixels(content, 224)


KINDS_OF_DAMAGE = ("it is no picture of a kind", "it is cut off or damaged", "it has ", "its values are")


def test_no_damage_is_fatal() -> None:
    drawn = np.random.default_rng(0)
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        whole = drawn_shape("cross", "green", form=form)
        for length in range(0, len(whole), max(1, len(whole) // 25)):
            damaged = bytearray(whole)
            for place in drawn.integers(0, len(whole), 8):
                damaged[place] = int(drawn.integers(0, 256))
            for content in (whole[:length], bytes(damaged)):
                said = picture_fault(content)
                assert said is None or said.startswith(KINDS_OF_DAMAGE), said
        assert picture_fault(whole) is None
        assert picture_fault(whole[: len(whole) // 3]) is not None, form
