"""A picture as a file of its own: SVG for papers and slides; PNG and PDF where CairoSVG is installed.

https://cairosvg.org makes both of an SVG. Nothing here needs a screen, a browser or the network.
"""

from __future__ import annotations

from configspec.errors import UsageError
from configspec.reporting.markup import Element, element, text_of
from configspec.reporting.pictures.looks import LIGHT, colour_rules
from configspec.reporting.pictures.picture import Picture
from configspec.reporting.pictures.svg import FONT, NAMESPACE

FORMS = ("svg", "png", "pdf")
PIXELS = 2.0  # of a PNG for each of the drawing's
HEAD = 30  # pixels above the drawing, for its title


def svg_file(picture: Picture) -> str:
    """The picture with its title, in the light colours; its words are its description."""
    drawing = picture.chart.drawing()
    height = drawing.height + HEAD
    root = element(
        "svg",
        element("title", f"{picture.title}: {picture.subject}"),
        element("desc", " ".join(picture.words)),
        element("style", colour_rules(LIGHT)),
        element("rect", class_="paper", width=drawing.width, height=height, fill="currentColor"),
        element(
            "text", _heading(picture), class_="ink", x=16, y=20, font_size=15, font_weight="bold", fill="currentColor"
        ),
        Element("g", (("transform", f"translate(0 {HEAD})"),), drawing.elements),
        xmlns=NAMESPACE,
        viewBox=f"0 0 {drawing.width:g} {height:g}",
        width=drawing.width,
        height=height,
        font_family=FONT,
        font_size=12,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text_of([root])}\n'


def picture_file(picture: Picture, form: str) -> bytes:
    """The picture in one of the forms.

    Raises:
        UsageError: CairoSVG, or the library that it needs, is not installed.
    """
    svg = svg_file(picture).encode()
    if form == "svg":
        return svg
    try:
        import cairosvg
    except (ImportError, OSError) as problem:  # OSError: it is there, and the cairo library is not
        raise UsageError(
            f"a {form.upper()} is made by CairoSVG, which cannot be loaded here: {problem}. Write an SVG, or "
            "install it: pip install 'configspec[pictures]' (and the cairo library: apt install libcairo2)."
        ) from problem
    made: bytes = cairosvg.svg2png(bytestring=svg, scale=PIXELS) if form == "png" else cairosvg.svg2pdf(bytestring=svg)
    return made


def _heading(picture: Picture) -> str:
    return picture.title if picture.subject in picture.title else f"{picture.title}: {picture.subject}"
