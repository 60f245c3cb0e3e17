# SPDX-License-Identifier: Apache-2.0
"""qemu-guest-agent, spoken to as a host speaks to it."""
import json
import socket
import subprocess
import tempfile
import time


class Agent:
    """A running qemu-ga; at the end of a `with` it is ended, and must end well."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp()
        path = f"{self.directory}/socket"
        self.log = open(f"{self.directory}/log", "w")
        self.process = subprocess.Popen(["qemu-ga", "--method=unix-listen", f"--path={path}", f"--statedir={self.directory}"],
                                        stderr=self.log)
        connection = socket.socket(socket.AF_UNIX)
        # The socket's file is there a little before anybody listens.
        while connection.connect_ex(path):
            assert self.process.poll() is None, open(self.log.name).read()
            time.sleep(0.005)
        self.stream = connection.makefile("rw")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait() == 0, open(self.log.name).read()

    def ask(self, command, **arguments):
        """Its answer, or its error."""
        print(json.dumps({"execute": command, **({"arguments": arguments} if arguments else {})}), file=self.stream, flush=True)
        answer = json.loads(self.stream.readline())
        return answer.get("return", answer.get("error"))

    def set(self, **blocks):
        """Asks for blocks, as memory33=False; its answers by the blocks' numbers."""
        wanted = [{"phys-index": int(name.removeprefix("memory")), "online": online} for name, online in blocks.items()]
        answers = self.ask("guest-set-memory-blocks", **{"mem-blks": wanted})
        return {answer["phys-index"]: (answer["response"], answer.get("error-code")) for answer in answers}
