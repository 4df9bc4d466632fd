"""Fetching the data sets, from a server on this machine."""

import gc
import hashlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.harness import data, download

CONTENT = b"rows and labels" * 1000


class Handler(BaseHTTPRequestHandler):
    """Serves good, corrupted, missing and cut files, and counts what is asked for."""

    asked = ()

    def do_GET(self):
        type(self).asked += (self.path,)
        if self.path == "/missing.npz":
            self.send_error(404)
            return
        body = CONTENT[::-1] if self.path == "/corrupted.npz" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:700] if self.path == "/cut.npz" else body)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def server():
    Handler.asked = ()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}/"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def files(server, *names):
    digest = hashlib.sha256(CONTENT).hexdigest()
    return {name: download.Remote(server + name, digest) for name in names}


def test_a_good_file_is_fetched_once(server, tmp_path):
    for _ in range(2):
        download.fetch(files(server, "good.npz", "fine.npz"), tmp_path / "new")
    assert (tmp_path / "new" / "good.npz").read_bytes() == CONTENT
    assert Handler.asked == ("/good.npz", "/fine.npz")


# requests leaves the socket of a connection that was cut to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("corrupted.npz", "its SHA-256 is not the one"),
        ("missing.npz", "the server answers 404 Not Found"),
        ("cut.npz", "IncompleteRead"),
    ],
)
def test_a_bad_file_is_said_and_not_kept(server, tmp_path, name, why):
    with pytest.raises(SystemExit) as raised:
        download.fetch(files(server, "good.npz", name), tmp_path)
    for part in (name, server + name, why, "Run the command again"):
        assert part in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["good.npz"]
    del raised
    gc.collect()


def test_a_spoilt_file_is_fetched_anew(server, tmp_path):
    (tmp_path / "good.npz").write_bytes(CONTENT[:99])
    download.fetch(files(server, "good.npz"), tmp_path)
    assert (tmp_path / "good.npz").read_bytes() == CONTENT


def test_no_network(tmp_path):
    # Nobody listens on port 9 of this machine.
    with pytest.raises(SystemExit, match=r"good\.npz could not be fetched .*ConnectionError"):
        download.fetch(files("http://127.0.0.1:9/", "good.npz"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="file/data can't be made"):
        download.fetch(files(server, "good.npz"), tmp_path / "file" / "data")


def test_other_errors_are_not_called_a_wrong_content(tmp_path):
    with pytest.raises(SystemExit) as raised:
        download.fetch(files("nowhere:", "good.npz"), tmp_path)
    assert "SHA-256" not in str(raised.value)


def test_all_sets_of_the_paper_are_listed():
    assert {name.split(".")[0] for name in download.FILES} == set(data.ODDS)
    for remote in download.FILES.values():
        assert remote.url.startswith("https://")
        assert len(bytes.fromhex(remote.sha256)) == 32


def test_the_command_fills_the_folder(server, command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(download, "FILES", files(server, "good.npz"))
    command("download", "--data-dir", tmp_path)
    assert f"--data-dir {tmp_path}" in capsys.readouterr().out
    assert (tmp_path / "good.npz").exists()


def test_without_pooch_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pyod-robustnvp\[paper\]"):
        download.fetch({}, tmp_path)
