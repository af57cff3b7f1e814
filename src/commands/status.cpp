// SPDX-License-Identifier: BSD-3-Clause
// equikoop status: how far a study is and what to do next, from its archives alone.
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/archive/trajectories.hpp"
#include "equikoop/study/study.hpp"

namespace equikoop {
namespace {

std::string share(std::size_t done, std::size_t all, const char* what) {
  return fmt::format("{} of {} {}{}", done, all, what, done == all ? "" : ", incomplete");
}

std::string trajectories_state(const Comm& self, const std::string& path) {
  const auto archive = TrajectoryArchive::read(self, path);
  return share(archive.complete_count(), archive.ensemble_count(), "ensembles");
}

std::string spectra_state(const Comm& self, const std::string& path) {
  const auto archive = SpectraArchive::read(self, path);
  return share(archive.complete_count(), archive.row_count(), "spectra");
}

/// The study of an archive with the overrides it was begun with, as words of a command; STUDY where
/// another program wrote the file.
std::string study_words(const std::string& path) {
  const auto file = h5::open_file(path, false);
  if (!h5::exists(file.get(), schema::k_provenance)) return "STUDY";
  const auto group = h5::open_group(file.get(), schema::k_provenance);
  std::string words = shell_word(h5::read_text_attribute(group.get(), "study_file"));
  std::istringstream text(h5::read_text_attribute(group.get(), "study_text"));
  for (std::string line; std::getline(text, line);)
    if (line.starts_with(k_override_line)) words += fmt::format(" {}", shell_word(line.substr(k_override_line.size())));
  return words;
}

/// One line for a file; returns whether it is there and whole.
template <class State>
bool report(const Log& log, const std::string& folder, const char* name, const State& state) {
  const std::string path = folder + "/" + name;
  if (!std::filesystem::exists(path)) {
    log.line("  {:<16} not there", name);
    return false;
  }
  const std::string text = state(path);
  log.line("  {:<16} {} ({})", name, text, bytes_text(static_cast<double>(std::filesystem::file_size(path))));
  return text.find("incomplete") == std::string::npos;
}

std::string next_command(const std::string& folder, bool trained, bool computed, bool compared) {
  for (const char* name : {schema::k_trajectories_file, schema::k_spectra_file, schema::k_distances_file}) {
    const std::string path = folder + "/" + name;
    if (!std::filesystem::exists(path)) continue;
    const char* stage = computed ? "distances" : trained ? "spectra" : "train";
    if (compared && computed) return "python3 postprocess/report.py " + shell_word(folder);
    return fmt::format("equikoop {} {} --out {}", stage, study_words(path), shell_word(folder));
  }
  return "equikoop run STUDY --out " + shell_word(folder);
}

}  // namespace

void status(const Comm& comm, const std::string& folder, const Log& log) {
  const Comm self(MPI_COMM_SELF);
  together(comm, [&] {
    if (!comm.is_root()) return;
    if (!std::filesystem::is_directory(folder))
      throw UsageError(fmt::format("{} is not a folder of results; give the one that --out named", folder));
    log.line("{}", folder);
    const bool trained = report(log, folder, schema::k_trajectories_file,
                                [&](const auto& path) { return trajectories_state(self, path); });
    const bool computed = report(log, folder, schema::k_spectra_file,
                                 [&](const auto& path) { return spectra_state(self, path); });
    const bool compared = report(log, folder, schema::k_distances_file, [](const auto& path) {
      read_header(h5::open_file(path, false).get(), path, schema::k_distances_type);
      return std::string("whole");
    });
    log.line("next: {}", next_command(folder, trained, computed, compared));
  });
}

}  // namespace equikoop
