// SPDX-License-Identifier: BSD-3-Clause
// A study file means what it says, and a mistake in it is named with what is allowed.
#include "equikoop/study/study.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "equikoop/study/keys.hpp"

namespace equikoop {
namespace {

using testing::HasSubstr;

std::string message_of(const std::string& text, std::vector<Override> overrides = {}) {
  try {
    parse_study(text, "s.ini", overrides);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Study, HasOneConfigurationByDefaultNamedBase) {
  const Study study = parse_study("", "folder/widths.ini");
  EXPECT_EQ(study.name, "widths");
  ASSERT_EQ(study.configurations.size(), 1U);
  EXPECT_EQ(study.configurations[0].name, "base");
}

TEST(Study, DefaultsOfTheTableAreThoseOfTheStructs) {
  // Two places hold defaults: the table (what users read) and the structs (what tests build).
  const Study study = parse_study("", "s.ini");
  const Configuration plain;
  const Configuration& parsed = study.configurations[0];
  EXPECT_EQ(parsed.model.hidden, plain.model.hidden);
  EXPECT_EQ(parsed.training.learning_rate, plain.training.learning_rate);
  EXPECT_EQ(parsed.training.batch_size, plain.training.batch_size);
  EXPECT_EQ(parsed.training.steps, plain.training.steps);
  EXPECT_EQ(parsed.training.beta2, plain.training.beta2);
  EXPECT_EQ(parsed.record.size, plain.record.size);
  EXPECT_EQ(study.koopman.delays, KoopmanOptions{}.delays);
  EXPECT_EQ(study.compare.permutations, CompareOptions{}.permutations);
  EXPECT_EQ(study.seeds, Study{}.seeds);
}

TEST(Study, SweepsTheProductOfAllLists) {
  const Study study = parse_study(
      "[data]\nsource = digits gaussian\n[model]\nwidth = 5 10 64x32\n", "s.ini");
  ASSERT_EQ(study.configurations.size(), 6U);
  EXPECT_EQ(study.configurations[0].name, "source=digits,width=5");
  EXPECT_EQ(study.configurations[5].name, "source=gaussian,width=64x32");
  EXPECT_EQ(study.configurations[5].model.hidden, (std::vector<int>{64, 32}));
  EXPECT_EQ(study.configurations[5].index, 5);
}

TEST(Study, ZipsKeysSideBySide) {
  const Study study = parse_study(
      "[study]\nzip = learning_rate batch_size\n[model]\nwidth = 5 10\n"
      "[training]\nlearning_rate = 0.1 0.2\nbatch_size = 30 60\n", "s.ini");
  ASSERT_EQ(study.configurations.size(), 4U);
  EXPECT_EQ(study.configurations[1].name, "width=5,learning_rate=0.2,batch_size=60");
}

TEST(Study, OverridesReplaceAndAreKeptInTheText) {
  const std::vector<Override> overrides{{"training.steps", "50"}};
  const Study study = parse_study("[training]\nsteps = 100\n", "s.ini", overrides);
  EXPECT_EQ(study.configurations[0].training.steps, 50);
  EXPECT_THAT(study.text, HasSubstr("--training.steps=50"));
}

TEST(Study, CopiesHaveSeedsOfTheirOwn) {
  const Study study = parse_study("[study]\ncopies = 3\nseeds = 4\n", "s.ini");
  ASSERT_EQ(study.configurations.size(), 3U);
  EXPECT_EQ(study.configurations[2].seed_offset, 8);
  EXPECT_EQ(study.configurations[2].name, "copy=2");
}

TEST(Study, SuggestsTheNearestKey) {
  EXPECT_THAT(message_of("[training]\nlearning_rat = 1\n"), HasSubstr("training.learning_rate"));
  EXPECT_THAT(message_of("[model]\nlearning_rate = 1\n"), HasSubstr("training.learning_rate"));
  EXPECT_THAT(message_of("", {{"koopman.dellays", "3"}}), HasSubstr("koopman.delays"));
}

TEST(Study, NamesFileKeyAndRangeOfAMistake) {
  EXPECT_EQ(message_of("[training]\nlearning_rate = -1\n"),
            "s.ini: training.learning_rate = -1: give a number above 0");
  EXPECT_THAT(message_of("[training]\nlearning_rate = nan\n"), HasSubstr("nan"));
  EXPECT_THAT(message_of("[training]\nlearning_rate = 0.1 inf\n"), HasSubstr("inf"));
  EXPECT_THAT(message_of("[training]\nsteps = 1.5\n"), HasSubstr("whole number"));
  EXPECT_THAT(message_of("[model]\nactivation = swish\n"), HasSubstr("relu, gelu"));
  EXPECT_THAT(message_of("[training]\nsteps =\n"), HasSubstr("is empty"));
  EXPECT_THAT(message_of("[study]\nseeds = 1 2\n"), HasSubstr("takes one value"));
  EXPECT_THAT(message_of("[training]\nsteps = 5\nsteps = 6\n"), HasSubstr("given twice"));
  EXPECT_THAT(message_of("[model]\nwidth = 5 5\n"), HasSubstr("twice"));
  EXPECT_THAT(message_of("no section or sign\n"), HasSubstr("s.ini"));
}

TEST(Study, NoNumberMayBeNanOrInfinite) {
  int numbers = 0;
  for (const Key& key : study_keys()) {
    if (key.default_value.empty() || key.default_value.find_first_not_of("0123456789.e-:x") != std::string::npos) continue;
    ++numbers;
    for (const char* value : {"nan", "inf", "-inf", "1e999"})
      EXPECT_THAT(message_of("", {{key.name, value}}), HasSubstr(key.name)) << value;
  }
  EXPECT_GT(numbers, 30);
}

TEST(Study, RefusesContradictions) {
  EXPECT_THAT(message_of("[model]\nkind = descent\n"), HasSubstr("float64"));
  EXPECT_THAT(message_of("[training]\nsteps = 5\n[record]\nevery = 10\n"), HasSubstr("nothing is recorded"));
  EXPECT_THAT(message_of("[study]\nzip = width steps\n[model]\nwidth = 1 2\n[training]\nsteps = 5 6 7\n"),
              HasSubstr("same number"));
  EXPECT_THAT(message_of("[study]\nzip = steps\n"), HasSubstr("does not set"));
}

TEST(Study, RefusesNamesThatAShellOrAFileSystemWouldRead) {
  EXPECT_THAT(message_of("[study]\nname = $(reboot)\n"), HasSubstr("study.name"));
  EXPECT_THAT(message_of("[study]\nname = ../up\n"), HasSubstr("study.name"));
  EXPECT_THAT(message_of("[data]\nsource = a/b c\n"), HasSubstr("configuration"));
}

TEST(Study, RefusesASweepOfABillionAtOnce) {
  std::string widths;
  for (int i = 1; i <= 1000; ++i) widths += std::to_string(i) + " ";
  EXPECT_THAT(message_of("[model]\nwidth = " + widths + "\n[training]\nsteps = " + widths +
                         "\nbatch_size = " + widths + "\n"),
              HasSubstr("1000000000 configurations"));
}

TEST(Keys, EveryDefaultParsesAndStandsInTheReference) {
  const std::string reference = study_reference();
  for (const Key& key : study_keys()) {
    Draft draft;
    if (!key.default_value.empty()) {
      EXPECT_NO_THROW(key.apply(draft, key.default_value)) << key.name;
    }
    EXPECT_THAT(reference, HasSubstr(key.help)) << key.name;
  }
}

}  // namespace
}  // namespace equikoop
