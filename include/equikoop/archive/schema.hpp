// SPDX-License-Identifier: BSD-3-Clause
// Every group, dataset and attribute name of the archive, and its format version. Nothing else.
// README.md in this folder describes them for readers without our code.
#pragma once

namespace equikoop::schema {

inline constexpr const char* k_format_version = "1.2";

inline constexpr const char* k_trajectories_type = "equikoop trajectories";
inline constexpr const char* k_spectra_type = "equikoop spectra";
inline constexpr const char* k_distances_type = "equikoop distances";

inline constexpr const char* k_trajectories_file = "trajectories.h5";
inline constexpr const char* k_spectra_file = "spectra.h5";
inline constexpr const char* k_distances_file = "distances.h5";

inline constexpr const char* k_configurations = "configurations";
inline constexpr const char* k_analyses = "analyses";
inline constexpr const char* k_pairs = "pairs";
inline constexpr const char* k_robustness = "robustness";
inline constexpr const char* k_windows = "windows";
inline constexpr const char* k_provenance = "provenance";
inline constexpr const char* k_runs = "runs";

// Root attributes.
inline constexpr const char* k_filetype = "filetype";
inline constexpr const char* k_version = "format_version";
inline constexpr const char* k_identity = "identity";  ///< of this file; new whenever it is begun
inline constexpr const char* k_source = "source";      ///< identity of the file it was made from

// Scales.
inline constexpr const char* k_seed = "seed";
inline constexpr const char* k_initial = "initial";
inline constexpr const char* k_time = "time";
inline constexpr const char* k_step = "step";
inline constexpr const char* k_feature = "feature";
inline constexpr const char* k_mode = "mode";
inline constexpr const char* k_configuration = "configuration";

// Datasets of a configuration in trajectories.h5.
inline constexpr const char* k_observables = "observables";
inline constexpr const char* k_loss = "loss";
inline constexpr const char* k_test_loss = "test_loss";
inline constexpr const char* k_test_accuracy = "test_accuracy";
inline constexpr const char* k_diverged_at = "diverged_at";
inline constexpr const char* k_complete = "complete";
inline constexpr const char* k_sha256 = "sha256";  ///< beside `complete`, since 1.1; an attribute of final datasets

// Attributes of a configuration: what one recorded step lasts on each clock.
inline constexpr const char* k_index = "index";
inline constexpr const char* k_clock_step = "clock_step";
inline constexpr const char* k_clock_sample = "clock_sample";
inline constexpr const char* k_clock_time = "clock_time";

// Datasets of a configuration in spectra.h5.
inline constexpr const char* k_eigenvalues = "eigenvalues";
inline constexpr const char* k_residuals_insample = "residuals_insample";
inline constexpr const char* k_residuals_heldout = "residuals_heldout";
inline constexpr const char* k_residuals_solver = "residuals_solver";
inline constexpr const char* k_amplitudes = "amplitudes";
inline constexpr const char* k_singular_values = "singular_values";
inline constexpr const char* k_total_energy = "total_energy";
inline constexpr const char* k_rank = "rank";
inline constexpr const char* k_trajectories_used = "trajectories_used";
inline constexpr const char* k_reduced = "reduced_operator";
inline constexpr const char* k_pseudospectrum = "pseudospectrum";
inline constexpr const char* k_noise_cut = "noise_cut";

}  // namespace equikoop::schema
