"""A picture's bytes → the pixels a model sees, or the reason why there are none.

- The first frame, turned as its camera says (EXIF), what is transparent laid on white, CMYK and grey as RGB,
  16 bits cut to 8.
- Of it the square in the middle, as large as the shorter side, resized to the model's size (bicubic). A JPEG
  more than twice as large as needed is decoded at a half, a quarter or an eighth.
- Only formats of shops' pictures are tried: others bring readers that start programs. A picture of more
  than :data:`MOST_PIXELS` is refused by what its head says, before it is decoded.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 50_000_000
"""A few kilobytes can claim billions; no shop shows a picture larger than this."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
_WHITE = (255, 255, 255, 255)


class Unreadable(Exception):
    """Bytes that are no picture; the text is the reason, in one sentence without its end."""


def pixels(content: bytes, size: int) -> NDArray[np.uint8]:
    """The picture as uint8 of shape (size, size, 3), the same on every machine with the same Pillow.

    Raises:
        Unreadable: it is no picture, is damaged, or is too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            wide, high = image.size
            if wide * high > MOST_PIXELS:
                raise Unreadable(f"it has {wide} × {high} pixels; at most {MOST_PIXELS:,} are read")
            image.draft(None, (2 * size, 2 * size))
            found = _upright(_in_colour(image))
            side = min(found.size)
            left, top = (found.width - side) / 2, (found.height - side) / 2
            box = (left, top, left + side, top + side)
            return np.asarray(found.resize((size, size), Image.Resampling.BICUBIC, box=box))
    except Unreadable:
        raise
    except UnidentifiedImageError:
        raise Unreadable("it is no picture of a kind that is read") from None
    except Image.DecompressionBombError:
        raise Unreadable(f"it has too many pixels; at most {MOST_PIXELS:,} are read") from None
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise whatever they stumble over; one bad file must not cost the night.
        raise Unreadable("it is cut off or damaged") from error


def fault(content: bytes) -> str | None:
    """Why no vector can be made of these bytes; None when one can, whatever the model."""
    try:
        pixels(content, 64)
    except Unreadable as reason:
        return str(reason)
    return None


def _in_colour(image: Any) -> Any:
    """RGB, with the EXIF of the original."""
    from PIL import Image

    if image.mode.startswith("I"):
        # Sixteen bits of grey; Pillow itself would cut off what is brighter than 255.
        grey = np.clip(np.asarray(image).astype(np.int64) >> 8, 0, 255).astype(np.uint8)
        found = Image.merge("RGB", [Image.fromarray(grey)] * 3)
        found.info |= image.info
        return found
    if image.mode == "F":
        raise Unreadable("its values are fractions, of which none is white")
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        ground = Image.new("RGBA", seen.size, _WHITE)
        ground.alpha_composite(seen)
        ground.info |= image.info
        return ground.convert("RGB")
    return image.convert("RGB")


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        # EXIF is a note beside the picture; a damaged one says nothing about the picture.
        return image
