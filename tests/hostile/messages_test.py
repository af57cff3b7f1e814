#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of faults in tests/README.md against the tests that it names: they are there, and assert the
messages that it shows. What they assert is what the program says; so is the table then."""
import ast
import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
# Share of a message's letters that must stand in a test; what is left are paths, names and counts that vary.
ASSERTED = 0.8


def quoted(cell):
    return re.findall(r"`([^`]*)`", cell.replace(r"\|", "|"))


def rows():
    """(fault, tests, messages) of each line of the table."""
    table = (TESTS / "README.md").read_text(encoding="utf-8").split("| fault | test |", 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines()[2:]:
        _, fault, tests, _, message, _ = re.split(r"\s*(?<!\\)\|\s*", line)
        yield fault, quoted(tests), quoted(message)


def texts_of(path):
    """The texts that stand in a test; of a formatted one its fixed parts."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return re.findall(r'"((?:[^"\\]|\\.)*)"', source)


def asserted(message, texts):
    """The share of the letters of a message that stand in the texts: a text in the message, or what stands
    between two "..." of the message in a text. A number may be any other."""
    message, *texts = (re.sub(r"\d+", "0", text) for text in (message, *texts))
    marks = bytearray(len(message))

    def mark(begin, length):
        marks[begin:begin + length] = b"\1" * length
    for text in texts:
        if sum(map(str.isalpha, text)) > 2:
            for found in re.finditer(re.escape(text), message):
                mark(found.start(), len(text))
    begin = 0
    for piece in message.split("..."):
        if any(piece.strip() in text for text in texts):
            mark(begin, len(piece))
        begin += len(piece) + len("...")
    letters = [i for i, sign in enumerate(message) if sign.isalpha()]
    return sum(marks[i] for i in letters) / len(letters)


class Messages(unittest.TestCase):
    def test_every_message_of_the_table_is_asserted(self):
        count = 0
        for fault, tests, messages in rows():
            with self.subTest(fault):
                files = [TESTS / name for name in tests if name != "--long"]
                self.assertTrue(files and all(file.is_file() for file in files), tests)
                texts = [text for file in files for text in texts_of(file)]
                for message in messages:
                    self.assertGreaterEqual(asserted(message, texts), ASSERTED, message)
                    count += 1
        self.assertGreater(count, 30)

    def test_a_message_that_no_test_asserts_is_found(self):
        self.assertLess(asserted("cannot write .../spectra.h5: the moon is full", ["cannot write", "spectra.h5: No space"]), ASSERTED)


if __name__ == "__main__":
    unittest.main(verbosity=2)
