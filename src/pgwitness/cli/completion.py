"""Completion of commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_PROGRAM = "pgwitness"
_VARIABLE = "_PGWITNESS_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what a shell needs to complete pgwitness's commands.

    \b
    bash:  eval "$(pgwitness completion bash)"             in ~/.bashrc
    zsh:   eval "$(pgwitness completion zsh)"              in ~/.zshrc
    fish:  pgwitness completion fish | source              in ~/.config/fish/config.fish
    """  # noqa: D301
    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(complete(context.find_root().command, {}, _PROGRAM, _VARIABLE).source())
