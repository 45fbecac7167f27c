#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does to a QEMU what session.txt says, and compares what it counts.

usage: replay.py [QEMU]

QEMU (default: qemu-system-x86_64) is linked dynamically; a script starts it with exec. Exit code:
0 if it does as the simulator expects, 4 if it does not, 125 if that could not be found out, which
git bisect run passes over.
"""
import atexit
import ctypes
import json
import mmap
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_S = 30
DIRECTIONS = {"read": "rd", "write": "wr"}
ZEROES_BASE = 1 << 31  # the n-th write of zeroes of a disk ends ZEROES_STEP * n behind it
ZEROES_STEP = 512


class Page(ctypes.Structure):
    """struct clock_page of clock_page.h."""
    _fields_ = [("pid", ctypes.c_int32), ("now_ns", ctypes.c_int64), ("set", ctypes.c_uint64),
                ("seen", ctypes.c_uint64), ("timeout_ns", ctypes.c_int64),
                ("asleep", ctypes.c_int32)]


class Qemu:
    """A QEMU whose clock stands until it is set."""

    def __init__(self, path, arguments, folder):
        library = os.path.join(folder, "qemu_clock.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library,
                        os.path.join(HERE, "qemu_clock.c"), "-lpthread"], check=True)
        with open(os.path.join(folder, "page"), "w+b") as file:
            file.truncate(ctypes.sizeof(Page))
            self.memory = mmap.mmap(file.fileno(), ctypes.sizeof(Page))
            self.page = Page.from_buffer(self.memory)
            wake_read, self.wake = os.pipe()
            self.asleep, asleep_write = os.pipe()
            ours, theirs = socket.socketpair()
            passed = [file.fileno(), wake_read, asleep_write]
            numbers = ",".join(str(fd) for fd in passed)
            words = [re.sub(r"^(socket,id=monitor,fd=)\d+", r"\g<1>%d" % theirs.fileno(), word)
                     for word in arguments]
            self.process = subprocess.Popen(
                [path] + words, stdin=subprocess.DEVNULL, pass_fds=passed + [theirs.fileno()],
                env=dict(os.environ, LD_PRELOAD=library, THROTTLESIM_CLOCK=numbers))
            atexit.register(self.process.kill)
            for mine in wake_read, asleep_write, theirs.detach():
                os.close(mine)
        ours.settimeout(PATIENCE_S)
        self.monitor = ours.makefile("rwb")
        self.before = {}
        version = self.read()["QMP"]["version"]
        self.version = "%(major)d.%(minor)d.%(micro)d" % version["qemu"]
        if version["package"]:
            self.version += " (%s)" % version["package"]
        self.execute("qmp_capabilities")
        self.base_ns = (time.monotonic_ns() // 10**9 + 1) * 10**9
        self.page.now_ns = self.base_ns
        self.page.pid = self.process.pid
        self.execute("query-name")
        self.settle()

    def read(self):
        """The next message that is no event."""
        while True:
            line = self.monitor.readline()
            if not line:
                raise EOFError("QEMU has closed its monitor")
            message = json.loads(line)
            if "event" not in message:
                return message

    def execute(self, command, arguments=None, may_refuse=False):
        message = {"execute": command}
        if arguments is not None:
            message["arguments"] = arguments
        self.monitor.write(json.dumps(message).encode() + b"\n")
        self.monitor.flush()
        answer = self.read()
        if "return" not in answer and not may_refuse:
            raise ValueError("QEMU answers to %s: %s" % (command, answer["error"]["desc"]))
        return answer.get("return")

    def settle(self):
        """Waits until the main loop has done all that is due and sleeps."""
        while self.page.seen != self.page.set or self.page.asleep != 1:  # in this order
            if not select.select([self.asleep], [], [], PATIENCE_S)[0]:
                raise TimeoutError("QEMU's clock cannot be taken over, or it does not go to sleep")
            if not os.read(self.asleep, 65536):
                raise EOFError("QEMU has ended")

    def set_clock(self, now_ns):
        self.page.now_ns = self.base_ns + now_ns

    def wake_up(self):
        self.page.set += 1
        os.write(self.wake, bytes(8))

    def keep_counts(self, name):
        """A disk goes, and what was counted of it counts for the next of that name."""
        for key, count in self.counts().items():
            if key[0] == name:
                self.before[key] = count

    def counts(self):
        """{("n1", "read"): (how many requests have left the throttle, how long they took)}"""
        counts = {}
        for disk in self.execute("query-blockstats"):
            stats = disk["stats"]
            zeroes = max(stats["wr_highest_offset"] - ZEROES_BASE, 0) // ZEROES_STEP
            for name, key in DIRECTIONS.items():
                left = stats[key + "_operations"] + (zeroes if name == "write" else 0)
                before = self.before.get((disk["device"], name), (0, 0))
                counts[disk["device"], name] = (left + before[0],
                                                stats[key + "_total_time_ns"] + before[1])
        return counts


class Session:
    """session.txt, line by line."""

    def __init__(self, path, lines, folder):
        self.path = path
        self.lines = lines
        self.folder = folder
        self.qemu = None
        self.now_ns = 0
        self.counts = {}     # QEMU's, at the last look
        self.said = {}       # what QEMU had when this was written
        self.expected = {}   # the simulator's, where they are others
        self.unexpected = 0  # differences from the simulator
        self.unsaid = 0      # and from what QEMU had
        self.is_look = False

    def compare(self):
        """The lines that follow a look are over."""
        for key, counted in sorted(self.counts.items() if self.is_look else ()):
            said = self.said.get(key, (0, 0))
            expected = self.expected.get(key, said)
            if expected[1] is None:
                expected = expected[0], counted[1]
                said = counted
            if counted != said:
                self.unsaid += 1
                print("    in session.txt: %s %s %d, %d ns" % (key + said))
            if counted != expected:
                self.unexpected += 1
                print("    the simulator expects %s %s %d, %d ns" % (key + expected))
        self.is_look = False

    def look(self):
        before, self.counts = self.counts, self.qemu.counts()
        self.is_look = True
        self.expected = {}
        changed = ["%s %s %d, %d ns" % (key + count) for key, count in sorted(self.counts.items())
                   if count != before.get(key, (0, 0))]
        if changed:
            print("at %d ns have left, and took together: %s" % (self.now_ns, "; ".join(changed)))

    def note(self, word, text):
        name, direction, left, took = text.split()
        table = self.said if word == "counts" else self.expected
        table[name, direction] = int(left), None if took == "-" else int(took)

    def sleep(self, text):
        said, expected = (int(number) for number in text.split())
        print("at %d ns the main loop wants to sleep for %d ns" %
              (self.now_ns, self.qemu.page.timeout_ns))
        self.unsaid += self.qemu.page.timeout_ns != said
        if self.qemu.page.timeout_ns != expected:
            self.unexpected += 1
            print("    the simulator expects %d ns" % expected)

    def obey(self, word, text):
        if word in ("counts", "expect"):
            self.note(word, text)
            return
        self.compare()
        if word == "start":
            self.qemu = Qemu(self.path, json.loads(text), self.folder)
        elif word == "clock":
            self.now_ns = int(text)
            self.qemu.set_clock(self.now_ns)
        elif word == "hmp":
            if text.startswith("drive_del "):
                self.qemu.keep_counts(text.split()[1])
            said = self.qemu.execute("human-monitor-command", {"command-line": text})
            if said and said.strip() != "OK":
                raise ValueError("QEMU answers to %s: %s" % (text, said))
        elif word == "qmp" and text.strip() == "query-blockstats":
            self.look()
        elif word in ("qmp", "try"):
            command, _, arguments = text.partition(" ")
            self.qemu.execute(command, json.loads(arguments) if arguments else None, word == "try")
        elif word == "sleep":
            self.sleep(text)
        else:
            raise ValueError("session.txt: what is '%s'?" % word)
        self.qemu.wake_up()
        self.qemu.settle()

    def run(self):
        for line in self.lines:
            if not line.startswith("#"):
                self.obey(*line.rstrip("\n").split(" ", 1))
        self.compare()
        print("QEMU %s %s, and counts %s in session.txt" %
              (self.qemu.version,
               "differs from the simulator" if self.unexpected else "agrees with the simulator",
               "otherwise than" if self.unsaid else "as"))
        return 4 if self.unexpected else 0


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "qemu-system-x86_64"
    with open(os.path.join(HERE, "session.txt"), encoding="utf-8") as lines, \
            tempfile.TemporaryDirectory() as folder:
        try:
            return Session(path, lines, folder).run()
        except (OSError, ValueError, EOFError, subprocess.SubprocessError) as error:
            print("replay.py: %s" % error, file=sys.stderr)
            return 125


sys.exit(main())
