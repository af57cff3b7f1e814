// SPDX-License-Identifier: BSD-3-Clause
// From the text of a study file to a Study: overrides, sweeps, zips, checks that need several keys.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "equikoop/base/comm.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// A key given on the command line as --section.key=value; it replaces the file's.
struct Override {
  std::string key;
  std::string value;
};

/// What stands before an override among the comments at the end of Study::text.
inline constexpr std::string_view k_override_line = "# from the command line: ";

/// Parses `text`, the content of `file`.
/// Throws UsageError naming file, key and what is allowed for: unknown, repeated, contradictory or
/// out-of-range keys, empty sweeps, more than 100,000 configurations.
Study parse_study(const std::string& text, const std::string& file,
                  std::span<const Override> overrides = {});

/// Reads `file` on rank 0 and parses it on every rank. Collective.
Study read_study(const Comm& comm, const std::string& file, std::span<const Override> overrides);

/// Throws UsageError naming the first option that a kernel excludes: what works on the singular values
/// of the delay matrix, or on an operator in its coordinates.
void check_kernel(const KoopmanOptions& options);

/// Recorded snapshots of a trajectory: steps / every.
int snapshot_count(const Configuration& configuration);

}  // namespace equikoop
