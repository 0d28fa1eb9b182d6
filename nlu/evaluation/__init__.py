"""Measures how well German is understood: ``python -m nlu.evaluation``.

Runs in the engine's environment, prints one JSON object and is no part of the model.
The page for people is written by the command line (``./stadtdraht evaluate``).
"""
