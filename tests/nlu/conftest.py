"""Fixtures of the pipeline's tests: a small set of examples, trained once.

They run in the engine's environment; the modern one has no Rasa and skips them.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
if importlib.util.find_spec("rasa") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    sys.path.insert(0, str(ROOT))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bot import tensorflow_stub

        os.environ["RASA_TELEMETRY_ENABLED"] = "false"
        tensorflow_stub.install()
        from ruamel.yaml import YAML

        from .workbench import Workbench, examples_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("engine")


@pytest.fixture(scope="session")
def examples() -> list[tuple[str, str]]:
    document = YAML(typ="safe").load((HERE / "examples.yml").read_text(encoding="utf-8"))
    return examples_of(document)


@pytest.fixture(scope="session")
def workbench(tmp_path_factory: pytest.TempPathFactory, examples) -> Workbench:
    """The pipeline, trained on the small set and loaded from its storage."""
    bench = Workbench(tmp_path_factory.mktemp("model"), ROOT / "data" / "gazetteers")
    bench.train(examples)
    return bench
