"""Drive Debian's Firefox, headless, by WebDriver BiDi: it needs no driver beside it."""

import atexit
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading

import websocket

ANSWER = 60  # seconds
HEARD = ("log.entryAdded", "network.beforeRequestSent", "network.fetchError",
         "network.responseCompleted")


def find_firefox():
    """The path of Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One Firefox with a profile and one page; `events` are those since `open`."""

    def __init__(self, path):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [path, "--headless", "--no-remote", "--profile", self.profile.name,
             "--remote-debugging-port", "0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            # as root it refuses a home that belongs to another, as in CI's container
            env={**os.environ, "HOME": self.profile.name},
        )
        atexit.register(self.close)
        self.socket = websocket.create_connection(
            f"{self._address()}/session", timeout=ANSWER, suppress_origin=True)
        self.numbers, self.events = itertools.count(1), []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=HEARD)
        self.page = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def _address(self):
        """Where Firefox listens, as it says on its way up."""
        for line in self.process.stderr:
            if found := re.search(r"BiDi listening on (ws://\S+)", line):
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return found[1]
        raise RuntimeError("firefox: ended before it listened")

    def call(self, method, **params):
        """Send one command and wait for its answer."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (reply := json.loads(self.socket.recv())).get("id") != number:
            self.events.append(reply)
        if reply["type"] == "error":
            raise RuntimeError(f"{method}: {reply['message']}")
        return reply["result"]

    def look(self, width):
        """Be `width` pixels wide."""
        self.call("browsingContext.setViewport", context=self.page,
                  viewport={"width": width, "height": 900})

    def open(self, url):
        """Load a page and wait until it is whole."""
        self.events.clear()
        self.call("browsingContext.navigate", context=self.page, url=url,
                  wait="complete")

    def js(self, expression):
        """The value of a JavaScript expression, by way of JSON."""
        answer = self.call(
            "script.evaluate", expression=f"JSON.stringify({expression})",
            target={"context": self.page}, awaitPromise=False)
        if answer["type"] == "exception":
            raise RuntimeError(f"javascript: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"]["value"])

    def said(self, method):
        """What the page reported under this name since `open`."""
        return [e["params"] for e in self.events if e.get("method") == method]

    def close(self):
        """End Firefox and drop its profile."""
        atexit.unregister(self.close)
        self.process.terminate()
        self.process.wait(ANSWER)
        self.profile.cleanup()
