"""`twentyone content load` in a process of its own, so that it can be killed."""

import os
from contextlib import redirect_stdout
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import URL

from app.content.commands import load_command

processes = get_context("forkserver")  # imports the application once, and begins each load in a moment
processes.set_forkserver_preload([__name__])


def start_loading(folder: Path, url: URL) -> ForkServerProcess:
    process = processes.Process(target=_load, args=(folder, url.render_as_string(hide_password=False)))
    process.start()
    return process


def _load(folder: Path, address: str) -> None:
    os.environ["TWENTYONE_DATABASE_URL"] = address
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        load_command(folder)
