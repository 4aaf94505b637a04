"""Runs the command line: `python -m pgwitness`."""

from pgwitness.cli import main

main(prog_name="pgwitness")
