"""Rasa starts without TensorFlow; a component that needs it says so."""

from __future__ import annotations

import os
import subprocess
import sys

from .conftest import HERE


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=HERE.parent.parent,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def test_rasa_is_imported_without_tensorflow() -> None:
    done = run(
        "from bot import tensorflow_stub as stub; assert stub.install() and stub.install()\n"
        "import rasa.engine.recipes.default_components, sys\n"
        "assert type(sys.modules['tensorflow']).__name__ == '_AbsentModule'\n"
        "import thinc.compat; assert not thinc.compat.has_tensorflow\n"
        "import tensorflow as tf\n"
        "@tf.function\ndef kept(): return 5\nassert kept() == 5\n"
        "@tf.function(reduce_retracing=True)\ndef kept(): return 6\nassert kept() == 6\n"
        "class Layer(tf.keras.layers.Layer): pass\n"
        "for wrong in (Layer, lambda: tf.constant(1), lambda: list(tf.Tensor)):\n"
        "    try: wrong()\n"
        "    except stub.TensorflowIsOff as problem: assert stub.SWITCH in str(problem)\n"
        "    else: raise AssertionError(wrong)\n"
    )
    assert done.returncode == 0, done.stderr


def test_the_switch_leaves_everything_alone() -> None:
    done = run(
        "import sys; from bot import tensorflow_stub as stub; before = list(sys.meta_path)\n"
        "assert not stub.install() and sys.meta_path == before",
        STADTDRAHT_TENSORFLOW="on",
    )
    assert done.returncode == 0, done.stderr
