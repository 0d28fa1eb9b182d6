"""A stock Rasa set-up from the same content, to measure against.

Rasa's default pipeline and policies for a project without own components
(``rasa init``, Rasa 3.6), the REST channel and the SQL tracker store on
SQLite. DIET and the response selector are trained for one epoch only: the
time of a turn does not depend on how often they saw the examples.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from cli.environments import ENGINE, SetupProblem, home, say
from cli.model import engine_environment

CONFIG = """
recipe: default.v1
assistant_id: stock
language: de
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 1
    constrain_similarities: true
  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: 1
    constrain_similarities: true
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
policies:
  - name: MemoizationPolicy
  - name: RulePolicy
  - name: UnexpecTEDIntentPolicy
    max_history: 5
    epochs: 1
  - name: TEDPolicy
    max_history: 5
    epochs: 1
    constrain_similarities: true
"""

ENDPOINTS = """
action_endpoint:
  url: "{actions_url}/webhook"
  token: ""
  headers:
    Authorization: "Bearer {actions_token}"
tracker_store:
  type: SQL
  dialect: sqlite
  db: "{database}"
"""


def train(content: Path) -> Path:
    """Train the stock model (kept for later runs) and return its path.

    Raises:
        SetupProblem: the training failed.
    """
    folder = home() / "bench" / "stock"
    model = folder / "models" / "stock.tar.gz"
    if model.exists():
        return model
    say("Trainiere das übliche Rasa mit denselben Inhalten (DIET, eine Runde) …")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(CONFIG, encoding="utf-8")
    data = (content / "de").resolve()
    finished = subprocess.run(
        [
            str(ENGINE.python), "-m", "rasa", "train", "--config", "config.yml",
            "--domain", str(data / "domain"), "--data", str(data / "nlu"), str(data / "rules"),
            "--out", "models", "--fixed-model-name", "stock", "--quiet",
        ],
        cwd=folder,
        env=engine_environment(),
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    if finished.returncode != 0 or not model.exists():
        raise SetupProblem("Das Vergleichsmodell ließ sich nicht trainieren.")
    return model


def start(model: Path, port: int, actions_url: str, actions_token: str) -> subprocess.Popen[bytes]:
    """Start the stock server on loopback and return its process."""
    folder = home() / "bench" / "stock"
    database = folder / f"tracker-{port}.sqlite"
    database.unlink(missing_ok=True)
    (folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    (folder / "endpoints.yml").write_text(
        ENDPOINTS.format(actions_url=actions_url, actions_token=actions_token, database=database),
        encoding="utf-8",
    )
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [
                str(ENGINE.python), "-m", "rasa", "run", "--model", str(model),
                "--interface", "127.0.0.1", "--port", str(port),
                "--credentials", "credentials.yml", "--endpoints", "endpoints.yml",
            ],
            cwd=folder,
            env=engine_environment(),
            stdout=log,
            stderr=log,
        )  # fmt: skip
