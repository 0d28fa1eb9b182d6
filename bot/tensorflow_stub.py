"""A stand-in for TensorFlow while Rasa is imported.

Rasa imports TensorFlow at start even when no component of the pipeline uses it:
about 5 seconds and 300 MB per process. Our pipeline has none of DIET, TED,
ResponseSelector, ConveRT or language models, so `install` answers these imports
with empty modules. Classes that Rasa derives from TensorFlow's exist, but
creating an object of one fails with `TensorflowIsOff`, in plain words.

An operator who adds such a component sets ``STADTDRAHT_TENSORFLOW=on``.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

SWITCH = "STADTDRAHT_TENSORFLOW"
STUBBED = frozenset(
    {"jax", "keras", "tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text"}
)
# spaCy's thinc asks for this module to learn whether TensorFlow is there; it must hear no.
REFUSED = ("tensorflow.experimental.dlpack",)


class TensorflowIsOff(RuntimeError):
    """A component wants TensorFlow, which this process does not load."""

    def __init__(self) -> None:
        super().__init__(
            "A component of the pipeline needs TensorFlow, which is switched off. "
            f"Set {SWITCH}=on for the engine and for the training."
        )


class _AbsentType(type):
    """Type of all stand-ins: any attribute is again a stand-in."""

    def __getattr__(cls, name: str) -> type[_Absent]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(name)

    def __iter__(cls) -> Iterator[Any]:
        raise TensorflowIsOff


class _Absent(metaclass=_AbsentType):
    """A class or function of TensorFlow that is not there.

    As a decorator it returns the decorated function, so that modules can be
    imported. Any other use is an error.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        decorated = args[0] if len(args) == 1 and not kwargs else None
        if cls.__module__ == __name__ and callable(decorated):
            return decorated
        if cls.__module__ == __name__ and kwargs and not args:
            return lambda function: function  # @tf.function(reduce_retracing=True)
        raise TensorflowIsOff


def _absent(name: str) -> type[_Absent]:
    made: type[_Absent] = _AbsentType(name, (_Absent,), {"__module__": __name__})  # type: ignore[assignment]
    return made


class _AbsentModule(ModuleType):
    """A module whose every attribute is a stand-in."""

    def __getattr__(self, name: str) -> type[_Absent]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(name)


class _AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module for every name below `STUBBED`."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in STUBBED:
            return None
        if fullname in REFUSED:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: the module is empty."""


def wanted() -> bool:
    """Tell whether TensorFlow is to be left out in this process."""
    return os.environ.get(SWITCH, "off").strip().lower() not in {"on", "1", "true", "yes"}


def install() -> bool:
    """Answer later imports of TensorFlow with stand-ins.

    Must run before Rasa is imported. Does nothing when the switch is on or
    TensorFlow is loaded already.

    Returns:
        Whether the stand-in is in place.
    """
    if any(isinstance(finder, _AbsentFinder) for finder in sys.meta_path):
        return True
    if not wanted() or "tensorflow" in sys.modules:
        return False
    sys.meta_path.insert(0, _AbsentFinder())
    return True
