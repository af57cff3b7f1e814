// SPDX-License-Identifier: BSD-3-Clause
// The [import] sections of a study file: which files of other programs are its trajectories or
// spectra. A study with such sections is not trained; the other sections mean what they always do.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace equikoop {

/// Where the numbers of one configuration come from: section [import NAME], over the defaults that
/// section [import] gives.
struct ImportSource {
  std::string name;               ///< of the configuration
  std::string file;               ///< {seed}, {initial}, {time} in the path stand for a number
  std::string dataset;            ///< path inside an HDF5 file
  std::vector<std::string> axes;  ///< seed, initial, time, mode; every other word is a feature axis
  std::string loss;               ///< file of training losses, or empty
  std::string loss_dataset;
  int every = 1;                  ///< optimiser steps between snapshots
  std::vector<std::pair<std::string, std::string>> parameters;  ///< section.key, for the report
};

enum class ImportKind { trajectories, spectra };
enum class ImportPrecision { as_stored, float32, float64 };

struct Manifest {
  ImportKind kind = ImportKind::trajectories;
  ImportPrecision precision = ImportPrecision::as_stored;
  std::vector<ImportSource> sources;
};

/// Whether `text` has an [import] section.
bool has_import_sections(const std::string& text);

/// `text` with the lines of its import sections left empty.
std::string without_import_sections(const std::string& text);

/// The other lines: the import sections alone.
std::string import_sections(const std::string& text);

/// Reads the import sections of `text`, the content of `file`. Throws UsageError naming file, section
/// and what is allowed.
Manifest parse_manifest(const std::string& text, const std::string& file);

/// A study file written as JSON, {"section": {"key": value or [values]}, "import": {"key": ...,
/// "NAME": {...}}}, as the same study in INI. Throws UsageError with the line of the fault.
std::string json_as_ini(const std::string& text, const std::string& file);

}  // namespace equikoop
