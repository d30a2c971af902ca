"""Drawn photos for the demo: a plain figure whose waist follows the tape, on a wall in the morning light."""

from __future__ import annotations

from io import BytesIO

WIDTH, HEIGHT = 600, 800
WALL, FLOOR, SKIN, SHORTS = (226, 222, 214), (190, 178, 160), (205, 164, 138), (58, 72, 110)
POSES = ("front", "side")


def drawn(pose: str, waist_cm: float, light: int) -> bytes:
    """A JPEG of a figure with this waist, from the front or from the side; each day in its own light."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), (WALL[0] - light, WALL[1] - light // 2, WALL[2]))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 690, WIDTH, HEIGHT), fill=FLOOR)
    middle, broad = WIDTH // 2, 1.0 if pose == "front" else 0.62
    waist = waist_cm * 0.72 * broad
    chest, hip = 76 * broad, 68 * broad
    pen.ellipse((middle - 36, 60, middle + 36, 152), fill=SKIN)
    pen.rectangle((middle - 16, 146, middle + 16, 176), fill=SKIN)
    sides = [(chest, 185), (chest, 270), (waist, 360), (hip, 420)]
    left = [(middle - half, y) for half, y in sides]
    right = [(middle + half, y) for half, y in reversed(sides)]
    pen.polygon(left + right, fill=SKIN)
    pen.rectangle((middle - hip, 418, middle + hip, 510), fill=SHORTS)
    for shift in (-hip / 2, hip / 2) if pose == "front" else (0,):
        pen.rounded_rectangle((middle + shift - 27, 500, middle + shift + 27, 712), 22, fill=SKIN)
    for side in (-1, 1) if pose == "front" else (0,):
        arm = middle + side * (chest + 22)
        pen.rounded_rectangle((arm - 17, 192, arm + 17, 440), 16, fill=SKIN, outline=WALL)
    content = BytesIO()
    image.save(content, "JPEG", quality=85)
    return content.getvalue()
