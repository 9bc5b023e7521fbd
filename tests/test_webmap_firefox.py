"""The offline map in Firefox, spoken to over Marionette: no driver is downloaded.

What only Chromium can show (cut networks by its protocol, printing to PDF, device scaling) is
tested there; here the proxy is a closed port, so that nothing could be loaded.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time

import fake_plan
import pytest

from zoning.outputs import webmap

pytestmark = [pytest.mark.firefox, pytest.mark.slow]

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PREFS = {
    "marionette.port": 0, "network.proxy.type": 1, "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9, "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9,
    "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False, "toolkit.telemetry.enabled": False,
}  # fmt: skip


class Marionette:
    """Firefox without a window; messages are `length:[type, id, command, values]`."""

    def __init__(self, profile):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        prefs = {**PREFS, "marionette.port": port}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in prefs.items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        self.process = subprocess.Popen(
            [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1"},
        )  # fmt: skip
        self.socket, self.number = self._connect(port), 0
        self._read()
        self.send("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})

    def _connect(self, port):
        for _ in range(600):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=60)
            except OSError:
                time.sleep(0.1)
        raise AssertionError("Firefox does not answer")

    def _read(self):
        size = b""
        while not size.endswith(b":"):
            size += self.socket.recv(1)
        left, parts = int(size[:-1]), []
        while left:
            part = self.socket.recv(left)
            parts.append(part)
            left -= len(part)
        return json.loads(b"".join(parts))

    def send(self, command, values):
        self.number += 1
        text = json.dumps([0, self.number, command, values]).encode()
        self.socket.sendall(str(len(text)).encode() + b":" + text)
        _, number, error, result = self._read()
        assert number == self.number and error is None, error
        return result.get("value", result) if isinstance(result, dict) else result

    def js(self, script, *values):
        return self.send("WebDriver:ExecuteScript", {"script": script, "args": list(values)})

    def open(self, path, hash_=""):
        self.send("WebDriver:Navigate", {"url": "about:blank"})
        self.send("WebDriver:Navigate", {"url": path.as_uri() + hash_})
        for _ in range(400):
            state = self.js("const d=document.documentElement.dataset;return d.failed||d.ready")
            if state:
                break
            time.sleep(0.05)
        assert state and state.isdigit(), state

    def text(self, selector):
        said = self.js("return document.querySelector(arguments[0]).innerText", selector)
        return said.replace("\u00a0", " ")

    def end(self):
        try:
            self.send("Marionette:Quit", {"flags": ["eForceQuit"]})
        except (AssertionError, OSError, ValueError):
            self.process.terminate()
        self.socket.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    if FIREFOX is None:
        if os.environ.get("CI"):
            raise AssertionError("CI has Firefox")
        pytest.skip("needs Firefox")
    browser = Marionette(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.end()


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make(nx=12, ny=10)


@pytest.fixture(scope="module")
def page(plan, tmp_path_factory):
    return webmap.write(plan, tmp_path_factory.mktemp("图 2") / "地图.html")


def test_it_opens_and_asks_for_nothing(firefox, page):
    firefox.open(page)
    asked = firefox.js("return performance.getEntriesByType('resource').map(e=>e.name)")
    assert [a for a in asked if not a.startswith(("data:", "blob:"))] == []
    assert "试验市主体功能区方案" in firefox.text(".zn-title")
    assert "→" in firefox.text(".zn-headline") and "红线" in firefox.text(".zn-legend")


def test_it_reads_every_unit(firefox, page, plan):
    firefox.open(page)
    read = firefox.js(
        "const g=Zoning.sides[0].grid;"
        "return Array.from({length:g.count},(_,i)=>[g.code(i),g.value(i,'zone')])"
    )
    assert dict(map(tuple, read)) == plan.units["zone"].to_dict()


def test_units_are_painted_in_their_colours(firefox, page):
    firefox.open(page, "#v=")
    pixel = firefox.js(
        "const g=Zoning.sides[0].grid;let i=0;"
        "while(!(g.value(i,'zone')==='key'&&g.value(i,'area_m2')>9e5))i++;"
        "const p=Zoning.map.latLngToContainerPoint(g.centre(i));"
        "const b=Zoning.map.getContainer().getBoundingClientRect();"
        "for(const t of document.querySelectorAll('canvas.leaflet-tile')){"
        "const r=t.getBoundingClientRect();const x=p.x+b.left-r.left,y=p.y+b.top-r.top;"
        "if(x>=0&&y>=0&&x<r.width&&y<r.height){const c=t.getContext('2d');"
        "return [...c.getImageData(x*t.width/r.width,y*t.height/r.height,1,1).data]}}return null"
    )
    assert pixel == [0xF0, 0x99, 0x4A, 255]


def test_cards_table_search_language_and_dark(firefox, page, plan):
    firefox.open(page)
    firefox.js("Zoning.emit('pick',Zoning.sides[0].grid.centre(30))")
    assert firefox.js("return Zoning.sides[0].grid.code(30)") in firefox.text(".zn-card")
    firefox.js("Zoning.showTable('built_share')")
    rows = firefox.js(
        "return [...document.querySelectorAll('.zn-grid tbody tr')].map(r=>r.dataset.code)"
    )
    shares = plan.townships["built_m2"] / plan.townships["area_m2"]
    assert rows == list(shares.sort_values(ascending=False).index)
    firefox.js(
        "const q=document.querySelector('.zn-query');q.focus();q.value='guyang';"
        "q.dispatchEvent(new Event('input'))"
    )
    time.sleep(0.4)
    assert "谷阳镇" in firefox.text(".zn-hits")
    firefox.js(
        "document.querySelector('.zn-lang').click();document.querySelector('.zn-tool-dark').click()"
    )
    assert "Main functional zones".lower() in firefox.text(".zn-side").lower()
    assert firefox.js("return document.documentElement.classList.contains('zn-dark')")


def test_two_plans(firefox, plan, tmp_path):
    import dataclasses

    moved = plan.units["zone"].where(plan.units["zone"] != "key", "moderate")
    other = dataclasses.replace(plan, units=plan.units.assign(zone=moved))
    firefox.open(webmap.write_compare(plan, other, tmp_path / "c.html", names=("A", "B")))
    firefox.js("document.querySelector('input[value=differences]').click()")
    assert "重点开发 → 适度开发" in firefox.text(".zn-legend")
