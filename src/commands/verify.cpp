// SPDX-License-Identifier: BSD-3-Clause
// equikoop status DIR --verify: is every byte of the archives the one that was written?
#include <fmt/format.h>

#include <filesystem>

#include "commands.hpp"
#include "equikoop/archive/distances.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/archive/trajectories.hpp"

namespace equikoop {
namespace {

/// A piece of data with a checksum of its own.
struct Piece {
  std::size_t configuration = 0;
  std::size_t analysis = 0;
  std::size_t seed = 0;
  std::uint8_t mark = 1;
};

/// A mark that is neither 0 nor 1 is as damaged as data.
template <class Verify>
Checksum state_of(const Piece& piece, const Verify& verify) {
  const Checksum state = verify(piece);
  return state == Checksum::right && piece.mark != 1 ? Checksum::wrong : state;
}

/// How each piece compares, on every rank: ranks take pieces in turn. Collective.
template <class Verify>
std::vector<std::uint8_t> compare(const Comm& comm, const std::vector<Piece>& pieces, const Verify& verify) {
  std::vector<std::uint8_t> states(pieces.size(), 0);
  together(comm, [&] {
    for (std::size_t i = static_cast<std::size_t>(comm.rank()); i < pieces.size(); i += static_cast<std::size_t>(comm.size()))
      states[i] = static_cast<std::uint8_t>(state_of(pieces[i], verify));
  });
  if (!states.empty())
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, states.data(), static_cast<int>(states.size()), MPI_UINT8_T, MPI_MAX, comm.raw()),
              "gather what the checksums say");
  return states;
}

/// A line for the file, one for each damaged piece, and their number.
class Account {
 public:
  Account(const Log& log, std::string path, std::string what) : log_(log), path_(std::move(path)), what_(std::move(what)) {}

  void add(Checksum state, const std::string& piece) {
    ++all_;
    if (state == Checksum::none) ++without_;
    if (state != Checksum::wrong) return;
    log_.line("  {}: {} does not match its SHA-256", path_, piece);
    if (wrong_++ == 0) first_ = piece;
  }
  /// The sentence of an error, or nothing where all is well.
  std::string close() const {
    log_.line("  {}: {} of {} {} match their SHA-256{}", path_, all_ - without_ - wrong_, all_, what_,
              without_ == 0 ? "" : fmt::format(", {} have none", without_));
    if (wrong_ == 0) return "";
    return fmt::format("{} is damaged: {} of {} {} do not match their SHA-256: {}{}. Restore the file from a copy, or "
                       "make it anew with --force", path_, wrong_, all_, what_, first_, wrong_ > 1 ? ", ..." : "");
  }

 private:
  const Log& log_;
  std::string path_, what_, first_;
  std::size_t all_ = 0, without_ = 0, wrong_ = 0;
};

/// Datasets with a checksum of their own. Collective.
std::string verify_datasets(const Comm& comm, const std::string& path, const char* filetype, Final which, const Log& log) {
  std::vector<std::pair<std::string, Checksum>> datasets;
  together(comm, [&] {
    if (comm.is_root()) datasets = compare_checksums(path, filetype, which);
  });
  Account account(log, path, which == Final::all ? "datasets" : "scales");
  for (const auto& [name, state] : datasets) account.add(state, fmt::format("dataset {}", name));
  return comm.broadcast(account.close());
}

std::string verify_distances(const Comm& comm, const std::string& path, const Log& log) {
  return verify_datasets(comm, path, schema::k_distances_type, Final::all, log);
}

std::string verify_trajectories(const Comm& comm, const std::string& path, const Log& log) {
  const auto archive = TrajectoryArchive::read(comm, path);
  std::vector<Piece> pieces;
  together(comm, [&] {
    for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c) {
      const auto marks = archive.complete(c);
      for (std::size_t s = 0; s < marks.size(); ++s)
        if (marks[s] != 0) pieces.push_back({c, 0, s, marks[s]});
    }
  });
  const auto states = compare(comm, pieces, [&](const Piece& p) { return archive.verify(p.configuration, p.seed); });
  Account account(log, path, "whole ensembles");
  for (std::size_t i = 0; i < pieces.size(); ++i)
    account.add(static_cast<Checksum>(states[i]),
                fmt::format("configuration {}, seed {}", archive.layout().configurations[pieces[i].configuration].name,
                            pieces[i].seed));
  const std::string scales = verify_datasets(comm, path, schema::k_trajectories_type, Final::scales, log);
  const std::string rows = account.close();
  return rows.empty() ? scales : rows;
}

std::string verify_spectra(const Comm& comm, const std::string& path, const Log& log) {
  const auto archive = SpectraArchive::read(comm, path);
  const auto& configurations = archive.layout().configurations;
  std::vector<Piece> pieces;
  together(comm, [&] {
    for (std::size_t c = 0; c < configurations.size(); ++c)
      for (std::size_t a = 0; a < configurations[c].analyses.size(); ++a) {
        const auto marks = archive.complete(c, a);
        for (std::size_t s = 0; s < marks.size(); ++s)
          if (marks[s] != 0) pieces.push_back({c, a, s, marks[s]});
      }
  });
  const auto states =
      compare(comm, pieces, [&](const Piece& p) { return archive.verify(p.configuration, p.analysis, p.seed); });
  Account account(log, path, "whole spectra");
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const SpectraShape& shape = configurations[pieces[i].configuration];
    const std::string& analysis = shape.analyses[pieces[i].analysis].id;
    account.add(static_cast<Checksum>(states[i]), fmt::format("configuration {}{}, seed {}", shape.name,
                                                              analysis.empty() ? "" : " " + analysis, pieces[i].seed));
  }
  const std::string scales = verify_datasets(comm, path, schema::k_spectra_type, Final::scales, log);
  const std::string rows = account.close();
  return rows.empty() ? scales : rows;
}

}  // namespace

void verify(const Comm& comm, const std::string& folder, const Log& log) {
  std::string fault;
  const auto look = [&](const char* name, const auto& with) {
    const std::string path = folder + "/" + name;
    int there = comm.is_root() && std::filesystem::exists(path) ? 1 : 0;
    comm.broadcast(std::span(&there, 1));
    if (there == 0) return;
    const std::string found = with(comm, path, log);
    if (fault.empty()) fault = found;
  };
  look(schema::k_trajectories_file, verify_trajectories);
  look(schema::k_spectra_file, verify_spectra);
  look(schema::k_distances_file, verify_distances);
  if (!fault.empty()) throw Error(fault);
}

}  // namespace equikoop
