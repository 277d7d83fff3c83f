"""What a terminal shows of a plan, of its progress, and of what to do next."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.deploy.bucket_cleanup import remove_objects
from ops.deploy.changes import Change, change_table, summary
from ops.deploy.deployment import Deployment

console = Console(highlight=False, soft_wrap=True)


def show(changes: list[Change]) -> None:
    """Show what a plan would do."""
    if changes:
        console.print(change_table(changes))
    console.print(summary(changes))


def apply(deployment: Deployment, changes: list[Change]) -> None:
    """Do what was planned, and show how far it is."""
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        steps = sum(len(change.actions) for change in changes)
        task = progress.add_task("applying", total=steps)

        def done(kind: str, address: str) -> None:
            progress.update(task, description=escape(address))
            if kind == "complete":
                progress.advance(task)

        deployment.apply(done)
        progress.update(task, description="done")


def empty(deployment: Deployment, bucket: str) -> None:
    """Remove all that a bucket holds, and show how far it is."""
    with Progress(
        TextColumn(f"emptying {escape(bucket)}: {{task.completed}} removed"), console=console
    ) as bar:
        task = bar.add_task("emptying", total=None)
        remove_objects(deployment.stage, bucket, lambda number: bar.advance(task, number))


def next_steps(deployment: Deployment) -> None:
    """Say what can be done with a stage that is deployed."""
    found, stage = deployment.outputs(), deployment.stage.name
    lines = [
        "",
        f"Upload images to {found['bucket']}/{found['input_prefix']}",
        f"and find records in {found['bucket']}/{found['results_prefix']}.",
        f"Try one sample through it:  make smoke STAGE={stage}",
        f"Watch it deployment:              make logs STAGE={stage} FOLLOW=1",
        f"All addresses:              make outputs STAGE={stage}",
    ]
    if found["api_address"]:
        lines.append(f"The API: {found['api_address']} (an app made in API Gateway gets you a key)")
    if deployment.stage.variables.get("alarm_email"):
        lines.append(
            f"{deployment.stage.variables['alarm_email']} has to confirm the subscription."
        )
    console.print("\n".join(lines))
