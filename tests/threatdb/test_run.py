"""The runner's decisions; what it starts is replaced, so that no test installs or serves anything."""

from __future__ import annotations

import importlib.util
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The runner, over an empty project in a folder whose name has a space in it."""
    loader = SourceFileLoader("threatdb_run", str(ROOT / "run"))
    spec = importlib.util.spec_from_loader("threatdb_run", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    project = tmp_path / "a project"
    (project / "requirements").mkdir(parents=True)
    for kind in ("base", "dev"):
        (project / "requirements" / f"{kind}.txt").write_text(f"{kind}==1\n")
    for name, value in {
        "ROOT": project,
        "VENV": project / ".venv",
        "PYTHON": project / ".venv" / "bin" / "python",
        "MARKER": project / ".venv" / "installed-lock",
        "REQUIREMENTS": project / "requirements",
    }.items():
        monkeypatch.setattr(module, name, value)
    for name in ("PORT", "DATABASE_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return module


@pytest.fixture
def installs(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which environments were made and which locks were installed, in order."""
    done: list[str] = []

    def make_environment() -> None:
        run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        run.PYTHON.touch()
        done.append("environment")

    def install_lock(kind: str) -> None:
        run.MARKER.write_text(run.lock_digest(kind))
        done.append(kind)

    monkeypatch.setattr(run, "make_environment", make_environment)
    monkeypatch.setattr(run, "install_lock", install_lock)
    return done


class TestInstall:
    def test_first_run_makes_the_environment(self, run: ModuleType, installs: list[str]) -> None:
        run.install("base")

        assert installs == ["environment", "base"]

    def test_second_run_installs_nothing(self, run: ModuleType, installs: list[str]) -> None:
        run.install("base")
        run.install("base")

        assert installs == ["environment", "base"]

    def test_a_changed_lock_is_installed_into_the_same_environment(self, run: ModuleType, installs: list[str]) -> None:
        run.install("base")
        (run.REQUIREMENTS / "base.txt").write_text("base==2\n")
        run.install("base")

        assert installs == ["environment", "base", "base"]

    def test_the_development_lock_serves_too(self, run: ModuleType, installs: list[str]) -> None:
        run.install("dev")
        run.install("base")

        assert installs == ["environment", "dev"]

    def test_a_development_environment_stays_one(self, run: ModuleType, installs: list[str]) -> None:
        run.install("dev")
        (run.REQUIREMENTS / "dev.txt").write_text("dev==2\n")
        run.install("base")

        assert installs == ["environment", "dev", "dev"]

    def test_an_environment_of_another_python_is_made_anew(self, run: ModuleType, installs: list[str]) -> None:
        run.install("base")
        run.MARKER.write_text("base 3.9 0123\n")
        run.install("base")

        assert installs == ["environment", "base", "environment", "base"]

    def test_an_interrupted_installation_is_made_anew(self, run: ModuleType, installs: list[str]) -> None:
        run.install("base")
        run.MARKER.unlink()
        run.install("base")

        assert installs == ["environment", "base", "environment", "base"]

    def test_missing_venv_module_is_named(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = subprocess.CompletedProcess([], 1, stdout="ensurepip is not available.", stderr="")
        monkeypatch.setattr(run.subprocess, "run", lambda *args, **kwargs: answer)
        monkeypatch.setattr(run.shutil, "which", lambda name: None)

        with pytest.raises(run.Failure, match="apt install python3-venv"):
            run.make_environment()

    def test_a_failed_installation_gives_the_reason(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = subprocess.CompletedProcess([], 1, stdout="", stderr="Looking\nERROR: No network.\n\n")
        monkeypatch.setattr(run.subprocess, "run", lambda *args, **kwargs: answer)

        with pytest.raises(run.Failure, match=r"requirements/base\.txt could not be installed: ERROR: No network\."):
            run.install_lock("base")


class TestSecretKey:
    def test_it_is_random_and_for_the_owner_alone(self, run: ModuleType) -> None:
        run.ensure_secret_key()

        file = run.ROOT / ".env"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(run.secret_key_in(file.read_text())) > 50

    def test_it_is_written_once(self, run: ModuleType) -> None:
        run.ensure_secret_key()
        first = (run.ROOT / ".env").read_text()
        run.ensure_secret_key()

        assert (run.ROOT / ".env").read_text() == first

    def test_other_settings_are_kept(self, run: ModuleType) -> None:
        (run.ROOT / ".env").write_text("DEBUG=true")
        run.ensure_secret_key()

        text = (run.ROOT / ".env").read_text()
        assert text.startswith("DEBUG=true\n")
        assert run.secret_key_in(text)

    def test_that_of_the_environment_is_enough(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET_KEY", "x" * 50)
        run.ensure_secret_key()

        assert not (run.ROOT / ".env").exists()

    def test_an_empty_one_of_the_environment_is_refused(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET_KEY", "")
        (run.ROOT / ".env").write_text("SECRET_KEY=abc\n")

        with pytest.raises(run.Failure, match=r"^SECRET_KEY is empty in the environment: unset it there"):
            run.ensure_secret_key()

    @pytest.mark.parametrize("text", ["SECRET_KEY=", "SECRET_KEY=\nPORT=80\n", 'export SECRET_KEY=""\nSECRET_KEY=abc'])
    def test_an_empty_one_of_the_file_is_refused(self, run: ModuleType, text: str) -> None:
        (run.ROOT / ".env").write_text(text)

        with pytest.raises(run.Failure, match=r"^SECRET_KEY is empty in \.env: take its line out"):
            run.ensure_secret_key()


class TestPort:
    def test_it_is_8000_unless_told(self, run: ModuleType) -> None:
        assert run.port_number() == 8000

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "80a", "8000.0", "²"])
    def test_what_is_no_port_is_refused(self, run: ModuleType, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", text)

        with pytest.raises(run.Failure, match="PORT has to be a number from 1 to 65535"):
            run.port_number()

    def test_one_in_use_is_refused_with_another(self, run: ModuleType, taken_port: int) -> None:
        with pytest.raises(run.Failure, match=rf"Port {taken_port} is in use; choose another one, such as PORT="):
            run.ensure_port_is_free(taken_port)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


class TestDatabaseUrl:
    @pytest.mark.parametrize("url", ["", "sqlite:///data/x.sqlite3", "postgres://u:p@h/db", "postgresql://h/db"])
    def test_both_engines_are_taken(self, run: ModuleType, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", url)

        run.check_database_url()

    @pytest.mark.parametrize("url", ["mysql://h/db", "threatdb", "/var/threatdb.sqlite3"])
    def test_others_are_refused(self, run: ModuleType, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", url)

        with pytest.raises(run.Failure, match="DATABASE_URL has to begin with"):
            run.check_database_url()


class TestCommands:
    def test_each_is_listed_with_what_it_does(self, run: ModuleType) -> None:
        usage = run.usage()

        for name, command in run.COMMANDS.items():
            assert f"\n  {name}" in usage
            assert command.__doc__ in usage

    def test_serve_prepares_nothing_that_would_not_be_served(
        self, run: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called: list[list[str]] = []
        monkeypatch.setattr(run, "ensure_port_is_free", lambda port: None)
        monkeypatch.setattr(run, "ready", lambda kind: None)

        def refuse(command: list[str], **environment: str) -> int:
            called.append(command)
            return 1

        monkeypatch.setattr(run, "call", refuse)
        with pytest.raises(run.Failure, match="The service was not started"):
            run.serve([])
        assert called == [[str(run.PYTHON), "manage.py", "prepare", "--to-serve"]]

    @pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--bind", "0.0.0.0:8000", "--help"]])
    @pytest.mark.parametrize("name", ["serve", "check"])
    def test_help_does_nothing_but_help(
        self,
        run: ModuleType,
        name: str,
        arguments: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        done: list[object] = []
        for what in ("ready", "call", "replace_with", "ensure_port_is_free"):
            monkeypatch.setattr(run, what, lambda *given, **more: done.append(given))

        assert run.main([name, *arguments]) == 0

        assert done == []
        said = capsys.readouterr().out
        assert said.startswith(f"Usage: ./run {name}")
        assert run.COMMANDS[name].__doc__ in said

    def test_any_other_word_goes_to_django(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        called: list[list[str]] = []
        monkeypatch.setattr(run, "ready", lambda kind: None)

        def replace_with(command: list[str]) -> int:
            called.append(command)
            raise SystemExit

        monkeypatch.setattr(run, "replace_with", replace_with)

        with pytest.raises(SystemExit):
            run.main(["rebuild_index", "--all"])
        assert called == [[str(run.PYTHON), "manage.py", "rebuild_index", "--all"]]

    def test_a_whole_test_run_is_spread_over_the_processors(
        self, run: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run.os, "cpu_count", lambda: 2)

        assert run.pytest_arguments(["--slow"]) == ["-q", "-n", "2", "--dist", "worksteal", "--slow"]
        assert run.pytest_arguments(["tests/records", "-x"]) == ["tests/records", "-x"]

    def test_check_goes_on_after_a_failure_and_names_all(
        self, run: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run, "ready", lambda kind: None)
        monkeypatch.setattr(run, "call", lambda command: 1 if "mypy" in command or "ruff" in command else 0)

        with pytest.raises(run.Failure, match=r"^Failed: lint, format, types\.$"):
            run.check([])


class TestScript:
    """The script itself, from another folder."""

    def test_alone_it_lists_the_commands(self, tmp_path: Path) -> None:
        done = subprocess.run([ROOT / "run"], cwd=tmp_path, capture_output=True, text=True, check=True)

        assert done.stdout.startswith("Usage: ./run COMMAND")

    def test_a_foreseeable_failure_is_one_sentence(self, taken_port: int) -> None:
        environment = {**os.environ, "PORT": str(taken_port)}
        done = subprocess.run([ROOT / "run", "serve"], env=environment, capture_output=True, text=True, check=False)

        assert done.returncode == 1
        assert done.stderr.startswith(f"run: Port {taken_port} is in use")
        assert done.stderr.count("\n") == 1

    def test_an_old_python_is_named(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(run.shutil, "which", lambda name: None)

        with pytest.raises(run.Failure, match=r"needs Python 3\.11 or newer, but python3 is 3\.9\.2"):
            run.ensure_python()
