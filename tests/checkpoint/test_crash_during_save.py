"""Kill -9 and full disks while a checkpoint is written."""

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from afina.checkpoint import checkpoints, keep_last, newest_valid, read_file, write_file
from afina.errors import ArgumentError, FileFormatError
from afina.utils.atomic import atomic_write, sweep_temporaries

KILLS = int(os.environ.get("AFINA_TEST_KILLS", "20"))  # the long run takes 200: a minute

# Saves 2 MB checkpoints of one value each, overwriting "latest" and adding numbered ones.
WRITER = """
import sys, numpy as np
from afina.checkpoint import keep_last, write_file
folder, step = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
while True:
    step += 1
    tensors = {f"w{i}": np.full((256, 256), step, np.float32) for i in range(8)}
    write_file(f"{folder}/latest.afina", tensors, {"step": step})
    write_file(f"{folder}/step-{step}.afina", tensors, {"step": step})
    keep_last(folder, 3, "step-*.afina")
"""


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def check_whole(path):
    contents = read_file(path)
    for array in contents.tensors.values():
        assert (array == contents.metadata["step"]).all()
    return contents.metadata["step"]


def kill_while_saving(folder, rounds, seed):
    generator = random.Random(seed)
    step, killed_in_a_save = 0, 0
    for _ in range(rounds):
        child = subprocess.Popen([sys.executable, "-c", WRITER, folder, str(step)], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(generator.uniform(0.0, 0.08))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        killed_in_a_save += any(name.endswith(".tmp") for name in names(folder))
        for path in checkpoints(folder):
            check_whole(path)
        newest = newest_valid(folder, "step-*.afina")
        if newest is not None:
            assert newest.skipped == ()
            assert newest.contents.metadata["step"] >= step
            step = newest.contents.metadata["step"]
        write_file(folder / "latest.afina", {}, {"step": step})
        assert [name for name in names(folder) if name.endswith(".tmp")] == []
    return killed_in_a_save


def test_kills_leave_only_whole_files_and_the_next_save_sweeps_the_rest(tmp_path):
    assert kill_while_saving(tmp_path, KILLS, seed=KILLS) >= KILLS // 10


def test_a_temporary_that_a_living_writer_holds_is_not_swept(tmp_path):
    with atomic_write(tmp_path / "slow") as file:
        file.write(b"half")
        write_file(tmp_path / "quick.afina", {})
        assert sweep_temporaries(tmp_path) == []
        file.write(b" and half")
    assert (tmp_path / "slow").read_bytes() == b"half and half"
    assert names(tmp_path) == ["quick.afina", "slow"]


def test_an_error_inside_the_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail():
        with atomic_write(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("limit", [0, 100, 5_000, 300_000])
def test_a_full_disk_leaves_the_old_checkpoint_and_raises_an_os_error(tmp_path, limit):
    path = tmp_path / "file.afina"
    write_file(path, {"w": np.zeros(3)}, {"step": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write_file(path, {"w": np.zeros(100_000)}, {"step": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert read_file(path).metadata == {"step": 1}
    assert names(tmp_path) == ["file.afina"]


def test_a_missing_folder_is_an_ordinary_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "nowhere" / "file.afina", {})


def test_a_folder_is_never_replaced_by_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path / "folder", {})


def test_the_newest_valid_checkpoint_is_found_behind_damaged_ones_and_they_are_named(tmp_path):
    for step in (9, 10, 11):
        write_file(tmp_path / f"step-{step}.afina", {"w": np.full(4, step)}, {"step": step})
    (tmp_path / "step-11.afina").write_bytes(b"")
    damaged = bytearray((tmp_path / "step-10.afina").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "step-10.afina").write_bytes(damaged)
    with pytest.warns(UserWarning, match="passing over the checkpoint step-1"):
        found = newest_valid(tmp_path)
    assert found.path.name == "step-9.afina"
    assert [path.name for path, _ in found.skipped] == ["step-11.afina", "step-10.afina"]


def test_a_folder_without_checkpoints_has_no_newest(tmp_path):
    assert newest_valid(tmp_path) is None


def test_keep_last_removes_the_oldest_and_needs_at_least_two(tmp_path):
    for step in range(5):
        write_file(tmp_path / f"step-{step}.afina", {})
    write_file(tmp_path / "best.afina", {})
    assert [path.name for path in keep_last(tmp_path, 2, "step-*.afina")] == [
        "step-0.afina",
        "step-1.afina",
        "step-2.afina",
    ]
    assert names(tmp_path) == ["best.afina", "step-3.afina", "step-4.afina"]
    with pytest.raises(ArgumentError, match="at least 2"):
        keep_last(tmp_path, 1)


def test_a_hostile_folder_entry_under_a_checkpoint_name_is_passed_over(tmp_path):
    os.mkfifo(tmp_path / "step-2.afina")
    write_file(tmp_path / "step-1.afina", {})
    with pytest.warns(UserWarning, match="FIFO"):
        assert newest_valid(tmp_path).path.name == "step-1.afina"
    with pytest.raises(FileFormatError):
        read_file(tmp_path / "step-2.afina")
