# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by WebDriver over plain HTTP."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {
    "enter": "\ue007", "tab": "\ue004", "escape": "\ue00c", "space": " ", "left": "\ue012", "up": "\ue013",
    "right": "\ue014", "down": "\ue015", "home": "\ue011", "end": "\ue010", "control": "\ue009",
    "delete": "\ue017",
}


class Browser:
    """One window."""

    def __init__(self, width=1280, height=900):
        self.directory = tempfile.mkdtemp(prefix="hotmem-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.base = None
        for line in self.driver.stdout:
            if "successfully on port" in line:
                self.base = f"http://127.0.0.1:{line.rstrip().rstrip('.').split()[-1]}"
                break
        if self.base is None:
            raise RuntimeError("chromedriver did not start")
        arguments = [
            "--headless=new", "--no-first-run", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
            f"--window-size={width},{height}", f"--user-data-dir={self.directory}/profile",
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = None
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self.session = f"/session/{made['sessionId']}"

    def call(self, method, path, body=None):
        """One request to the driver."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"].splitlines()[0]) from None

    def ask(self, method, path, body=None):
        """One request to the driver about the window."""
        return self.call(method, self.session + path, body)

    def open(self, url):
        """Goes to an address."""
        self.ask("POST", "/url", {"url": url})

    def js(self, script, *arguments):
        """What a script returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css):
        """The first element; an error where there is none."""
        return self.ask("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        """A click of the mouse on the middle of an element, which may be made anew meanwhile."""
        for attempt in range(5):
            try:
                self.js("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", css)
                return self.ask("POST", f"/element/{self.find(css)}/click", {})
            except RuntimeError as error:
                if attempt == 4 or "stale element" not in str(error):
                    raise

    def type(self, css, text):
        """Puts a text into a field in place of what is there."""
        element = self.find(css)
        self.ask("POST", f"/element/{element}/clear", {})
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def press(self, *names, held=None):
        """Keys on the keyboard, one after the other, for whatever has the focus."""
        actions = []
        if held:
            actions.append({"type": "keyDown", "value": KEYS[held]})
        for name in names:
            actions += [{"type": "keyDown", "value": KEYS[name]}, {"type": "keyUp", "value": KEYS[name]}]
        if held:
            actions.append({"type": "keyUp", "value": KEYS[held]})
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def emulate(self, width=None, height=900, scheme=None, motion=None):
        """Another width, another colour scheme, less motion."""
        def devtools(command, parameters):
            self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

        if width:
            devtools("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", motion)]
        devtools("Emulation.setEmulatedMedia", {
            "features": [{"name": name, "value": value} for name, value in features if value]})

    def devtools(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def wait(self, script, *arguments, seconds=10):
        """Waits until a script returns something true; what it returned last if it does not."""
        end = time.monotonic() + seconds
        while True:
            value = self.js(script, *arguments)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def complaints(self):
        """What the console has: errors of scripts, and what the policy kept out."""
        entries = self.ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, path):
        """A screenshot of the window."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def close(self):
        """Ends browser and driver."""
        try:
            if self.session:
                self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.directory, ignore_errors=True)
