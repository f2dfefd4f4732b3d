"""A figure as an image with a text alternative, in JupyterLab and in HTML."""

import base64
import io
from html import escape

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from course_lib._checks import check_kind, check_whole_number
from course_lib.plots.looks import GREY


class Picture:
    """A figure as an image with a text alternative, in JupyterLab and in HTML.

    Attributes
    ----------
    alt : str
        The text alternative.
    png : bytes
        The image at 192 dots an inch.
    width : int
        Width in CSS pixels, half of the image's, so that it is sharp on dense screens.
    """

    def __init__(self, png: bytes, alt: str, width: int):
        self.png, self.alt, self.width = png, alt, width

    def _repr_html_(self) -> str:
        return image_tag(self.png, self.alt, self.width)

    def __repr__(self) -> str:
        return self.alt


def image_tag(content: bytes, alt: str, width: int, kind: str = "png") -> str:
    """Return an image as HTML that holds it whole, never wider than the page.

    Examples
    --------
    >>> image_tag(b"...", "A line.", width=300)[:27]
    '<img alt="A line." width="3'
    """
    check_kind("content", content, bytes, "to_png(fig)")
    check_kind("alt", alt, str, '"A line."')
    check_whole_number("width", width, 1)
    data = base64.b64encode(content).decode()
    return (
        f'<img alt="{escape(alt)}" width="{width}" '
        f'style="max-width: 100%; height: auto" src="data:image/{kind};base64,{data}">'
    )


def describe(fig, alt: str, fixed: str | None = None) -> Picture:
    """Close a figure and return it as a picture with a text alternative.

    Parameters
    ----------
    fig : Figure
    alt : str
        What a reader who cannot see the picture should know of it, in a sentence or two.
    fixed : str, optional
        What the compared runs have in common; it is printed under the figure and added to `alt`.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> describe(fig, "Empty axes.", fixed="everything")
    Empty axes. Held fixed: everything.
    """
    check_kind("fig", fig, Figure, "plt.subplots()[0]")
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say what the picture shows, not {alt!r}")
    if fixed is not None:
        check_kind("fixed", fixed, str, '"α = 0.1"')
    if fixed:
        fig.supxlabel(f"Held fixed: {fixed}", x=0.01, ha="left", fontsize=9.5, color=GREY)
        alt = f"{alt} Held fixed: {fixed}."
    png = to_png(fig)
    plt.close(fig)
    return Picture(png, alt, round(fig.get_figwidth() * 96))


def to_png(fig) -> bytes:
    """Return a figure as PNG at 192 dots an inch, in at most 112 colours to keep it small.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> to_png(fig)[:4]
    b'\\x89PNG'
    >>> plt.close(fig)
    """
    drawn, file = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=192)
    image = Image.open(drawn).convert("RGB")
    # Keeps colours of which there are few pixels, and moves them to where most are.
    image = image.quantize(112, method=Image.Quantize.MAXCOVERAGE, kmeans=4)
    image.save(file, format="png", optimize=True)
    return file.getvalue()
