"""Loads what Rasa's registry pulls in, whose own warnings are not ours."""

import importlib
import importlib.util
import warnings

if importlib.util.find_spec("rasa") is not None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("rasa.engine.recipes.default_components")
else:
    collect_ignore_glob = ["test_*.py"]
