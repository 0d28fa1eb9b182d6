"""The commands. Each says what it does in German and in English."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.environments import SetupProblem, say
from contracts.hub import HubError
from service.settings import SettingsError

app = typer.Typer(
    help="Stadtdraht: der Assistent für deutsche Städte. — The assistant for German towns.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


service_app = typer.Typer(
    help="Dienste der Städte prüfen und abgleichen. — Check and synchronise the towns' services.",
    no_args_is_help=True,
)
app.add_typer(service_app, name="service")


@app.command()
def run() -> None:
    """Alles einrichten und starten. — Set up what is missing and start everything."""
    import cli.run

    cli.run.main()


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="Die Frage. — The question.")],
    town: Annotated[
        str | None, typer.Option(help="Stadt, etwa soest. — Town, for example soest.")
    ] = None,
    conversation: Annotated[
        str | None, typer.Option(help="Unterhaltung fortsetzen. — Continue a conversation.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Als JSON ausgeben. — Print JSON.")
    ] = False,
) -> None:
    """Eine Frage durch das ganze System schicken. — Take one turn through the whole system."""
    import cli.ask

    cli.ask.main(question, conversation, town, as_json=as_json)


@app.command()
def train() -> None:
    """Das Modell trainieren, wenn sich Inhalte änderten. — Train the model if content changed."""
    from cli.house import house_settings
    from cli.model import model_path

    print(model_path(house_settings().content))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Alle Tests; weitere Angaben gehen an pytest. — All tests; more options go to pytest."""
    from cli import quality

    raise typer.Exit(quality.run_tests(context.args))


@app.command()
def check() -> None:
    """Stil, Typen und Grenzen prüfen. — Check style, types and boundaries."""
    from cli import quality

    raise typer.Exit(quality.check())


@app.command()
def bench(
    faults: Annotated[
        bool, typer.Option(help="Fehlertests in voller Größe. — Fault tests at full size.")
    ] = False,
    kills: Annotated[int, typer.Option(help="Abbrüche. — Kills.")] = 200,
    restarts: Annotated[
        int, typer.Option(help="Abstürze von PostgreSQL. — Crashes of PostgreSQL.")
    ] = 20,
    postgres: Annotated[
        bool, typer.Option(help="Auch auf PostgreSQL. — On PostgreSQL, too.")
    ] = True,
    turns: Annotated[
        int, typer.Option(help="Länge der Unterhaltung. — Conversation length.")
    ] = 500,
    nlu: Annotated[
        bool, typer.Option("--nlu", help="Sprachverstehen vergleichen. — Compare the NLU.")
    ] = False,
    examples: Annotated[
        int, typer.Option(help="Sätze zum Trainieren (--nlu). — Sentences to train with.")
    ] = 500,
    epochs: Annotated[
        int, typer.Option(help="Durchgänge von DIET (--nlu). — Epochs of DIET.")
    ] = 100,
) -> None:
    """Messen: gegen übliches Rasa, oder Fehlertests. — Measure against stock Rasa, or faults."""
    from cli.bench import faults as fault_bench
    from cli.bench import latency
    from cli.bench import nlu as nlu_bench

    if nlu:
        raise typer.Exit(nlu_bench.main(nlu_bench.Course(examples, epochs)))
    if faults:
        raise typer.Exit(fault_bench.main(kills=kills, restarts=restarts, postgres=postgres))
    raise typer.Exit(latency.main(turns=turns))


@app.command()
def evaluate(
    file: Annotated[
        Path | None,
        typer.Option(help="Eigene Sätze messen (.jsonl). — Score sentences of your own."),
    ] = None,
    massive: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="TRAIN TEST",
            help="Mit MASSIVE-Dateien trainieren und messen. — Train and score MASSIVE's format.",
        ),
    ] = None,
    few_shot: Annotated[
        bool,
        typer.Option("--few-shot", help="8, 16, 32 Beispiele je Anliegen. — Few examples."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Ordner für das Ergebnis. — Folder of the result.")
    ] = None,
    public_data: Annotated[
        Path | None,
        typer.Option(
            envvar="STADTDRAHT_PUBLIC_DATA",
            help="Ordner mit fremden Sätzen. — Folder of sentences that belong to no town.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Startzahl des Zufalls. — Seed.")] = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="Kleine Stichprobe. — A small sample.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Als JSON ausgeben. — Print JSON.")
    ] = False,
) -> None:
    """Messen, wie gut Deutsch verstanden wird. — Measure how well German is understood."""
    from cli import evaluate as evaluation

    choice = evaluation.Choice(
        file=file,
        massive=massive,
        few_shot=few_shot,
        public_data=public_data or evaluation.PUBLIC_DATA,
        quick=quick,
        seed=seed,
    )
    evaluation.main(choice, out=out, as_json=as_json)


@app.command()
def doctor() -> None:
    """Sagen, was fehlt und wie man es behebt. — Say what is missing and how to mend it."""
    from cli import doctor as surgery

    raise typer.Exit(surgery.main())


@app.command(hidden=True)
def lock() -> None:
    """Abhängigkeiten neu festschreiben. — Pin the dependencies anew."""
    import cli.lock

    cli.lock.main()


@app.command()
def start(
    part: Annotated[str, typer.Argument(help="hub, dispatcher, actions, webchat, engine")],
) -> None:
    """Einen Teil allein starten. — Start one part alone (larger installations)."""
    import cli.parts

    cli.parts.main(part)


@service_app.command("check")
def service_check(
    whole_map: Annotated[
        bool,
        typer.Option("--map", help="Nur die Zuständigkeiten. — The responsibility map only."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Als JSON ausgeben. — Print JSON.")
    ] = False,
) -> None:
    """Jeden Dienst einmal fragen: was er kann, was nicht. — Call each service once."""
    from cli import service

    if whole_map:
        raise typer.Exit(service.check_map(as_json=as_json))
    raise typer.Exit(service.check(as_json=as_json))


@service_app.command("sync")
def service_sync(
    town: Annotated[
        list[str] | None, typer.Option(help="Nur diese Stadt. — This town only.")
    ] = None,
    concern: Annotated[
        list[str] | None, typer.Option(help="Nur dieses Anliegen. — This concern only.")
    ] = None,
) -> None:
    """Vorschläge aus dem PVOG zum Prüfen holen. — Fetch candidates from PVOG for review."""
    from cli import service_sync as sync

    raise typer.Exit(sync.main(sync.Choice(tuple(town or ()), tuple(concern or ()))))


def main() -> int:
    """Run a command; known problems become one plain sentence instead of a traceback."""
    try:
        code = app(prog_name="stadtdraht", standalone_mode=False)
    except (SetupProblem, SettingsError, HubError) as problem:
        say(f"\n{problem}")
        return 2
    except typer.Abort:
        return 130
    except Exception as problem:
        if type(problem).__name__ in {"RecordsError", "EndpointsError"}:  # wrong files of a town
            say(f"\n{problem}")
            return 2
        if type(problem).__module__.startswith(("click", "typer")):
            problem.show()  # type: ignore[attr-defined]
            return 2
        raise
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
