"""``python -m ops.deploy``: validate, plan, deploy, outputs and destroy of a stage."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from ops.command_line import (
    Choices,
    EngineName,
    Name,
    StandIn,
    States,
    command_group,
    reports_errors,
)
from ops.deploy.alarm_email import ask_for_alarm_email
from ops.deploy.changes import Change
from ops.deploy.console import (
    apply,
    console,
    empty_bucket,
    mend_code,
    show_changes,
    show_next_steps,
    warn_of_other_code,
)
from ops.deploy.deployment import BUCKET, Deployment
from ops.errors import OpsError
from ops.stage import CHOICES, STATES, Stage, UnknownStage, read_stage, require_credentials

app = command_group("Deploy a stage: stages/STAGE.yaml sets its variables.")

Code = Annotated[Path, typer.Option(help="The zip that make package made.")]
_ZIP = Path("build/function.zip")


@app.command()
@reports_errors(console)
def validate(
    name: Name,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: StandIn = None,
) -> None:
    """Check the template and the stage's choices against the provider's schema."""
    Deployment.prepare(read_stage(name, states, choices, stand_in), None, engine).validate()
    console.print(f"template.yaml is valid, and {name} can be planned with it.")


@app.command()
@reports_errors(console)
def plan(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    code: Code = _ZIP,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: StandIn = None,
) -> None:
    """Show the changes that deploy would make; changes nothing."""
    deployment = _prepare(name, code, engine, states, choices, stand_in)
    changes = _plan(deployment)
    show_changes(changes)
    if not changes and not stand_in:
        warn_of_other_code(deployment, code)


@app.command()
@reports_errors(console)
def deploy(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    code: Code = _ZIP,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: StandIn = None,
) -> None:
    """Change the account to match template.yaml and the stage."""
    deployment = _prepare(name, code, engine, states, choices, stand_in)
    if ask_for_alarm_email(deployment.stage, choices):
        deployment = _prepare(name, code, engine, states, choices, stand_in)
    changes = _plan(deployment)
    show_changes(changes)
    if any(change.address == BUCKET and "delete" in change.actions for change in changes):
        raise OpsError(
            "this would remove the bucket and its objects; keep its name, or, to use it as an "
            "existing one, remove it from the state first"
        )
    if changes:
        apply(deployment, changes)
    if stand_in:
        console.print("The stand-in created nothing: an account would have these resources now.")
        return
    found = deployment.outputs()
    mend_code(deployment.stage, str(found["function_urn"]), code)
    show_next_steps(deployment.stage, found, changes)


@app.command()
@reports_errors(console)
def outputs(
    name: Name,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: StandIn = None,
) -> None:
    """Print the stage's outputs as JSON."""
    deployment = _prepare_for_state(name, engine, states, choices, stand_in)
    console.print_json(json.dumps(deployment.outputs()))


@app.command("migrate-state")
@reports_errors(console)
def migrate_state(
    name: Name, engine: EngineName = "", states: States = STATES, choices: Choices = CHOICES
) -> None:
    """Move a stage's state to the place that its file names."""
    _prepare_for_state(name, engine, states, choices).migrate_state()
    console.print(f"The state of {name} is in the place that stages/{name}.yaml names.")


@app.command()
@reports_errors(console)
def destroy(  # noqa: PLR0913, PLR0917 - the command's options
    name: Name,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: StandIn = None,
    yes: Annotated[bool, typer.Option(help="Do not ask.")] = False,  # noqa: FBT002 - a flag
    delete_invoices: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option(help="Remove the bucket even if it holds invoices.")
    ] = False,
) -> None:
    """Remove the stage; a bucket that holds objects stays unless --delete-invoices is set."""
    deployment = _prepare(name, None, engine, states, choices, stand_in)
    stage = deployment.stage
    with console.status("reading the deployed resources"):
        deployed = deployment.deployed_resources()
        # The deployed bucket counts; the stage's file may name another one by now.
        bucket = str(deployed[BUCKET]["bucket"]) if BUCKET in deployed else ""
        stays = bool(bucket) and not delete_invoices and _must_stay(stage, bucket)
        changes = deployment.plan_destroy(deployed, [BUCKET] if stays else [])
    if changes:
        show_changes(changes)
    if stays:
        console.print(
            f"The bucket {bucket} stays: it holds objects, or could not be listed. Remove it "
            f"with its objects: {stage.command('destroy', 'DELETE_INVOICES=yes')}"
        )
    if not changes:
        console.print("There is nothing to remove.")
        return
    if not yes and typer.prompt(f"Type {name} to remove all of this", default="") != name:
        raise OpsError("nothing was removed")
    if bucket and delete_invoices and not stand_in:
        empty_bucket(stage, bucket)
    apply(deployment, changes)
    if stand_in:
        console.print("The stand-in removed nothing: it had created nothing.")
    else:
        console.print(f"{name} is removed, except its bucket." if stays else f"{name} is removed.")


@app.command()
@reports_errors(console)
def ready(
    name: Name,
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
    stand_in: StandIn = None,
) -> None:
    """List the problems of the environment and of the stage's file."""
    _prepare(name, None, engine, states, choices, stand_in)


def _must_stay(stage: Stage, bucket: str) -> bool:
    """Whether the bucket holds objects; that of a stand-in does not exist."""
    if stage.stand_in:
        return False
    from ops.deploy.bucket_cleanup import holds_objects  # noqa: PLC0415 - its SDK takes 0.2 s

    return holds_objects(stage, bucket)


def _prepare(  # noqa: PLR0913, PLR0917 - the options that the commands share
    name: str, code: Path | None, engine: str, states: Path, choices: Path, stand_in: Path | None
) -> Deployment:
    """Prepare a deployment; report every problem of an existing stage before anything starts."""
    problems: list[str] = []
    stage: Stage | None = None
    try:
        stage = read_stage(name, states, choices, stand_in)
    except UnknownStage:
        raise
    except OpsError as error:
        problems += error.problems
    try:
        if not stand_in:
            require_credentials(stage.environment if stage else os.environ)
    except OpsError as error:
        problems += error.problems
    if code and not code.is_file():
        problems.append(f"there is no {code}: make package")
    if problems or stage is None:
        raise OpsError(*problems)
    return Deployment.prepare(stage, code, engine)


def _prepare_for_state(
    name: str, engine: str, states: Path, choices: Path, stand_in: Path | None = None
) -> Deployment:
    """Prepare a command that only needs the state; remote state requires credentials."""
    stage = read_stage(name, states, choices, stand_in)
    if stage.remote:
        require_credentials(stage.environment)
    return Deployment.prepare(stage, None, engine)


def _plan(deployment: Deployment) -> list[Change]:
    with console.status(f"planning {deployment.stage.name} with {deployment.engine.name}"):
        return deployment.plan()


if __name__ == "__main__":
    app(prog_name="python -m ops.deploy")
