// SPDX-License-Identifier: BSD-3-Clause
#include "job.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "equikoop/base/build_info.hpp"
#include "libraries.hpp"

namespace equikoop {
namespace {

/// Makes the folder and proves in the first second that it can be written.
void probe_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("cannot make the folder {}: {}; choose another with --out", folder,
                            error.message()));
  const std::string probe = folder + "/.probe";
  {
    std::ofstream stream(probe);
    stream << "x";
    stream.flush();
    if (!stream)
      throw Error(fmt::format("cannot write to the folder {} (permission, quota or a full disk); "
                              "choose another with --out", folder));
  }
  std::filesystem::remove(probe, error);
}

std::vector<std::string> host_names(const Comm& comm) {
  constexpr int k_length = 64;
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  MPI_Get_processor_name(name.data(), &length);
  name[k_length - 1] = '\0';
  std::vector<char> all(static_cast<std::size_t>(comm.size()) * k_length);
  check_mpi(MPI_Allgather(name.data(), k_length, MPI_CHAR, all.data(), k_length, MPI_CHAR, comm.raw()),
            "gather host names");
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(comm.size()));
  for (int rank = 0; rank < comm.size(); ++rank)
    names.emplace_back(all.data() + static_cast<std::size_t>(rank) * k_length);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) {
  const std::string path = folder + "/.lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw_system_error(errno, fmt::format("open {}", path));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int code = errno;
  if (code == ENOSYS || code == EOPNOTSUPP || code == ENOLCK) {  // the file system has none
    holds_ = false;
    return;
  }
  ::close(descriptor_);
  if (code != EWOULDBLOCK) throw_system_error(code, fmt::format("lock {}", path));
  throw Error(fmt::format("another job is at work in {}; wait for it or choose another --out", folder));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

Job begin_job(const Comm& comm, const Arguments& arguments, const std::string& data_environment) {
  Job job{comm, arguments, read_study(comm, arguments.target, arguments.overrides), arguments.out,
          own_provenance(arguments.command_line),
          {data_environment, std::filesystem::path(arguments.target).parent_path().string()},
          Log(comm.is_root() && !arguments.quiet && !arguments.json), Stop(arguments.walltime, comm.is_root()), 1, "", nullptr};
  if (job.out.empty()) job.out = "results/" + job.study.name;
  const auto hosts = host_names(comm);
  job.nodes = comm.sum(comm.split_node().is_root() ? 1 : 0);
  job.hosts = fmt::format("{}", fmt::join(hosts, " "));
  together(comm, [&] {
    if (!comm.is_root()) return;
    probe_folder(job.out);
    job.lock = std::make_unique<FolderLock>(job.out);
    if (!job.lock->holds())
      job.log.line("{}: the file system has no locks: let no second job work in this folder", job.out);
  });
  return job;
}

void require_file(const Job& job, const std::string& path, const std::string& stage) {
  together(job.comm, [&] {
    std::error_code error;
    if (job.comm.is_root() && !std::filesystem::exists(path, error))
      throw Error(fmt::format("{} does not exist. Make it with: {}", path, stage_command(job.arguments, stage)));
  });
}

Interrupted stopped(const Job& job, const Error& error, std::size_t done, std::size_t all, const char* unit) {
  return Interrupted(fmt::format("{}: {} of {} {} are whole; resume with the same command: {}", error.what(), done, all,
                                 unit, job.arguments.command_line));
}

void print_header(const Job& job) {
  const auto& log = job.log;
  log.line("equikoop {} ({}), {}, {}", build_info::version(), build_info::commit(), build_info::compiler(),
           build_info::options());
  log.line("{}", job.arguments.command_line);
  if (job.study.imported)
    log.line("study {} ({}), data of other programs", job.study.name, job.study.file);
  else
    log.line("study {} ({}), {} configurations x {} seeds x {} initials", job.study.name, job.study.file,
           job.study.configurations.size(), job.study.seeds, job.study.initials);
  log.line("{} ranks on {} nodes ({}), results in {}", job.comm.size(), job.nodes, job.hosts, job.out);
  std::string libraries = job.provenance.libraries;
  std::replace(libraries.begin(), libraries.end(), '\n', ';');
  log.line("libraries: {}", libraries);
}

}  // namespace equikoop
