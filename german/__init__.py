"""German as a language: normal forms, numbers, dates, names, spoken forms.

Both environments (Python 3.10 and newer) import this folder, so that the
classifier, the actions and the terminal agree on what a citizen said.
"""
