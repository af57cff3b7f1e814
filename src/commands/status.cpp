// SPDX-License-Identifier: BSD-3-Clause
// equikoop status: how far a study is and what to do next, from its archives alone.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <thread>
#include <utility>

#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/archive/trajectories.hpp"
#include "equikoop/study/study.hpp"
#include "json.hpp"

namespace equikoop {
namespace {

constexpr std::chrono::seconds k_watch_interval{5};

/// What one file of the folder holds.
struct FileState {
  const char* name;
  bool there = false;
  std::size_t done = 0;
  std::size_t all = 0;
  const char* unit = "";
  double bytes = 0;
  bool whole() const { return there && done == all; }
};

struct FolderState {
  FileState trajectories{schema::k_trajectories_file}, spectra{schema::k_spectra_file},
      distances{schema::k_distances_file};
  std::string next;
};

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

/// Whether the data of an archive are those of other programs' files.
bool is_imported(const std::string& path) {
  const auto file = h5::open_file(path, false);
  if (!h5::exists(file.get(), schema::k_provenance)) return false;
  return H5Aexists(h5::open_group(file.get(), schema::k_provenance).get(), "sources") > 0;
}

/// Looks into a file with count(path) -> {done, all}.
template <class Count>
FileState look(const std::string& folder, const char* name, const char* unit, const Count& count) {
  FileState state{name};
  const std::string path = folder + "/" + name;
  if (!std::filesystem::exists(path)) return state;
  const auto [done, all] = count(path);
  return {name, true, done, all, unit, static_cast<double>(std::filesystem::file_size(path))};
}

std::string next_command(const std::string& folder, bool trained, bool computed, bool compared) {
  for (const char* name : {schema::k_trajectories_file, schema::k_spectra_file, schema::k_distances_file}) {
    const std::string path = folder + "/" + name;
    if (!std::filesystem::exists(path)) continue;
    const char* stage = computed ? "distances" : trained ? "spectra" : is_imported(path) ? "import" : "train";
    if (compared && computed) return "python3 postprocess/report.py " + shell_word(folder);
    return fmt::format("equikoop {} {} --out {}", stage, study_words(path), shell_word(folder));
  }
  return "equikoop run STUDY --out " + shell_word(folder);
}

FolderState state_of(const Comm& self, const std::string& folder) {
  using Count = std::pair<std::size_t, std::size_t>;
  FolderState state;
  state.trajectories = look(folder, schema::k_trajectories_file, "ensembles", [&](const auto& path) {
    const auto archive = TrajectoryArchive::read(self, path);
    return Count(archive.complete_count(), archive.ensemble_count());
  });
  state.spectra = look(folder, schema::k_spectra_file, "spectra", [&](const auto& path) {
    const auto archive = SpectraArchive::read(self, path);
    return Count(archive.complete_count(), archive.row_count());
  });
  state.distances = look(folder, schema::k_distances_file, "", [](const auto& path) {
    read_header(h5::open_file(path, false).get(), path, schema::k_distances_type);
    return Count(1, 1);  // written at once: there is no half of it
  });
  state.next = next_command(folder, state.trajectories.whole(), state.spectra.whole(), state.distances.whole());
  return state;
}

std::string words(const FileState& file) {
  if (!file.there) return "not there";
  if (*file.unit == '\0') return fmt::format("whole ({})", bytes_text(file.bytes));
  return fmt::format("{} of {} {}{} ({})", file.done, file.all, file.unit, file.whole() ? "" : ", incomplete",
                     bytes_text(file.bytes));
}

void print_lines(const std::string& folder, const FolderState& state) {
  fmt::print("{}\n", folder);
  for (const FileState* file : {&state.trajectories, &state.spectra, &state.distances})
    fmt::print("  {:<16} {}\n", file->name, words(*file));
  fmt::print("next: {}\n", state.next);
}

void print_json(const std::string& folder, const FolderState& state) {
  std::string object = fmt::format("{{\"folder\": {}", json_text(folder));
  for (const FileState* file : {&state.trajectories, &state.spectra, &state.distances})
    object += fmt::format(", {}: {{\"there\": {}, \"whole\": {}, \"done\": {}, \"all\": {}, \"bytes\": {:.0f}}}",
                          json_text(file->name), file->there, file->whole(), file->done, file->all, file->bytes);
  fmt::print("{}, \"next\": {}}}\n", object, json_text(state.next));
}

}  // namespace

void status(const Comm& comm, const Arguments& arguments) {
  const Comm self(MPI_COMM_SELF);
  const std::string& folder = arguments.target;
  together(comm, [&] {
    if (!comm.is_root()) return;
    if (!std::filesystem::is_directory(folder))
      throw UsageError(fmt::format("{} is not a folder of results; give the one that --out named", folder));
    for (;;) {
      const FolderState state = state_of(self, folder);
      arguments.json ? print_json(folder, state) : print_lines(folder, state);
      std::fflush(stdout);
      if (!arguments.watch || state.distances.whole()) return;
      std::this_thread::sleep_for(k_watch_interval);
    }
  });
}

}  // namespace equikoop
