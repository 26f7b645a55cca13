"""``python -m sluice_agent program.py ...`` and ``python -m sluice_agent -m module ...``: runs a program with the agent in it."""

from __future__ import annotations

import os
import runpy
import sys


def main() -> None:
    """Runs the program that the arguments name, as Python itself would."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        print("usage: python -m sluice_agent (program.py | -m module) [argument ...]")
        sys.exit(0 if words else 2)
    if words[0] == "-m":
        if len(words) < 2:
            print("sluice: no module is named (-m): name one", file=sys.stderr)
            sys.exit(2)
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = words
    sys.path[0] = os.path.dirname(os.path.realpath(words[0]))
    if not os.path.isfile(words[0]) and not os.path.isdir(words[0]):
        print(f"sluice: no such program ({words[0]}): name a file of Python", file=sys.stderr)
        sys.exit(2)
    runpy.run_path(words[0], run_name="__main__")


main()
