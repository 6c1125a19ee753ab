"""One self-contained HTML page about a training run."""

from .page import write_report as write_report
