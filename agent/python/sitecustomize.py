# Starts the agent in every Python process that Sluice started: Python imports a module of this name from PYTHONPATH before the
# program. Then the module of this name that would have been imported without it, if there is one, takes its place.
# Any Python may come here, so this file holds nothing that an old one cannot read.
import os
import sys


def _start():
    if sys.version_info >= (3, 9) and os.environ.get("SLUICE_URL"):
        try:
            import sluice_agent  # noqa: F401
        except Exception:  # the program runs, whatever becomes of its profiler
            pass


def _others():
    # A Sluice that profiles another one's program finds that one's file of this name behind its own.
    seen = sys.__dict__.setdefault("_sluice_folders", [])
    seen.append(os.path.dirname(os.path.abspath(__file__)))
    return [p for p in sys.path if os.path.abspath(p or ".") not in seen]


def _chain():
    try:
        from importlib.machinery import PathFinder
        from importlib.util import module_from_spec
    except ImportError:
        return
    spec = PathFinder.find_spec("sitecustomize", _others())
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_start()
_chain()
