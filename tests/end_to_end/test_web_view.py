"""`poetry-tui serve`: the studio in a headless browser, and who is refused."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, sync_playwright

from engine.system.errors import INTERRUPTED
from engine.system.names import is_loopback
from poetry_tui.commands.cli import main

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DEADLINE_S = 120
# Notes every character that xterm.js draws on a canvas; it draws each once in each style, and copies it from there.
NOTE_DRAWN = """
window.drawn = [];
for (const kind of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
  const fill = kind.prototype.fillText;
  kind.prototype.fillText = function (text, ...rest) { window.drawn.push(text); return fill.call(this, text, ...rest); };
}
"""
# Bright pixels in the middle of the poem's pane, where only a poem is; counted by their green.
LIT_PIXELS = """() => {
  const canvas = document.querySelector(".xterm-text-layer");
  const [left, top] = [canvas.width * 0.25, canvas.height * 0.2];
  const pixels = canvas.getContext("2d").getImageData(left, top, canvas.width * 0.4, canvas.height * 0.5).data;
  return pixels.filter((value, index) => index % 4 === 1 && value > 120).length;
}"""
HAN = re.compile("[一-鿿]")


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a web view; it must end by itself at Ctrl-C."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "poetry_tui", "serve", "--port", str(port)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        printed = server.stdout.readline().strip()
        assert printed == f"http://localhost:{port}", server.stderr and server.stderr.read()
        while not is_listening(port):  # it says its address a moment before
            assert server.poll() is None
            time.sleep(0.1)
        yield printed
        if os.name == "posix":
            server.send_signal(signal.SIGINT)
            assert server.wait(DEADLINE_S) == INTERRUPTED
        server.kill()


def is_listening(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("localhost", port)) == 0


@pytest.fixture
def page() -> Iterator[Page]:
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome is installed")
    with (
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])) as browser,
    ):
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.set_default_timeout(DEADLINE_S * 1000)
        page.add_init_script(NOTE_DRAWN)
        yield page


def test_the_studio_composes_takes_chinese_input_and_resizes_in_a_browser(address: str, page: Page) -> None:
    received, requested = bytearray(), list[str]()

    def listen(web_socket: WebSocket) -> None:
        web_socket.on("framereceived", lambda data: received.extend(data.encode() if isinstance(data, str) else data))

    page.on("websocket", listen)
    page.on("request", lambda request: requested.append(request.url))
    page.goto(address)
    wait_for(page, lambda: "studio-lstm · cpu" in shown(received) or "studio-lstm · cuda" in shown(received))
    assert "日" in drawn(page)
    blank = page.evaluate(LIT_PIXELS)

    page.evaluate("window.drawn = []")
    page.keyboard.press("Enter")
    wait_for(page, lambda: "nats/Han" in shown(received))
    # The first characters of the poem are in `drawn` only where no text of the screen has them in the same style.
    assert len(set(HAN.findall(drawn(page)))) >= 10
    # Where a hint was, there are 28 characters now.
    wait_for(page, lambda: page.evaluate(LIT_PIXELS) > blank + 300)

    page.keyboard.press("b")
    page.keyboard.insert_text("秋水长天")
    wait_for(page, lambda: "秋水长天" in shown(received))

    before = len(received)
    page.set_viewport_size({"width": 800, "height": 600})
    wait_for(page, lambda: "作诗" in shown(received[before:]))
    width, height = page.evaluate("(({width, height}) => [width, height])(document.querySelector('.xterm-text-layer'))")
    assert 700 < width <= 800
    assert 500 < height <= 600
    # Nothing comes from anywhere else.
    assert [url for url in requested if not url.startswith((address, "data:"))] == []


def shown(received: bytearray) -> str:
    """The text that a studio has sent, without control sequences."""
    text = received.decode("utf-8", errors="replace")
    return re.sub(r"\x1b\[[0-9;?<>]*[a-zA-Z]", "", text)


def drawn(page: Page) -> str:
    """The characters that the browser has drawn."""
    return str(page.evaluate("window.drawn.join('')"))


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(DEADLINE_S * 5):
        if condition():
            return
        page.wait_for_timeout(200)
    pytest.fail(f"{condition} did not become true")


def test_pages_of_others_and_names_of_others_are_refused(address: str) -> None:
    port = address.rpartition(":")[2]
    assert status(address) == 200
    assert status(f"http://127.0.0.1:{port}/") == 200
    assert status(address, Origin=address) == 200
    assert status(address, Origin="https://poems.example") == 403
    assert status(f"{address}/ws", Origin="https://poems.example") == 403
    assert status(address, Host=f"poems.example:{port}") == 403


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=DEADLINE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("0.0.0.0", False), ("poems.example", False)],
)
def test_only_addresses_of_this_machine_are_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_without_the_extra_the_web_view_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["serve"]) == 1
    assert "poetry-tui[web]" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        line = [sys.executable, "-m", "poetry_tui", "serve", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(line, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 1
    assert re.search(r"localhost:\d+ cannot be served: .* --port", done.stderr)
    assert "Traceback" not in done.stderr
