"""Helper that runs `twentyone content load` in a separate process, which tests can kill."""

import os
from contextlib import redirect_stdout
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import URL

from app.content.commands import load_command

processes = get_context("forkserver")  # imports the application once, so that new processes start quickly
processes.set_forkserver_preload([__name__])


def start_load_process(content_dir: Path, url: URL) -> ForkServerProcess:
    process = processes.Process(target=_load, args=(content_dir, url.render_as_string(hide_password=False)))
    process.start()
    return process


def _load(content_dir: Path, address: str) -> None:
    os.environ["TWENTYONE_DATABASE_URL"] = address
    with Path(os.devnull).open("w", encoding="utf-8") as null_device, redirect_stdout(null_device):
        load_command(content_dir)
