"""Terminal output of the deploy commands: changes, progress, next steps."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.deploy.bucket_cleanup import remove_objects
from ops.deploy.changes import Change, change_table, summary
from ops.deploy.deployment import Deployment
from ops.stage import Stage

console = Console(highlight=False, soft_wrap=True)


def show_changes(changes: list[Change]) -> None:
    """Print the changes of a plan."""
    if changes:
        console.print(change_table(changes))
    console.print(summary(changes))


def apply(deployment: Deployment, changes: list[Change]) -> None:
    """Apply the plan, with a progress bar."""
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        steps = sum(len(change.actions) for change in changes)
        task = progress.add_task("applying", total=steps)

        def on_step(kind: str, address: str) -> None:
            progress.update(task, description=escape(address))
            if kind == "complete":
                progress.advance(task)

        deployment.apply(on_step)
        progress.update(task, description="done")


def empty_bucket(stage: Stage, bucket: str) -> None:
    """Remove all objects of a bucket, with a progress line."""
    line = TextColumn(f"emptying {escape(bucket)}: {{task.completed}} removed")
    with Progress(line, console=console) as progress:
        task = progress.add_task("emptying", total=None)
        remove_objects(stage, bucket, lambda number: progress.advance(task, number))


def show_next_steps(deployment: Deployment) -> None:
    """Print how to use the deployed stage."""
    found, stage = deployment.outputs(), deployment.stage.name
    lines = [
        "",
        f"Upload images to {found['bucket']}/{found['input_prefix']}",
        f"and find records in {found['bucket']}/{found['results_prefix']}.",
        f"Process one sample:   make smoke STAGE={stage}",
        f"Follow the log:       make logs STAGE={stage} FOLLOW=1",
        f"Show all outputs:     make outputs STAGE={stage}",
    ]
    if found["api_address"]:
        lines.append(f"The API: {found['api_address']} (create an app in API Gateway to get a key)")
    if email := deployment.stage.variables.get("alarm_email"):
        lines.append(f"{email} must confirm the subscription.")
    console.print("\n".join(lines))
