// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <system_error>
#include <vector>

#include "equikoop/base/error.hpp"

namespace equikoop {

namespace {

namespace fs = std::filesystem;

/// Folders above the study file's that are searched: enough for input/studies/x.ini and a level.
constexpr int k_parents = 3;

/// NAME or NAME.gz in `folder`; the plain one first, which is read faster.
std::optional<fs::path> plain_or_gzip(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  for (const char* ending : {"", ".gz"})
    if (const fs::path file = folder / (name + ending); fs::is_regular_file(file, ignored))
      return file;
  return std::nullopt;
}

/// The four files in `folder`. Where some are missing, `place` becomes the folder and the first of
/// them, for the error; where all are, the folder alone.
std::optional<IdxFiles> files_in(const fs::path& folder, std::string& place) {
  const auto train_images = plain_or_gzip(folder, "train-images-idx3-ubyte");
  const auto train_labels = plain_or_gzip(folder, "train-labels-idx1-ubyte");
  const auto test_images = plain_or_gzip(folder, "t10k-images-idx3-ubyte");
  const auto test_labels = plain_or_gzip(folder, "t10k-labels-idx1-ubyte");
  if (train_images && train_labels && test_images && test_labels)
    return IdxFiles{*train_images, *train_labels, *test_images, *test_labels};
  place = folder.string();
  if (!(train_images || train_labels || test_images || test_labels)) return std::nullopt;
  place += fmt::format(" (lacks {})", !train_images   ? "train-images-idx3-ubyte"
                                      : !train_labels ? "train-labels-idx1-ubyte"
                                      : !test_images  ? "t10k-images-idx3-ubyte"
                                                      : "t10k-labels-idx1-ubyte");
  return std::nullopt;
}

fs::path without_trailing_slash(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

std::vector<fs::path> places_of_path(const DataOptions& options, const fs::path& study) {
  const fs::path given = without_trailing_slash(options.path);
  std::vector<fs::path> places{given, given / options.source};
  if (given.is_relative()) {
    places.push_back((study / given).lexically_normal());
    places.push_back((study / given / options.source).lexically_normal());
  }
  return places;
}

std::vector<fs::path> usual_places(const std::string& source, const std::string& environment,
                                   fs::path folder) {
  std::vector<fs::path> places;
  if (!environment.empty()) {
    const fs::path root = without_trailing_slash(environment);
    places.push_back(root / source);
    if (root.filename() == source || source == "mnist") places.push_back(root);
  }
  for (int level = 0; level <= k_parents; ++level) {
    places.push_back(folder / "data" / source);
    if (folder == folder.parent_path()) break;
    folder = folder.parent_path();
  }
  return places;
}

std::string how_to_get(const std::string& source) {
  if (source == "digits") return "make them with: python3 input/make_digits.py";
  if (source == "mnist") return "fetch them with input/get_mnist.sh, or set EQUIKOOP_DATA";
  return "set data.path or EQUIKOOP_DATA to their folder, or choose another data.source (mnist, "
         "digits, fashion, idx, gaussian, teacher)";
}

}  // namespace

bool is_synthetic(const std::string& source) {
  return source == "gaussian" || source == "teacher";
}

IdxFiles find_idx_files(const DataOptions& options, const DataSearch& search) {
  if (options.source.empty() || options.source.find('/') != std::string::npos)
    throw UsageError(fmt::format("data.source = '{}' is not a name; a folder goes into data.path",
                                 options.source));
  const fs::path study = without_trailing_slash(fs::absolute(
      search.study_folder.empty() ? fs::current_path() : fs::path(search.study_folder)));
  const auto places = options.path.empty() ? usual_places(options.source, search.environment, study)
                                           : places_of_path(options, study);
  std::vector<std::string> looked_at;
  for (const fs::path& folder : places) {
    std::string place;
    if (auto files = files_in(folder, place)) return *files;
    looked_at.push_back(std::move(place));
  }
  throw UsageError(fmt::format("no data files for source {}; looked at {}; {}", options.source,
                               fmt::join(looked_at, ", "), how_to_get(options.source)));
}

}  // namespace equikoop
