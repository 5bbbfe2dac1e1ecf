"""A built folder of the project, seen by its parts: which sources an object was made of, which objects a test program
holds, and how to make either anew with one file changed, without touching the folder or the sources."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path


def run(command, folder, limit=None, environment=None):
    """Exit code (None: out of time) and output."""
    try:
        done = subprocess.run(
            command, cwd=folder, timeout=limit, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout


def first_error(output):
    return next((line for line in output.splitlines() if "error" in line), output[-300:])


class Program:
    """A test program: its link command and the objects that it holds, out of archives, too."""

    def __init__(self, folder, name):
        self.path = folder / "tests" / name
        code, output = run(["ninja", "-t", "commands", "tests/" + name], folder)
        if code != 0:
            raise SystemExit(f"mutation: {folder} does not build {name}: {output}")
        words = shlex.split(output.splitlines()[-1])
        begin = words.index("&&") + 1
        self.link = words[begin : words.index("&&", begin)]
        output_at = self.link.index("-o") + 1
        self.link[output_at] = os.devnull
        code, output = run([*self.link, "-Wl,--trace,--trace"], folder)
        if code != 0:
            raise SystemExit(f"mutation: {name} cannot be linked in {folder}; build it first\n{output[-2000:]}")
        self.link[output_at] = None  # told by link_command
        self.own = {word for word in self.link if word and word.endswith(".o")}
        # Said twice, the linker tells members, too: (libdlac_core.a)bits.cpp.o
        self.members = set(re.findall(r"\(?libdlac_(\w+)\.a[()]+([\w.-]+\.o)\)?", output))

    def holds(self, unit):
        archive = re.match(r"CMakeFiles/dlac_(\w+)\.dir/", unit)
        return unit in self.own or (archive is not None and (archive[1], os.path.basename(unit)) in self.members)

    def link_command(self, units, made, target):
        """Links `made` in the place of `units`. What an archive holds is not looked for once it is there."""
        instead = dict(zip(units, made))
        words = [str(target) if word is None else instead.get(word, word) for word in self.link]
        words[1:1] = [new for unit, new in instead.items() if unit not in self.own]
        return words


class BuildFolder:
    def __init__(self, source, folder):
        self.source = source
        self.folder = folder.resolve()
        try:
            commands = json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise SystemExit(f"mutation: {error}; build first: make test") from error
        self.commands = {}
        for entry in commands:
            words = shlex.split(entry["command"])
            if os.path.basename(words[0]) == "ccache":
                del words[0]
            self.commands[words[words.index("-o") + 1]] = (words, Path(entry["file"]))
        self.users = self.read_users()

    def read_users(self):
        """For each file of the project the objects that are made of it, by ninja's record of the last build."""
        _, output = run(["ninja", "-t", "deps"], self.folder)
        users = {}
        unit = None
        for line in output.splitlines():
            if line and not line.startswith(" "):
                unit = line.split(":", 1)[0]
            elif line.strip() and unit in self.commands:
                path = Path(os.path.normpath(self.folder / line.strip()))
                if path.is_relative_to(self.source):
                    users.setdefault(path.relative_to(self.source).as_posix(), set()).add(unit)
        return users

    def users_of(self, path):
        """The file's own object first, then those of its folder."""
        stem = os.path.splitext(os.path.basename(path))[0] + ".cpp"
        nearness = lambda unit: (os.path.basename(unit) != stem + ".o", os.path.dirname(path) not in unit, unit)
        return sorted(self.users.get(path, ()), key=nearness)

    def compile_command(self, unit, overlay, options, target):
        """`overlay` is a folder whose files take the place of the project's."""
        words, file = self.commands[unit]
        words = list(words)
        words[words.index("-o") + 1] = str(target)
        changed = overlay / file.relative_to(self.source)
        if changed.exists():
            words[words.index("-c") + 1] = str(changed)
        return [words[0], "-I" + str(overlay), *words[1:], *options]
