// SPDX-License-Identifier: BSD-3-Clause
#include "arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <boost/program_options.hpp>
#include <sstream>
#include <string_view>

#include "equikoop/base/error.hpp"
#include "equikoop/study/keys.hpp"

namespace equikoop {
namespace {

namespace po = boost::program_options;

constexpr std::array k_commands{"run",       "train",  "spectra", "distances", "plan", "calibrate",
                                "status",    "import", "export",  "init",      "selftest"};

/// Commands that print one JSON object.
constexpr std::array<std::string_view, 5> k_with_json{"plan", "status", "run", "distances", "calibrate"};

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

po::options_description own_options() {
  po::options_description options("Options");
  options.add_options()("help,h", "this page")("help-study", "every key of a study file")(
      "cite", "how to cite, as BibTeX")("man", "this page as a manual page (roff)")(
      "completion", po::value<std::string>()->value_name("SHELL"), "completion script for bash or zsh")(
      "version", "version, commit, libraries, build options")(
      "out", po::value<std::string>()->value_name("DIR"), "folder of the results (default results/NAME)")(
      "force", "begin archives anew where others are there")("quiet,q", "errors only")(
      "walltime", po::value<std::string>()->value_name("HH:MM:SS"),
      "stop in time before this limit, exit 85, resume with the same command")(
      "verify", "status: read everything and compare it with its SHA-256")(
      "petsc", po::value<std::string>()->value_name("\"WORDS\""), "options for PETSc and SLEPc")(
      "ranks", po::value<int>()->value_name("N"), "plan: number of MPI ranks to plan for")(
      "format", po::value<std::string>()->value_name("WORD"), "export: npy, csv or netcdf (default npy)")(
      "archive", "export: the HDF5 files themselves, compressed and with checksums")(
      "json", "plan, status, run, distances, calibrate: one JSON object for scripts")(
      "watch", "status: again every few seconds until the study is whole");
  return options;
}

po::options_description all_options() {
  po::options_description options = own_options();
  options.add_options()("words", po::value<std::vector<std::string>>());
  for (const Key& key : study_keys()) options.add_options()(key.name.c_str(), po::value<std::string>());
  return options;
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

po::variables_map parse(const std::vector<std::string>& words, const po::options_description& options) {
  po::positional_options_description positional;
  positional.add("words", -1);
  using namespace po::command_line_style;
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words).options(options).positional(positional)
                  .style(unix_style & ~allow_guessing).run(), values);
  } catch (const po::unknown_option& error) {
    const std::string given = error.get_option_name();
    const std::string name = given.substr(0, given.find('='));
    if (name.find('.') != std::string::npos)
      throw UsageError(fmt::format("unknown key '{}'; did you mean '--{}'?", name,
                                   nearest_key(name.substr(name.find_first_not_of('-')))));
    throw UsageError(fmt::format("unknown option '{}'; see equikoop --help", name));
  } catch (const po::error& error) {
    throw UsageError(fmt::format("{}; see equikoop --help", error.what()));
  }
  return values;
}

void take_words(Arguments& arguments, const std::vector<std::string>& words) {
  if (words.empty()) return;
  arguments.command = words[0];
  if (!contains(k_commands, words[0]))
    throw UsageError(fmt::format("there is no command '{}'; commands are {}", words[0],
                                 fmt::join(k_commands, ", ")));
  if (words.size() > 1) arguments.target = words[1];
  if (words.size() > 2)
    throw UsageError(fmt::format("'{}' is one word too many after {} {}", words[2], words[0], words[1]));
  const bool alone = words[0] == "init" || words[0] == "selftest";
  if (words.size() < 2 && !alone)
    throw UsageError(fmt::format("equikoop {} needs {}", words[0],
                                 words[0] == "status" || words[0] == "export" ? "the folder of the results"
                                                                                   : "a study file"));
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words) {
  const auto values = parse(words, all_options());
  const auto text = [&](const char* name) {
    return values.count(name) ? values[name].as<std::string>() : std::string();
  };
  Arguments arguments;
  arguments.command_line = "equikoop";
  for (const auto& word : words) arguments.command_line += fmt::format(" {}", shell_word(word));
  arguments.out = text("out");
  arguments.walltime = text("walltime");
  arguments.petsc = split_words(text("petsc"));
  arguments.force = values.count("force") > 0;
  arguments.quiet = values.count("quiet") > 0;
  arguments.verify = values.count("verify") > 0;
  arguments.help = values.count("help") > 0;
  arguments.help_study = values.count("help-study") > 0;
  arguments.version = values.count("version") > 0;
  arguments.format = values.count("format") ? text("format") : "npy";
  if (values.count("archive")) arguments.format = "archive";
  arguments.completion = text("completion");
  arguments.cite = values.count("cite") > 0;
  arguments.man = values.count("man") > 0;
  arguments.json = values.count("json") > 0;
  arguments.watch = values.count("watch") > 0;
  if (values.count("ranks")) arguments.ranks = values["ranks"].as<int>();
  if (arguments.ranks < 1) throw UsageError("--ranks: give a number of at least 1");
  for (const Key& key : study_keys())
    if (values.count(key.name)) arguments.overrides.push_back({key.name, text(key.name.c_str())});
  const bool page = arguments.help || arguments.help_study || arguments.version || arguments.cite || arguments.man ||
                    !arguments.completion.empty();
  if (values.count("words") && !page) take_words(arguments, values["words"].as<std::vector<std::string>>());
  if (arguments.json && !page && !contains(k_with_json, arguments.command))
    throw UsageError(fmt::format("--json goes with {}", fmt::join(k_with_json, ", ")));
  if (arguments.watch && arguments.command != "status") throw UsageError("--watch goes with status");
  return arguments;
}

std::string shell_word(const std::string& word) {
  static constexpr std::string_view signs = "._-+=,/:@%";
  const auto plain = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code >= 0x80 || std::isalnum(code) || signs.find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted;
  for (const char c : word) {
    if (c == '\'') quoted += R"('\')";
    quoted += c;
  }
  return fmt::format("'{}'", quoted);
}

std::string stage_command(const Arguments& arguments, const std::string& stage) {
  std::string line = fmt::format("equikoop {} {}", stage, shell_word(arguments.target));
  if (!arguments.out.empty()) line += fmt::format(" --out {}", shell_word(arguments.out));
  for (const auto& [key, value] : arguments.overrides)
    line += fmt::format(" {}", shell_word(fmt::format("--{}={}", key, value)));
  return line;
}

std::vector<std::string> command_names() { return {k_commands.begin(), k_commands.end()}; }

std::vector<std::string> option_names() {
  const po::options_description options = own_options();
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

std::string help_page() {
  std::ostringstream options;
  options << own_options();
  return "equikoop: which choices train a network equivalently, and which do not?\n"
         "\n"
         "  equikoop run STUDY         train, spectra and distances in one job\n"
         "  equikoop train STUDY       trains every network; writes trajectories.h5\n"
         "  equikoop spectra STUDY     Koopman eigenvalues of every ensemble; writes spectra.h5\n"
         "  equikoop distances STUDY   distances and verdicts of all pairs; writes distances.h5\n"
         "  equikoop plan STUDY        networks, time, memory and bytes, before anything is spent\n"
         "  equikoop calibrate STUDY   error rates of the tests, on simulated studies\n"
         "  equikoop status DIR        how far a study is\n"
         "  equikoop import STUDY      trajectories or spectra of other programs (npy, HDF5, CSV)\n"
         "  equikoop export DIR        results as npy, csv or netcdf; --archive: compressed HDF5\n"
         "  equikoop init QUESTION     writes a commented study file: width, optimizer, ...\n"
         "  equikoop selftest          known spectra, a small study, figures of this machine\n"
         "\n"
         "Any key of the study file can be given as --section.key=value. Start under MPI, for\n"
         "example: mpirun -n 4 equikoop run input/quickstart.ini\n"
         "\n" +
         options.str() +
         "\nThe variable EQUIKOOP_DATA names a folder of data sets (mnist, digits, ...).\n"
         "Exit codes: 0 done, 1 failure, 2 usage or study file, 85 stopped in time and resumable.\n";
}

}  // namespace equikoop
