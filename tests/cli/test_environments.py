"""The bootstrap: what it finds, what it installs, what it says when something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli import environments
from cli.environments import ENGINE_PYTHON_VARIABLE, Environment, SetupProblem, engine_interpreter

ROOT = Path(__file__).resolve().parents[2]


def fake_python(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {'True' if version == '3.10' else 'False'}\n")
    path.chmod(0o755)
    return path


def test_named_interpreter_wins(monkeypatch, tmp_path):
    python = fake_python(tmp_path / "mine", "3.10")
    monkeypatch.setenv(ENGINE_PYTHON_VARIABLE, str(python))
    assert engine_interpreter() == str(python)


def test_wrong_named_interpreter_is_refused_with_the_variable_named(monkeypatch, tmp_path):
    monkeypatch.setenv(ENGINE_PYTHON_VARIABLE, str(fake_python(tmp_path / "old", "3.9")))
    with pytest.raises(SetupProblem, match=ENGINE_PYTHON_VARIABLE):
        engine_interpreter()


def test_interpreter_is_found_in_pyenv(monkeypatch, tmp_path):
    monkeypatch.delenv(ENGINE_PYTHON_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    python = fake_python(tmp_path / "versions/3.10.13/bin/python3.10", "3.10")
    assert engine_interpreter() == str(python)


def test_broken_shim_on_the_path_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.delenv(ENGINE_PYTHON_VARIABLE, raising=False)
    shims = tmp_path / "shims"
    fake_python(shims / "python3.10", "3.10").write_text("#!/bin/sh\nexit 127\n")
    monkeypatch.setenv("PATH", f"{shims}:/bin:/usr/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    python = fake_python(tmp_path / "versions/3.10.9/bin/python3.10", "3.10")
    assert engine_interpreter() == str(python)


def test_nothing_found_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv(ENGINE_PYTHON_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(SetupProblem, match="pyenv install"):
        engine_interpreter()


def made_environment(monkeypatch, tmp_path) -> Environment:
    monkeypatch.setenv("STADTDRAHT_HOME", str(tmp_path))
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    monkeypatch.setattr(environments, "REQUIREMENTS", requirements)
    (requirements / "probe.txt").write_text("a==1\n")
    (requirements / "probe-test.txt").write_text("a==1\nb==1\n")
    environment = Environment("probe", "Probe")
    environment.python.parent.mkdir(parents=True)
    environment.python.touch()
    return environment


def test_environment_without_stamp_is_not_ready(monkeypatch, tmp_path):
    assert not made_environment(monkeypatch, tmp_path).is_ready(with_tests=False)


def test_environment_with_tests_serves_running_too(monkeypatch, tmp_path):
    environment = made_environment(monkeypatch, tmp_path)
    environment.record(with_tests=True)
    assert environment.is_ready(with_tests=True)
    assert environment.is_ready(with_tests=False)


def test_environment_without_tests_does_not_serve_tests(monkeypatch, tmp_path):
    environment = made_environment(monkeypatch, tmp_path)
    environment.record(with_tests=False)
    assert environment.is_ready(with_tests=False)
    assert not environment.is_ready(with_tests=True)


def test_changed_requirements_make_it_unready(monkeypatch, tmp_path):
    environment = made_environment(monkeypatch, tmp_path)
    environment.record(with_tests=False)
    environment.requirements(with_tests=False).write_text("a==2\n")
    assert not environment.is_ready(with_tests=False)


def test_environment_keeps_its_tests_when_requirements_change(monkeypatch, tmp_path):
    environment = made_environment(monkeypatch, tmp_path)
    environment.record(with_tests=True)
    environment.requirements(with_tests=True).write_text("a==2\n")
    installed = []
    monkeypatch.setattr(environments, "find_uv", lambda: "uv")
    monkeypatch.setattr(environments, "_run", installed.append)
    environments.prepare(environment, with_tests=False)
    assert installed[-1][-1].endswith("probe-test.txt")
    assert environment.is_ready(with_tests=True)


def test_bootstrap_needs_the_standard_library_only():
    """The modules that run before anything is installed import with `-S -I`-like isolation."""
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import cli.bootstrap, cli.doctor, cli.environments;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in"
        " {'pydantic', 'typer', 'httpx', 'starlette', 'rich'}))"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-I", "-c", probe, str(ROOT)], capture_output=True, text=True
    )
    assert answer.stdout.strip() == "[]", answer.stderr


def test_doctor_finds_a_missing_engine_python(monkeypatch, tmp_path, capsys):
    from cli import doctor

    monkeypatch.setenv("STADTDRAHT_HOME", str(tmp_path / "new"))
    monkeypatch.delenv(ENGINE_PYTHON_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    doctor.main()
    assert "python3.10" in capsys.readouterr().err
