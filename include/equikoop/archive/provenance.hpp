// SPDX-License-Identifier: BSD-3-Clause
// Where a file comes from: header, study text, command, libraries, and a row for each job that
// worked on it. And the checks that a file is one of ours, of this version, of this study.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "equikoop/archive/h5.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// What the program knows of itself and of its call; the same for the three files.
struct Provenance {
  std::string version;
  std::string commit;
  std::string command_line;
  std::string libraries;  ///< one "name version" a line
  std::string sources = {};  ///< files of other programs that were imported, one a line; or empty
  std::string data = {};     ///< files that were trained on, a line each as of sha256sum; or empty
};

/// What a file says of itself.
struct Header {
  std::string identity;
  std::string source;
  std::string study_text;
  std::string study_resolved;
  std::string created;
  std::string sources;
  std::string data;
};

/// Writes the root attributes and /provenance of a new file. One process.
void write_header(hid_t file, const std::string& filetype, const std::string& source,
                  const Study& study, const Provenance& provenance);

/// Reads and checks the header. Throws Error naming `path` and what to do where the file is of
/// another type or of another format version.
Header read_header(hid_t file, const std::string& path, const std::string& filetype);

/// Throws UsageError with the first differing keys unless `study` agrees with the file's on every
/// key of `sections` (names without brackets). Keys that cannot change a result are left out.
void check_same_study(const Header& header, const std::string& path, const Study& study,
                      const std::vector<std::string>& sections);

/// Throws UsageError with the first file whose SHA-256 in `data` (as Provenance::data) is not the one that
/// the archive was begun with, wherever it lies now. Archives without a word about it pass.
void check_same_data(const Header& header, const std::string& path, const std::string& data);

/// One row of /provenance/runs, written when a job begins and again when it ends. Rank 0 only.
class RunRow {
 public:
  /// Takes the first free row; a full table leaves no row (the archive works on).
  /// `before`: time that the job had worked already.
  RunRow(hid_t file, const std::string& stage, int ranks, int nodes, const std::string& hosts,
         std::chrono::duration<double> before = {});
  /// Fills in the end and the number of ensembles (or pairs) that this job finished.
  void finish(hid_t file, int done);

 private:
  int row_ = -1;
  std::string stage_;
  int ranks_ = 0;
  int nodes_ = 0;
  std::string hosts_;
  std::string start_;
  std::chrono::steady_clock::time_point began_;
};

/// Now, or `before` now, as ISO-8601 UTC.
std::string utc_now(std::chrono::duration<double> before = {});

}  // namespace equikoop
