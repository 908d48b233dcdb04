"""`configspec plot`: a file for each picture, and what it does not take."""

from __future__ import annotations

import builtins
from pathlib import Path
from xml.etree import ElementTree

import pytest
from made_runs import write_run
from weighed import paper_results

from configspec.cli import main

ONE = ["--device", "rpi5", "--family", "llama*", "--objective", "goodput"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def test_one_picture_is_one_file(results, tmp_path, capsys):
    """An SVG, in a folder that is made for it."""
    out = tmp_path / "new" / "k-curve.svg"
    assert main(["plot", "k-curve", str(results), *ONE, "-o", str(out)]) == 0
    root = ElementTree.parse(out).getroot()
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "goodput over K: rpi5, llama-3.1-70b"
    assert capsys.readouterr().out == f"{out}: goodput over K, rpi5, llama-3.1-70b\n"


def test_assumptions_change_the_picture(results, tmp_path):
    """As they change a ranking: no device is touched for it."""
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    main(["plot", "k-curve", str(results), *ONE, "-o", str(first)])
    main(["plot", "k-curve", str(results), *ONE, "--verify-s", "0.1", "-o", str(second)])
    assert first.read_bytes() != second.read_bytes()


def test_several_pictures_need_a_folder(results, tmp_path, capsys):
    """The message names them, and both ways out; a folder takes all."""
    assert main(["plot", "profiles", str(results), "-o", str(tmp_path / "one.svg")]) == 2
    told = capsys.readouterr().err
    assert "Drafting speed: llama-3.1-70b" in told
    assert "name a folder for all of them: pictures/" in told
    assert not (tmp_path / "one.svg").exists()
    assert main(["plot", "profiles", str(results), "-o", f"{tmp_path / 'pictures'}/"]) == 0
    assert len(list((tmp_path / "pictures").glob("profiles-*.svg"))) == len(capsys.readouterr().out.splitlines())


def test_what_cannot_be_drawn_is_told_with_its_reason(results, tmp_path, capsys):
    """The paper prints no power for the Raspberry Pi 4B."""
    flags = ["--device", "rpi4b", "--objective", "energy", "-o", str(tmp_path / "x.svg")]
    assert main(["plot", "k-curve", str(results), *flags]) == 2
    assert "the paper prints no power for the Raspberry Pi 4B" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x.gif", "x", "x.", ".svg"])
def test_a_file_says_its_form(results, tmp_path, name, capsys):
    """By how its name ends."""
    assert main(["plot", "k-curve", str(results), *ONE, "-o", str(tmp_path / name)]) == 2
    assert "ends in .svg, .png or .pdf" in capsys.readouterr().err


def test_a_png_needs_a_library(results, tmp_path, capsys, monkeypatch):
    """The message says which, and how it is installed; nothing is written."""
    imported = builtins.__import__

    def without(name, *rest, **more):
        if name == "cairosvg":
            raise ModuleNotFoundError("No module named 'cairosvg'")
        return imported(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["plot", "k-curve", str(results), *ONE, "-o", str(tmp_path / "x.png")]) == 2
    assert "configspec[pictures]" in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(("form", "begin"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_png_and_pdf_where_the_library_is_there(results, tmp_path, form, begin):
    """CairoSVG makes them."""
    pytest.importorskip("cairosvg", reason="CairoSVG is not installed", exc_type=ImportError)
    out = tmp_path / f"x.{form}"
    assert main(["plot", "k-curve", str(results), *ONE, "-o", str(out)]) == 0
    assert out.read_bytes().startswith(begin)


def test_a_place_that_cannot_be_written_is_told(results, tmp_path, capsys):
    """A file where the folder is to be."""
    (tmp_path / "file").write_text("")
    assert main(["plot", "k-curve", str(results), *ONE, "-o", str(tmp_path / "file" / "x.svg")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_forest_plot_is_narrowed_by_objective(tmp_path, capsys):
    """One file where one objective is asked for; without it there is one for each metric."""
    new, base = (write_run(tmp_path / f"{day}.json", day) for day in (2, 1))
    compared = ["plot", "forest", str(new), "--baseline", str(base)]
    assert main([*compared, "--objective", "goodput", "-o", str(tmp_path / "x.svg")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'x.svg'}: New over base: goodput, ")
    assert main([*compared, "-o", f"{tmp_path / 'all'}/"]) == 0
    assert len(list((tmp_path / "all").glob("*.svg"))) > 1
