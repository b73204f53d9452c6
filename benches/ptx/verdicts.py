#!/usr/bin/env python3
"""Asks ptxas about the instructions that the table allows: `verdicts.py PTXAS TARGET [--wrong]`, TARGET such as 90a.

Prints the instructions that reader and verifier accept and ptxas refuses, with its reason. With --wrong a word of each is replaced by another word
that PTX has: then those are printed that ptxas accepts and we refuse.
"""

import pathlib
import random
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PRELUDE = HERE.parent.parent / "compiler/ptx/tests/fixtures/prelude.txt"
BATCH = 500


def example(name, *arguments):
    command = ["cargo", "run", "-q", "--release", "-p", "rustg-ptx", "--example", name, "--", *arguments]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.splitlines()


def refused_by(ptxas, target, prelude, lines):
    """The lines that ptxas refuses, with its message. It stops after some errors, so that what it told is taken out until nothing is left to tell."""
    wrong, left = {}, list(lines)
    first = prelude.count("\n") + 1
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "lines.ptx"
        while left:
            path.write_text(prelude + "\n".join(left) + "\nret;\n}\n")
            done = subprocess.run([ptxas, f"-arch=sm_{target}", "-O0", "-c", path, "-o", "/dev/null"], capture_output=True, text=True)
            told = {int(line): message for line, message in re.findall(r"line (\d+); error\s*:\s*(.*)", done.stderr)}
            narrow = re.findall(r"32-bit address on line '(\d+)'", done.stderr)
            told |= {int(line): "32-bit addresses are gone" for line in narrow}
            told = {line: message for line, message in told.items() if 0 <= line - first < len(left)}
            if not told:
                if done.returncode != 0 and len(left) == 1:
                    wrong[left[0]] = f"ptxas ends with {done.returncode} {done.stderr.strip()[-200:]}"
                elif done.returncode != 0:
                    # It broke down without naming a line: the culprit is in one of the halves.
                    for half in (left[: len(left) // 2], left[len(left) // 2 :]):
                        wrong |= refused_by(ptxas, target, prelude, half)
                return wrong
            wrong.update({left[line - first]: message for line, message in told.items()})
            left = [text for index, text in enumerate(left) if index + first not in told]
    return wrong


def main():
    ptxas, target = sys.argv[1:3]
    prelude = PRELUDE.read_text().replace(".version 8.6", ".version 9.5").replace("sm_90a", f"sm_{target}")
    lines = example("combinations", target)
    if "--wrong" in sys.argv:
        choose = random.Random(9)
        words = sorted({word for line in lines for word in line.split()[0].split(".")[1:]} | {"ftz", "sat", "rn", "rz", "relu", "sys", "v2", "b8", "f16"})
        changed = []
        for line in lines:
            head, _, rest = line.partition(" ")
            parts = head.rstrip(";").split(".")
            if len(parts) > 1:
                parts[choose.randrange(1, len(parts))] = choose.choice(words)
                changed.append(".".join(parts) + (" " + rest if rest else ";"))
        lines = sorted(set(changed) - set(lines))
    with tempfile.TemporaryDirectory() as folder:
        own, all_lines = pathlib.Path(folder) / "prelude", pathlib.Path(folder) / "lines"
        own.write_text(prelude)
        all_lines.write_text("\n".join(lines) + "\n")
        verdicts = [verdict.split("\t") for verdict in example("verdicts", str(own), str(all_lines))]
    wrong = {}
    for start in range(0, len(lines), BATCH):
        wrong |= refused_by(ptxas, target, prelude, lines[start : start + BATCH])
    lenient = [(line, wrong[line]) for verdict, line, *_ in verdicts if verdict == "accepted" and line in wrong]
    strict = [(line, message[0]) for verdict, line, *message in verdicts if verdict == "refused" and line not in wrong]
    for name, found in [("only we accept", lenient), ("only ptxas accepts", strict)]:
        for line, message in found:
            print(f"{name}: {line}  # {message}")
    print(f"sm_{target}: {len(lines)} instructions, ptxas refuses {len(wrong)}; only we accept {len(lenient)}, only ptxas accepts {len(strict)}")


main()
