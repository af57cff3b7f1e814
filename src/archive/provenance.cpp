// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/provenance.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include "equikoop/archive/schema.hpp"
#include "equikoop/base/digest.hpp"
#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_run_rows = 64;

/// The layout in memory of a row of /provenance/runs.
struct RunRecord {
  char start[24];
  char end[24];
  char stage[16];
  std::int32_t ranks;
  std::int32_t nodes;
  double seconds;
  std::int32_t done;
  char hosts[252];
};

h5::Handle run_type() {
  h5::Handle type(h5::check(H5Tcreate(H5T_COMPOUND, sizeof(RunRecord)), "make the type of runs"), H5Tclose);
  const auto insert = [&](const char* name, std::size_t offset, hid_t member) {
    h5::check(H5Tinsert(type.get(), name, offset, member), "make the type of runs");
  };
  insert("start", offsetof(RunRecord, start), h5::text_type(sizeof(RunRecord::start)).get());
  insert("end", offsetof(RunRecord, end), h5::text_type(sizeof(RunRecord::end)).get());
  insert("stage", offsetof(RunRecord, stage), h5::text_type(sizeof(RunRecord::stage)).get());
  insert("ranks", offsetof(RunRecord, ranks), H5T_STD_I32LE);
  insert("nodes", offsetof(RunRecord, nodes), H5T_STD_I32LE);
  insert("seconds", offsetof(RunRecord, seconds), H5T_IEEE_F64LE);
  insert("done", offsetof(RunRecord, done), H5T_STD_I32LE);
  insert("hosts", offsetof(RunRecord, hosts), h5::text_type(sizeof(RunRecord::hosts)).get());
  return type;
}

template <std::size_t n>
void put(char (&field)[n], const std::string& text) {
  std::memset(field, 0, n);
  std::memcpy(field, text.data(), std::min(n - 1, text.size()));
}

void write_row(hid_t file, std::size_t row, const RunRecord& record) {
  const auto group = h5::open_group(file, schema::k_provenance);
  const auto runs = h5::open_dataset(group.get(), schema::k_runs);
  h5::write_raw(runs, run_type().get(), {{row}, {1}}, &record);
}

std::map<std::string, std::string> key_lines(const std::string& resolved) {
  std::map<std::string, std::string> lines;
  std::istringstream stream(resolved);
  for (std::string line; std::getline(stream, line);)
    if (const auto sign = line.find(" = "); sign != std::string::npos)
      lines[line.substr(0, sign)] = line.substr(sign + 3);
  return lines;
}

/// Keys that name things or places but cannot change a number.
bool changes_results(const std::string& key) {
  return key != "study.name" && key != "study.question" && key != "data.path";
}

/// Of a file that another program wrote: its size and age. A copy may be taken for another file; a
/// changed one is never taken for the same.
std::string identity_by_age(const std::string& path) {
  std::error_code error;
  return fmt::format("{:x}-{:x}", std::filesystem::file_size(path, error),
                     std::filesystem::last_write_time(path, error).time_since_epoch().count());
}

std::string new_identity() {
  return fmt::format("{:x}", std::chrono::system_clock::now().time_since_epoch().count());
}

}  // namespace

std::string utc_now(std::chrono::duration<double> before) {
  const auto then = std::chrono::system_clock::now() -
                    std::chrono::duration_cast<std::chrono::system_clock::duration>(before);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(then)));
}

void write_header(hid_t file, const std::string& filetype, const std::string& source,
                  const Study& study, const Provenance& provenance) {
  h5::write_attribute(file, schema::k_filetype, filetype);
  h5::write_attribute(file, schema::k_version, std::string(schema::k_format_version));
  h5::write_attribute(file, "creator", std::string("equikoop"));
  h5::write_attribute(file, "creator_version", provenance.version);
  h5::write_attribute(file, "git_commit", provenance.commit);
  h5::write_attribute(file, "created", utc_now());
  h5::write_attribute(file, "references", std::string("arXiv:2302.09160"));
  h5::write_attribute(file, "study", study.name);
  h5::write_attribute(file, "question", study.question);
  h5::write_attribute(file, schema::k_identity, new_identity());
  h5::write_attribute(file, schema::k_source, source);

  const auto group = h5::create_group(file, schema::k_provenance);
  h5::write_attribute(group.get(), "study_file", study.file);
  h5::write_attribute(group.get(), "study_text", study.text);
  h5::write_attribute(group.get(), "study_resolved", study.resolved);
  h5::write_attribute(group.get(), "command_line", provenance.command_line);
  h5::write_attribute(group.get(), "libraries", provenance.libraries);
  if (!provenance.sources.empty()) h5::write_attribute(group.get(), "sources", provenance.sources);
  if (!provenance.data.empty()) h5::write_attribute(group.get(), "data", provenance.data);
  const auto runs = h5::create_dataset(group.get(), schema::k_runs, run_type().get(), {k_run_rows},
                                       {"jobs that worked on this file", "1",
                                        "one row a job; rows with ranks = 0 are free"});
  const std::vector<RunRecord> empty(k_run_rows, RunRecord{});
  h5::write_raw(runs, run_type().get(), h5::all_of(runs), empty.data());
}

Header read_header(hid_t file, const std::string& path, const std::string& filetype) {
  std::string found;
  std::string version;
  try {
    found = h5::read_text_attribute(file, schema::k_filetype);
    version = h5::read_text_attribute(file, schema::k_version);
  } catch (const Error&) {
    throw Error(fmt::format("{} is HDF5 but not an equikoop file (no filetype and format_version)", path));
  }
  if (found != filetype)
    throw Error(fmt::format("{} holds '{}', expected '{}'", path, found, filetype));
  const std::string own = schema::k_format_version;
  if (version.substr(0, version.find('.')) != own.substr(0, own.find('.')))
    throw Error(fmt::format("{} has format version {}, this program reads {}: use the equikoop that wrote it",
                            path, version, schema::k_format_version));
  const auto optional = [](hid_t object, const char* name) {
    return H5Aexists(object, name) > 0 ? h5::read_text_attribute(object, name) : std::string();
  };
  Header header;
  header.identity = optional(file, schema::k_identity);
  if (header.identity.empty()) header.identity = identity_by_age(path);
  header.source = optional(file, schema::k_source);
  header.created = optional(file, "created");
  if (h5::exists(file, schema::k_provenance)) {
    const auto group = h5::open_group(file, schema::k_provenance);
    header.study_text = optional(group.get(), "study_text");
    header.study_resolved = optional(group.get(), "study_resolved");
    header.sources = optional(group.get(), "sources");
    header.data = optional(group.get(), "data");
  }
  return header;
}

void check_same_study(const Header& header, const std::string& path, const Study& study,
                      const std::vector<std::string>& sections) {
  const auto then = key_lines(header.study_resolved);
  std::vector<std::string> differences;
  for (const auto& [key, value] : key_lines(study.resolved)) {
    const std::string section = key.substr(0, key.find('.'));
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) continue;
    const auto before = then.find(key);
    if (changes_results(key) && before != then.end() && before->second != value)
      differences.push_back(fmt::format("{} was '{}', is '{}'", key, before->second, value));
  }
  if (differences.empty()) return;
  throw UsageError(fmt::format(
      "{} was begun with another study: {}{}. Choose another --out, or --force to begin it anew", path,
      differences.front(),
      differences.size() > 1 ? fmt::format(" (and {} more keys)", differences.size() - 1) : ""));
}

void check_same_data(const Header& header, const std::string& path, const std::string& data) {
  if (header.data.empty()) return;
  std::istringstream then(header.data), now(data);
  std::string before, file;
  while (std::getline(now, file)) {
    std::getline(then, before);
    if (before.substr(0, Digest::k_digits) == file.substr(0, Digest::k_digits)) continue;
    throw UsageError(fmt::format(
        "{} was begun with other data: the SHA-256 of {} was {:.12}..., is {:.12}.... Bring the file back, choose "
        "another --out, or --force to begin it anew", path, file.substr(Digest::k_digits + 2), before, file));
  }
}

RunRow::RunRow(hid_t file, const std::string& stage, int ranks, int nodes, const std::string& hosts,
               std::chrono::duration<double> before)
    : stage_(stage), ranks_(ranks), nodes_(nodes), hosts_(hosts), start_(utc_now(before)),
      began_(std::chrono::steady_clock::now() -
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(before)) {
  const auto group = h5::open_group(file, schema::k_provenance);
  if (!h5::exists(group.get(), schema::k_runs)) return;
  const auto runs = h5::open_dataset(group.get(), schema::k_runs);
  std::vector<RunRecord> rows(h5::all_of(runs).size());
  h5::read_raw(runs, run_type().get(), h5::all_of(runs), rows.data());
  for (std::size_t i = 0; i < rows.size() && row_ < 0; ++i)
    if (rows[i].ranks == 0) row_ = static_cast<int>(i);
  finish(file, 0);
}

void RunRow::finish(hid_t file, int done) {
  if (row_ < 0) return;
  RunRecord record{};
  put(record.start, start_);
  put(record.stage, stage_);
  put(record.hosts, hosts_);
  record.ranks = ranks_;
  record.nodes = nodes_;
  record.done = done;
  record.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  if (done > 0) put(record.end, utc_now());
  write_row(file, static_cast<std::size_t>(row_), record);
}

}  // namespace equikoop
