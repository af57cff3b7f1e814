#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Wrong input: one line, the documented exit code, within seconds, on four ranks."""
import gzip
import hashlib
import os
import pathlib
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

RANKS = 4


def idx(values, *dimensions):
    return struct.pack(">I", 0x0800 | len(dimensions)) + struct.pack(
        f">{len(dimensions)}I", *dimensions) + bytes(values)


class WrongStudies(StudyTest):
    def refuse(self, *parts, words=(), code=2, ranks=RANKS, **changes):
        result = self.run_program("train", self.study(**changes), *words, ranks=ranks)
        self.assert_refused(result, code, *parts)
        self.assertFalse(list(self.folder.glob("**/trajectories.h5")))

    def test_unknown_key_names_the_nearest(self):
        self.refuse("training.learnin_rate", "did you mean 'training.learning_rate'?",
                    training__learnin_rate=1)

    def test_unknown_key_on_the_command_line(self):
        self.refuse("did you mean '--koopman.delays'?", words=["--koopman.delay=3"])

    def test_unknown_option(self):
        self.refuse("unknown option", "--help", words=["--fast"])

    def test_word_too_many(self):
        self.refuse("'again' is one word too many", words=["again"])

    def test_value_out_of_range(self):
        for key, value, part in [("training.learning_rate", -1, "give a number above 0"),
                                 ("training.learning_rate", "nan", "give a number above 0"),
                                 ("training.steps", 0, "give a whole number from 1 to "),
                                 ("koopman.rank", 0, "give a whole number from 1 to "),
                                 ("study.initials", 0, "give a whole number from 1 to "),
                                 ("study.seeds", "2.5", "give a whole number from 1 to "),
                                 ("model.activation", "swish", "give one of relu"),
                                 ("data.classes", 1, "from 2 to 255")]:
            with self.subTest(key=key, value=value):
                self.refuse(f"{key} = {value}: ", part, ranks=1, **{key.replace(".", "__"): value})

    def test_repeated_key(self):
        study = self.folder / "twice.ini"
        study.write_text("[model]\nwidth = 5\nwidth = 6\n")
        self.assert_refused(self.run_program("train", study, ranks=RANKS), 2, "'model.width' is given twice")

    def test_empty_sweep(self):
        self.refuse("model.width is empty", model__width="")

    def test_repeated_value_of_a_sweep(self):
        self.refuse("'width=5' twice", model__width="5 5")

    def test_a_billion_configurations(self):
        many = " ".join(str(i) for i in range(1, 1001))
        self.refuse("the sweep asks for 1000000000 configurations; at most 100000 fit a study", model__width=many, training__steps=many,
                    training__batch_size=many)

    def test_contradictory_zip(self):
        self.refuse("study.zip runs model.width (2 values) beside training.batch_size (3 values): give them the same number",
                    study__zip="width batch_size", training__batch_size="10 20 30")
        self.refuse("study.zip names 'steps', which the study does not set", study__zip="width steps",
                    training__steps=None, ranks=1)

    def test_record_less_often_than_there_are_steps(self):
        self.refuse("nothing is recorded", record__every=100)

    def test_line_that_is_no_setting(self):
        study = self.folder / "noise.ini"
        study.write_bytes(b"[model]\nwidth\n")
        self.assert_refused(self.run_program("train", study, ranks=RANKS), 2, "noise.ini")

    def test_binary_noise_as_a_study(self):
        study = self.folder / "noise.ini"
        study.write_bytes(bytes(range(256)) * 20)
        self.assert_refused(self.run_program("train", study, ranks=RANKS), 2, "noise.ini")

    def test_missing_study(self):
        result = self.run_program("train", "nowhere.ini", ranks=RANKS)
        self.assert_refused(result, 2, "nowhere.ini", "there is none")

    def test_control_characters_are_shown_not_obeyed(self):
        result = self.run_program("train", "no\nwhere\x1b[2J.ini", ranks=RANKS)
        self.assert_refused(result, 2, "cannot read the study file no\\x0awhere\\x1b[2J.ini: there is none")
        self.refuse("model.activation = re\\x1b[31mlu: give one of", model__activation="re\x1b[31mlu")
        self.refuse("unknown option", "--fa\\x0ast", words=["--fa\nst"])

    def test_study_is_a_folder(self):
        (self.folder / "folder.ini").mkdir()
        result = self.run_program("train", "folder.ini", ranks=RANKS)
        self.assert_refused(result, 2, "folder.ini", "not a readable file")

    def test_names_with_shell_characters(self):
        for name in ("a;reboot", "$(reboot)", "../up", "a/b", "-rf", "`x`"):
            with self.subTest(name=name):
                self.refuse(f"study.name = '{name}': use letters, digits and ._-+=,", ranks=1, study__name=name)
        self.refuse("study.name = a b: this key takes one value", ranks=1, study__name="a b")

    def test_shell_characters_in_swept_values(self):
        self.refuse("mnist;reboot", "use letters", data__source="gaussian mnist;reboot")

    def test_delays_that_do_not_fit_are_refused_before_training(self):
        self.refuse("80 delays need at least 82 snapshots, the window 0:1 has 60", koopman__delays=80)

    def test_steps_shorter_than_the_delays(self):
        self.refuse("8 delays need at least 10 snapshots", "has 6", training__steps=6)

    def test_window_too_narrow_for_the_delays(self):
        self.refuse("the window 0.9:1 has 6", koopman__windows="0:1 0.9:1")

    def test_descent_in_single_precision(self):
        self.refuse("study.precision = float64", model__kind="descent", model__width="5")

    def test_walltime_that_is_none(self):
        self.refuse("--walltime soon", "hh:mm:ss", words=["--walltime=soon"])


class WrongData(StudyTest):
    """A folder of IDX files with one fault in it."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "set"
        self.data.mkdir()
        for name, count in (("train", 40), ("t10k", 10)):
            images = bytes((7 * i) % 251 for i in range(count * 16))
            (self.data / f"{name}-images-idx3-ubyte").write_bytes(idx(images, count, 4, 4))
            (self.data / f"{name}-labels-idx1-ubyte").write_bytes(
                idx([i % 4 for i in range(count)], count))
        self.images = self.data / "train-images-idx3-ubyte"
        self.labels = self.data / "train-labels-idx1-ubyte"

    def train(self):
        study = self.study(data__source="idx", data__path=self.data, data__samples=None,
                           data__test_samples=None, data__features=None, data__classes=None)
        return self.run_program("train", study, ranks=RANKS)

    def test_whole_files_are_read(self):
        result = self.train()
        self.assertEqual((result.code, result.err), (0, ""))

    def test_files_replaced_since_training_began(self):
        self.assertEqual(self.train().code, 0)
        content = self.images.read_bytes()
        self.images.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        self.assert_refused(self.train(), 2, "was begun with other data: the SHA-256 of",
                            str(self.images), hashlib.sha256(content).hexdigest()[:12], "--force")
        self.images.write_bytes(content)
        result = self.train()
        self.assertEqual((result.code, result.err), (0, ""))

    def test_missing_folder(self):
        self.data.rename(self.folder / "elsewhere")
        self.assert_refused(self.train(), 2, "no data files", str(self.data))

    def test_missing_file(self):
        self.labels.unlink()
        self.assert_refused(self.train(), 2, "lacks train-labels-idx1-ubyte")

    def test_truncated(self):
        self.images.write_bytes(self.images.read_bytes()[:-100])
        self.assert_refused(self.train(), 1, str(self.images))

    def test_truncated_in_the_header(self):
        self.images.write_bytes(self.images.read_bytes()[:7])
        self.assert_refused(self.train(), 1, str(self.images))

    def test_empty(self):
        self.images.write_bytes(b"")
        self.assert_refused(self.train(), 1, str(self.images))

    def test_more_bytes_than_the_header_says(self):
        self.images.write_bytes(self.images.read_bytes() + b"xyz")
        self.assert_refused(self.train(), 1, str(self.images))

    def test_truncated_gzip(self):
        packed = gzip.compress(self.images.read_bytes())
        self.images.unlink()
        self.images.with_suffix(".gz").write_bytes(packed[:len(packed) // 2])
        self.assert_refused(self.train(), 1, str(self.images) + ".gz")

    def test_corrupt_gzip(self):
        packed = bytearray(gzip.compress(self.images.read_bytes()))
        packed[len(packed) // 2] ^= 0xFF
        self.images.unlink()
        self.images.with_suffix(".gz").write_bytes(bytes(packed))
        self.assert_refused(self.train(), 1, str(self.images) + ".gz")

    def test_wrong_magic(self):
        self.images.write_bytes(b"\x89PNG" + self.images.read_bytes()[4:])
        self.assert_refused(self.train(), 1, str(self.images), "magic")

    def test_labels_out_of_range(self):
        """digits has ten classes; another set as many as its largest training label says."""
        test_labels = self.data / "t10k-labels-idx1-ubyte"
        test_labels.write_bytes(idx([200] * 10, 10))
        self.assert_refused(self.train(), 1, str(test_labels), "200")

    def test_labels_for_other_images(self):
        self.labels.write_bytes(idx([0] * 39, 39))
        self.assert_refused(self.train(), 1, "39")

    def test_header_that_promises_terabytes(self):
        self.images.write_bytes(idx([], 2**31, 2**10, 2**10))
        self.assert_refused(self.train(), 1, str(self.images))

    @unittest.skipIf(os.geteuid() == 0, "root reads every file")
    def test_unreadable_file(self):
        self.images.chmod(0)
        self.assert_refused(self.train(), 1, str(self.images))


if __name__ == "__main__":
    main()
