"""Drive Debian's Chromium, headless and cut off from every host but this one.

Over DevTools' own protocol, by websocket-client, which JupyterLab brings: selenium
would be six packages more and a driver, and would say less about requests.
"""

import atexit
import base64
import functools
import http.server
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import websocket

OFFLINE = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
QUIET = (
    "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--remote-allow-origins=*", "--remote-debugging-port=0",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),  # Chromium refuses root's
)
LISTENED = ("Page", "Network", "Runtime", "Log")
START, ANSWER, PICTURE = 30, 120, 20  # seconds


def find_chromium():
    """The path of Chromium, or None."""
    return shutil.which("chromium")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each in the terminal."""

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def served(folder):
    """Serve a folder on the loopback: the address, ended by a slash."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class Browser:
    """One Chromium with a profile of its own; `tab()` opens a page in it."""

    def __init__(self, path):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [path, *QUIET, *OFFLINE, f"--user-data-dir={self.profile.name}"]
        self.process = subprocess.Popen(
            [*command, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        atexit.register(self.close)  # an error must leave no Chromium behind
        self.address = f"http://127.0.0.1:{self._port()}"

    def _port(self):
        """The port that Chromium chose, as it writes it down."""
        note = Path(self.profile.name, "DevToolsActivePort")
        for _ in range(START * 10):
            if note.exists() and (lines := note.read_text().split()):
                return lines[0]
            time.sleep(0.1)
        self.close()
        raise RuntimeError(f"chromium: no DevTools port within {START} s")

    def tab(self):
        """A new page, empty."""
        request = urllib.request.Request(f"{self.address}/json/new", method="PUT")
        with urllib.request.urlopen(request, timeout=START) as answer:
            return Tab(json.load(answer)["webSocketDebuggerUrl"])

    def close(self):
        """End Chromium and drop its profile."""
        atexit.unregister(self.close)
        self.process.terminate()
        self.process.wait(START)
        self.profile.cleanup()


class Tab:
    """One page; `events` holds what it reported since the last `open`."""

    def __init__(self, address):
        self.socket = websocket.create_connection(address, timeout=ANSWER)
        self.numbers = itertools.count(1)
        self.events = []
        for domain in LISTENED:
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def call(self, method, *, within=ANSWER, **params):
        """Send one command and wait for its answer, at most `within` seconds."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        self.socket.settimeout(within)
        while (reply := json.loads(self.socket.recv())).get("id") != number:
            if "method" in reply:  # and no answer that came too late
                self.events.append(reply)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def picture(self, **how):
        """A PNG of the page, its bytes; how: as Page.captureScreenshot takes it.

        Chromium draws no frame of a page that is behind another, and then never
        answers (https://github.com/puppeteer/puppeteer/issues/12712). So it is brought
        to the front, and asked once more.
        """
        for last in (False, True):
            self.call("Page.bringToFront")
            try:
                answer = self.call("Page.captureScreenshot", **how,
                                   within=ANSWER if last else PICTURE)
                return base64.b64decode(answer["data"])
            except websocket.WebSocketTimeoutException:
                if last:
                    raise

    def js(self, expression):
        """The value of a JavaScript expression (a promise's, once it is kept)."""
        answer = self.call("Runtime.evaluate", expression=expression,
                           awaitPromise=True, returnByValue=True)
        if fault := answer.get("exceptionDetails"):
            thrown = fault.get("exception", {}).get("description", fault["text"])
            raise RuntimeError(f"javascript: {thrown}")
        return answer["result"].get("value")

    def open(self, url):
        """Load a page and wait until it is whole and idle."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")
        self.js("document.fonts.ready.then(() => new Promise(done =>"
                " requestIdleCallback(() => setTimeout(done, 100))))")

    def wait(self, method):
        """Read events until one of this name has come."""
        while not any(event["method"] == method for event in self.events):
            message = json.loads(self.socket.recv())
            self.events.append(message)

    def said(self, method):
        """What the page reported under this name since `open`."""
        return [e["params"] for e in self.events if e.get("method") == method]

    def look(self, width, theme, height=900):
        """Be `width` pixels wide (a phone below 500) and prefer light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def press(self, key, *, shift=False):
        """Press and release one key: "Tab", "Enter", "ArrowRight", "s"…"""
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        code = KEYS.get(key) or ord(key.upper())
        given = {"key": key, "windowsVirtualKeyCode": code, "modifiers": SHIFT * shift}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **given)
        self.call("Input.dispatchKeyEvent", type="keyUp", **given)

    def close(self):
        """Close the page."""
        self.call("Page.close")
        self.socket.close()


SHIFT = 8
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "PageUp": 33, "PageDown": 34,
        "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
        "ArrowDown": 40}
