"""Declare a pipeline and let Sluice watch it.

::

    from sluice_agent import pipeline

    p = pipeline("train")

    @p.stage("decode", kind="cpu", parallelism=4)
    def decode(path): ...

    with p.stage("step", kind="gpu"):
        ...

What comes back from a stage has the same signature, results and errors. When nobody watches, a stage gives back the function itself.
Nothing here raises, prints, or keeps the process alive; a wrong option is corrected and shown to whoever watches. To be watched, start
the program with ``sluice run -- python program.py`` or ``python -m sluice_agent program.py``.
"""

from __future__ import annotations

from . import _program
from ._version import VERSION as __version__

_program.start()

from ._api import Pipeline, StageHandle, pipeline  # noqa: E402 - declarations look whether somebody listens
from ._knobs import Knob  # noqa: E402
from ._queues import Queue  # noqa: E402
from ._spans import Span  # noqa: E402

__all__ = ["Knob", "Pipeline", "Queue", "Span", "StageHandle", "__version__", "pipeline"]
