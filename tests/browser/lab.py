"""A JupyterLab of the test's own on the loopback, and a notebook open in it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

START, STEP = 120, 0.2  # seconds


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def lab(folder):
    """JupyterLab over `folder`, with settings of its own: its address."""
    own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime",
           "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "spaces",
           "IPYTHONDIR": "ipython"}
    env = os.environ | {k: str(folder / f".{name}") for k, name in own.items()}
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               f"--port={port}", "--ServerApp.port_retries=0",
               "--ServerApp.ip=127.0.0.1",
               "--IdentityProvider.token=", "--ServerApp.password=",
               f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
               "--LabApp.news_url=", "--LabApp.check_for_updates_class="
               "jupyterlab.NeverCheckForUpdate"]
    with open(folder / ".log", "wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, folder / ".log")
        yield address
    finally:
        process.terminate()
        process.wait(START)


def _wait_for(address, process, log):
    for _ in range(int(START / STEP)):
        with suppress(OSError), urllib.request.urlopen(f"{address}/api") as answer:
            return json.load(answer)
        if process.poll() is not None:
            break
        time.sleep(STEP)
    raise RuntimeError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def until(tab, condition, seconds=START):
    """Wait until JavaScript says so; its value."""
    for _ in range(int(seconds / STEP)):
        if found := tab.js(condition):
            return found
        time.sleep(STEP)
    raise AssertionError(f"not within {seconds} s: {condition}")


def command(tab, name):
    """Do what a menu of JupyterLab does."""
    tab.js(f"jupyterapp.commands.execute({name!r}).then(() => 0)")


def open_and_run(tab, address, name):
    """Open a notebook as a reader does, and run all of its cells."""
    tab.look(1280, "light")
    tab.open(f"{address}/lab/tree/{name}")
    until(tab, "window.jupyterapp && !!document.querySelector('.jp-Notebook .jp-Cell')")
    until(tab, "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
               "?.status === 'idle'")
    command(tab, "notebook:run-all-cells")
