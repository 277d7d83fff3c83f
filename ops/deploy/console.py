"""Terminal output of the deploy commands: changes, progress, next steps.

The SDKs are imported where they are used: most commands need none, and they take 0.3 s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.deploy.changes import Change, change_table, summary
from ops.deploy.deployment import Deployment
from ops.stage import DECLINED, Stage

_RIGHTS = ("huaweicloud_identity_agency.", "huaweicloud_identity_role.")
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
            if kind == "complete" and not address.startswith("data."):  # reads are no changes
                progress.advance(task)

        deployment.apply(on_step)
        progress.update(task, description="done")


def warn_of_other_code(deployment: Deployment, code: Path) -> None:
    """Print a line if the deployed code is another than the zip's."""
    from ops.deploy.code_check import code_differs  # noqa: PLC0415 - see above

    urn = str(deployment.outputs()["function_urn"])
    if code_differs(deployment.stage, urn, code):
        console.print(f"The deployed code is another than {escape(str(code))}: deploy uploads it.")


def mend_code(stage: Stage, urn: str, code: Path) -> None:
    """Upload the zip again if the deployed code is another."""
    from ops.deploy.code_check import code_differs, upload_code  # noqa: PLC0415 - see above

    if code_differs(stage, urn, code):
        with console.status("the deployed code is another: uploading the zip again"):
            upload_code(stage, urn, code)
        console.print(f"The deployed code was another than {escape(str(code))}: replaced.")


def empty_bucket(stage: Stage, bucket: str) -> None:
    """Remove all objects of a bucket, with a progress line."""
    from ops.deploy.bucket_cleanup import remove_objects  # noqa: PLC0415 - see above

    line = TextColumn(f"emptying {escape(bucket)}: {{task.completed}} removed")
    with Progress(line, console=console) as progress:
        task = progress.add_task("emptying", total=None)
        remove_objects(stage, bucket, lambda number: progress.advance(task, number))


def show_next_steps(stage: Stage, found: dict[str, Any], changes: list[Change]) -> None:
    """Print how to use the deployed stage, which has these outputs."""
    lines = [
        "",
        f"Upload images to {found['bucket']}/{found['input_prefix']}",
        f"and find records in {found['bucket']}/{found['results_prefix']}.",
        f"Process one sample:   {stage.command('smoke')}",
        f"Follow the log:       {stage.command('logs', 'FOLLOW=1')}",
        f"Show all outputs:     {stage.command('outputs')}",
    ]
    if any("create" in one.actions and one.address.startswith(_RIGHTS) for one in changes):
        lines.append("New rights take 5 to 15 minutes to act; the first smoke test waits for them.")
    if found["api_address"]:
        lines.append(f"The API: {found['api_address']} (create an app in API Gateway to get a key)")
    email = stage.variables.get("alarm_email")
    if email and email != DECLINED:
        lines.append(f"{email} must confirm the subscription.")
    console.print("\n".join(lines))
