# SPDX-License-Identifier: Apache-2.0
"""Every way in which programs write attributes, on the default machine."""
import os
import tempfile
from check import *


def test_without_newline():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY | os.O_CLOEXEC) as file:
        equal(os.write(file, b"online"), 6)
    equal(state(block), "online")


def test_creating_and_truncating():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
        equal(os.write(file, b"online\n"), 7)
    with open(f"{block}/state", "w") as file:
        file.write("offline")
    equal(state(block), "offline")


def test_truncating_alone_changes_nothing():
    block = new_block()
    write(f"{block}/state", b"online")
    with File(f"{block}/state", os.O_WRONLY | os.O_TRUNC):
        pass
    equal(read(f"{block}/state"), "online\n")


def test_two_writes_on_one_descriptor():
    block = new_block()
    with File(f"{block}/state", os.O_RDWR | os.O_NONBLOCK) as file:
        equal(os.write(file, b"online"), 6)
        equal(os.lseek(file, 0, os.SEEK_CUR), 6)
        equal(state(block), "online")
        equal(os.write(file, b"offline"), 7)
        equal(state(block), "offline")
        equal(os.lseek(file, 0, os.SEEK_CUR), 13)
        equal(os.pread(file, 100, 0), b"offline\n")


def test_trailing_nul():
    block = new_block()
    equal(write(f"{block}/state", b"online\0"), 7)
    equal(state(block), "online")


def test_text_behind_a_nul_is_not_looked_at():
    block = new_block()
    equal(write(f"{block}/state", b"online\0garbage"), 14)
    equal(state(block), "online")


def test_any_offset():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY) as file:
        for place, offset in enumerate([0, 1, 7, 4095, 4096, 1 << 20, (1 << 31) - 100]):
            word = b"offline" if place % 2 else b"online"
            equal(os.pwrite(file, word, offset), len(word))
            equal(state(block), word.decode())


def test_appending():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY | os.O_APPEND) as file:
        equal(os.write(file, b"online\n"), 7)
        equal(os.write(file, b"offline\n"), 8)
    equal(state(block), "offline")
    with open(f"{block}/state", "a") as file:
        file.write("online\n")
    equal(state(block), "online")


def test_through_the_node():
    block = new_block()
    path = f"{NODE}/node0/{os.path.basename(block)}/state"
    write(path, b"online")
    equal(state(block), "online")
    with File(f"{NODE}/node0/{os.path.basename(block)}", os.O_RDONLY | os.O_DIRECTORY) as directory:
        with File("state", os.O_WRONLY, dir_fd=directory) as file:
            os.write(file, b"offline")
    equal(state(block), "offline")


def test_several_buffers_are_one_write():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY) as file:
        equal(os.writev(file, [b"on", b"li", b"ne"]), 6)
    equal(state(block), "online")


def test_several_writes_are_several_commands():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY) as file:
        fails("EINVAL", os.write, file, b"on")
        fails("EINVAL", os.write, file, b"line")
    equal(state(block), "offline")


def test_sendfile():
    block = new_block()
    with tempfile.TemporaryFile() as source:
        source.write(b"online\n")
        source.flush()
        with File(f"{block}/state", os.O_WRONLY) as file:
            equal(os.sendfile(file, source.fileno(), 0, 7), 7)
    equal(state(block), "online")


def test_splice_from_a_pipe():
    block = new_block()
    reading, writing = os.pipe()
    os.write(writing, b"online")
    with File(f"{block}/state", os.O_WRONLY) as file:
        equal(os.splice(reading, file, 6), 6)
    os.close(reading)
    os.close(writing)
    equal(state(block), "online")


def test_4096_bytes_are_the_most():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY) as file:
        for size in [4097, 8192, 65536, 1 << 20, 3 << 20]:
            for filler in [b"x", b"\n", b" ", b"\xff"]:
                fails("EINVAL", os.write, file, b"online" + filler * (size - 6))
                equal(state(block), "offline")
    with File(f"{block}/state", os.O_WRONLY) as file:
        equal(os.write(file, b"online" + bytes(4090)), 4096)
    equal(state(block), "online")


def test_a_longer_write_is_one_command_of_4096_bytes_or_refused():
    for size in [4097, 8192, 1 << 20]:
        block = new_block()
        data = b"online" + bytes(size - 6)
        with File(f"{block}/state", os.O_WRONLY) as file:
            try:
                written = os.write(file, data)
            except OSError:
                equal(state(block), "offline")
            else:
                equal((size, written), (size, 4096))
                equal(state(block), "online")


def test_garbage_changes_nothing():
    block = new_block()
    before = sorted(os.listdir(MEMORY))
    garbage = [bytes(range(256)), bytes(range(128, 256)), b"\0", b"\0online", b"\xc3\x28", b"\n", b"\n\n", b" ", b"on",
               b"online ", b" online", b"online\n\n", b"Online", b"ONLINE", b"onlin", b"onlinee", b"going-offline",
               b"online\r\n", b"\xef\xbb\xbfonline", b"%n%s%d", b"-1", b"2", b"x" * 4095, b"x" * 4096]
    for name in ["state", "online", "uevent"]:
        for data in garbage:
            if name == "online" and data[:2].lower() == b"on":
                continue
            fails("EINVAL", write, f"{block}/{name}", data)
    for data in garbage + [b"0x", b"0x140000000 ", b"1 2", b"+-1", b"0b1"]:
        fails("EINVAL", write, f"{MEMORY}/probe", data)
    for data in [bytes(range(256)), b"onlin", b"\n", b"\xff", b"x" * 4096]:
        fails("EINVAL", write, f"{MEMORY}/auto_online_blocks", data)
        fails("EINVAL", write, f"{CONTROL}/dimm", data)
        fails("EINVAL", write, f"{CONTROL}/workload", data)
    equal(state(block), "offline")
    equal(read(f"{MEMORY}/auto_online_blocks"), "offline\n")
    equal(sorted(os.listdir(MEMORY)), before)


def test_an_empty_write_is_no_command():
    block = new_block()
    with File(f"{block}/state", os.O_WRONLY) as file:
        equal(os.write(file, b""), 0)
        equal(os.pwrite(file, b"", 100), 0)
    equal(state(block), "offline")
    equal(write(f"{MEMORY}/probe", b""), 0)


def test_probe_takes_the_kernels_numbers():
    for number, text in [(70, b"0x%x"), (71, b"0X%X\n"), (72, b"%d"), (73, b"0%o\n"), (74, b"+%d"), (75, b"0x000%x\0")]:
        data = text % (number << 27)
        equal(write(f"{MEMORY}/probe", data), len(data))
        equal(state(f"{MEMORY}/memory{number}"), "offline")
    fails("EEXIST", write, f"{MEMORY}/probe", b"%#x" % (70 << 27))
    fails("EEXIST", write, f"{MEMORY}/probe", b"0x0")
    fails("EINVAL", write, f"{MEMORY}/probe", b"0x150000001")
    fails("EINVAL", write, f"{MEMORY}/probe", b"0x150001000")
    fails("ERANGE", write, f"{MEMORY}/probe", b"0x10000000000000000")
    fails("E2BIG", write, f"{MEMORY}/probe", b"0x400000000000")


def test_the_online_file_takes_truth_values():
    block = new_block()
    values = [(b"1", "1\n"), (b"0\n", "0\n"), (b"y", "1\n"), (b"N", "0\n"), (b"on", "1\n"), (b"OFF", "0\n")]
    for text, expected in values:
        equal(write(f"{block}/online", text), len(text))
        equal(read(f"{block}/online"), expected)
        equal(state(block), "online" if expected == "1\n" else "offline")


def test_each_kind_of_online_has_its_zone():
    block = new_block()
    for word, zone in [(b"online_movable", "Movable\n"), (b"online_kernel", "Normal\n"), (b"online", "Normal\n")]:
        write(f"{block}/state", word)
        equal((state(block), read(f"{block}/valid_zones")), ("online", zone))
        write(f"{block}/state", b"offline")


main()
