"""Pictures drawn for tests: a shape on white, as the bytes of a file."""

import io

from PIL import Image, ImageDraw

SIDE = 96


def drawn_shape(shape: str, colour: str, *, side: int = SIDE, nudge: int = 0, form: str = "PNG") -> bytes:
    """A disc, bar, frame or cross in the middle, moved by ``nudge`` pixels."""
    image = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(image)
    low, high = side // 6 + nudge, side - side // 6 + nudge
    middle, thick = (low + high) // 2, side // 10
    match shape:
        case "disc":
            pen.ellipse((low, low, high, high), fill=colour)
        case "bar":
            pen.rectangle((low, middle - thick, high, middle + thick), fill=colour)
        case "frame":
            pen.rectangle((low, low, high, high), outline=colour, width=thick)
        case "cross":
            pen.line((low, low, high, high), fill=colour, width=thick)
            pen.line((low, high, high, low), fill=colour, width=thick)
        case _:
            raise ValueError(f"no way to draw a {shape}")
    return encoded(image, form)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
