"""The look of the course's figures: small SVG files, text as text, readable on light and dark pages."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

THROUGHPUT, LATENCY, MARK = "#0f766e", "#b45309", "#475569"
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "workshop",  # the same data draw the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e2e8f0",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def canvas(columns: int = 1, height: float = 3.4) -> tuple[Figure, list[Axes]]:
    """Return a figure of 7.2 by `height` inches on a white ground, and its panels side by side."""
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(7.2, height), layout="constrained", facecolor="white")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def save(figure: Figure, file: Path, caption: str) -> None:
    """Write the figure with its caption, which names the command and the kind of machine, below it."""
    figure.supxlabel(caption, fontsize=7.5, color=MARK)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, format="svg", metadata={"Date": None})
    print(f"{file} ({file.stat().st_size / 1000:.0f} kB)")
