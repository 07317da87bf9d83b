"""Flags about a graph that every command on graphs takes: where its files are, its options, its calculators."""

from __future__ import annotations

import click

roots_option = click.option(
    "--resource_root_dir", multiple=True, metavar="DIR", help="Where models and subgraphs are looked for first."
)
overrides_option = click.option(
    "--set", "overrides", multiple=True, metavar="NODE.FIELD=VALUE", help="Set an option of an expanded node."
)
modules_option = click.option(
    "--import", "modules", multiple=True, metavar="MODULE", help="Calculators: a module, or a .py file."
)
