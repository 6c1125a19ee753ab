"""Downloads from a server on the loopback: checked, whole or not at all."""

import gzip
import hashlib
import http.server
import threading

import numpy as np
import pytest

from afina.datasets import DatasetNotFoundError, mnist, mnist_files
from afina.datasets.sources import RemoteFile, Source
from afina.errors import ArgumentError, FileFormatError
from afina.utils import DownloadError, get_file

CONTENT = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    """`server.files`: what it serves by path; `server.asked`: the paths asked for; `server.cut`: bytes
    withheld.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            content = self.server.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            if self.server.announce:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) - self.server.cut])

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.files, running.asked, running.cut, running.announce = {"/data.bin": CONTENT}, [], 0, True
        running.url = f"http://127.0.0.1:{running.server_port}/"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AFINA_DATA", raising=False)
    return tmp_path / "cache"


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(server, cache):
    seen = []
    for _ in range(2):
        path = get_file(
            "data.bin",
            server.url + "data.bin",
            sha256=DIGEST,
            progress=lambda done, total: seen.append((done, total)),
        )
        assert path.read_bytes() == CONTENT
        assert path == cache / "data.bin"
    assert server.asked == ["/data.bin"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_wrong_checksum_never_reaches_the_cache(server, cache):
    with pytest.raises(FileFormatError, match=r"SHA-256 .* expected 0000"):
        get_file("data.bin", server.url + "data.bin", sha256="0" * 64)
    assert names(cache) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server, cache):
    cache.mkdir()
    (cache / "data.bin").write_bytes(b"damaged")
    assert get_file("data.bin", server.url + "data.bin", sha256=DIGEST).read_bytes() == CONTENT


def test_a_connection_that_ends_early_leaves_nothing(server, cache):
    server.cut = 1000
    with pytest.raises(DownloadError):
        get_file("data.bin", server.url + "data.bin", sha256=DIGEST)
    assert names(cache) == []


@pytest.mark.parametrize("announce", [True, False])
def test_more_bytes_than_allowed_are_not_taken(server, cache, announce):
    server.announce = announce
    with pytest.raises(DownloadError, match="allowed"):
        get_file("data.bin", server.url + "data.bin", sha256=DIGEST, size_limit=1000)
    assert names(cache) == []


def test_a_missing_file_and_a_missing_server_are_download_errors(server, cache):
    with pytest.raises(DownloadError, match="404"):
        get_file("data.bin", server.url + "nothing", sha256=DIGEST)
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9"):
        get_file("data.bin", "http://127.0.0.1:9/data.bin", sha256=DIGEST)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/etc/passwd"])
def test_a_name_that_leads_elsewhere_is_refused(name, cache):
    with pytest.raises(ArgumentError, match="plain file name"):
        get_file(name, "http://127.0.0.1:9/", sha256=DIGEST)


def test_only_http_and_https_are_asked(cache):
    with pytest.raises(ArgumentError, match="http"):
        get_file("a", "file:///etc/passwd", sha256=DIGEST)


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(head + array.tobytes())


@pytest.fixture
def small(server):
    """A data set of MNIST's form with 6 + 3 images, on the server."""
    rng = np.random.default_rng(0)
    arrays = [
        rng.integers(0, 256, (6, 28, 28)),
        np.arange(6),
        rng.integers(0, 256, (3, 28, 28)),
        np.arange(3),
    ]
    arrays = [array.astype(np.uint8) for array in arrays]
    files = []
    for file, array in zip(mnist.SOURCE.files, arrays, strict=True):
        content = idx(array)
        server.files[f"/{file.name}"] = content
        files.append(RemoteFile(file.name, hashlib.sha256(content).hexdigest(), len(content)))
    return Source("small", (), server.url, tuple(files), "ask a friend"), arrays


def test_a_data_set_is_downloaded_checked_and_read(server, cache, small):
    source, arrays = small
    (x_train, y_train), (x_test, y_test) = mnist_files.load(
        source, None, download=True, folder_names=("small",)
    )
    for got, wanted in zip((x_train, y_train, x_test, y_test), arrays, strict=True):
        np.testing.assert_array_equal(got, wanted)
    mnist_files.load(source, None, download=False, folder_names=("small",))
    assert len(server.asked) == 4


def test_without_a_download_the_error_lists_the_three_ways(server, cache, small):
    source, _ = small
    with pytest.raises(
        DatasetNotFoundError, match=r"\(1\) ask a friend; \(2\) .*AFINA_DATA/small; \(3\) .*127"
    ):
        mnist_files.load(source, None, download=False, folder_names=("small",))
    assert server.asked == []


def test_when_the_server_is_gone_the_error_lists_the_ways_and_the_cause(server, cache, small):
    source, _ = small
    server.files.clear()
    with pytest.raises(FileNotFoundError, match=r"404.*three ways"):
        mnist_files.load(source, None, download=True, folder_names=("small",))


def test_a_damaged_file_on_the_server_is_refused(server, cache, small):
    source, _ = small
    server.files["/train-labels-idx1-ubyte.gz"] = server.files["/train-labels-idx1-ubyte.gz"][:-1] + b"\xff"
    with pytest.raises(FileFormatError, match="SHA-256"):
        mnist_files.load(source, None, download=True, folder_names=("small",))
    assert names(cache) == ["train-images-idx3-ubyte.gz"]
