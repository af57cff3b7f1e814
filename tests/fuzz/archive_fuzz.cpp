// SPDX-License-Identifier: BSD-3-Clause
// Well-formed HDF5 that holds anything: each input decides which groups, datasets and attributes there
// are, and of what type, rank and size. Both readers take it or refuse it with an Error. Bytes that are
// not HDF5 are HDF5's own to refuse; the tests of hostile/archive_test.py show that we pass that on.
#include <mpi.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/archive/trajectories.hpp"
#include "try_to.hpp"

namespace {

namespace h5 = equikoop::h5;
namespace schema = equikoop::schema;

/// The bytes of an input, one after another; zeros at the end.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  unsigned next(unsigned below) { return (at_ < size_ ? data_[at_++] : 0) % below; }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

void add_dataset(hid_t group, const char* name, std::vector<hsize_t> dims, Choices& choices) {
  const unsigned fault = choices.next(16);
  if (fault == 1) return;
  if (fault == 2) dims.pop_back();
  if (fault == 3) dims.push_back(2);
  if (fault == 4 && !dims.empty()) dims.front() += 1;
  if (fault == 5 && !dims.empty()) dims.back() = 0;
  const auto text = h5::text_type(3);
  const hid_t types[] = {H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_STD_I32LE, H5T_STD_U8LE, H5T_IEEE_F32BE, text.get()};
  if (fault == 6) return void(h5::create_group(group, name));
  h5::create_dataset(group, name, types[fault < 8 ? 0 : choices.next(6)], dims, {"any", "1", ""});
}

/// An attribute of several numbers where one is expected.
void write_array(hid_t object, const char* name) {
  const std::int64_t values[64] = {1, 2, 3};
  const hsize_t count = 64;
  const h5::Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const h5::Handle attribute(H5Acreate2(object, name, H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  H5Awrite(attribute.get(), H5T_NATIVE_INT64, values);
}

void add_attribute(hid_t object, const char* name, const std::string& text, double number, Choices& choices) {
  const unsigned fault = choices.next(8);
  if (fault == 1) return;
  if (fault == 2) return h5::write_attribute(object, name, std::string("other"));
  if (fault == 3) return h5::write_attribute(object, name, -number);
  if (fault == 4) return write_array(object, name);
  if (text.empty()) return h5::write_attribute(object, name, static_cast<std::int64_t>(number));
  h5::write_attribute(object, name, text);
}

void write(const std::string& path, Choices& choices, bool spectra) {
  const auto file = h5::create_file(path);
  add_attribute(file.get(), schema::k_filetype, spectra ? schema::k_spectra_type : schema::k_trajectories_type, 1, choices);
  add_attribute(file.get(), schema::k_version, "1.0", 1, choices);
  if (choices.next(8) == 1) return;
  const auto parent = h5::create_group(file.get(), schema::k_configurations);
  const unsigned configurations = choices.next(3);
  for (unsigned c = 0; c < configurations; ++c) {
    const auto group = h5::create_group(parent.get(), "c" + std::to_string(c));
    const hid_t id = group.get();
    const hsize_t seeds = 2, initials = 2, times = 1 + choices.next(6), features = 1 + choices.next(4);
    add_attribute(id, schema::k_index, "", choices.next(3), choices);
    add_dataset(id, schema::k_complete, {seeds}, choices);
    add_dataset(id, schema::k_sha256, {seeds}, choices);
    if (!spectra) {
      add_dataset(id, schema::k_observables, {seeds, initials, times, features}, choices);
      add_dataset(id, schema::k_loss, {seeds, initials, times}, choices);
      add_dataset(id, schema::k_time, {times}, choices);
      for (const char* name : {schema::k_test_loss, schema::k_test_accuracy, schema::k_diverged_at})
        add_dataset(id, name, {seeds, initials}, choices);
      continue;
    }
    for (const char* name : {"delays", "features", "snapshots"}) add_attribute(id, name, "", 3, choices);
    for (const char* name : {"window_begin", "window_end"}) h5::write_attribute(id, name, 0.5);
    for (const char* name : {"method", "rank_rule"}) add_attribute(id, name, "any", 1, choices);
    const auto complex = h5::complex_type();
    h5::create_dataset(id, schema::k_eigenvalues, complex.get(), {seeds, 1 + choices.next(3)}, {"any", "1", ""});
    for (const char* name : {schema::k_residuals_insample, schema::k_residuals_heldout, schema::k_amplitudes,
                             schema::k_singular_values})
      add_dataset(id, name, {seeds, 2}, choices);
    for (const char* name : {schema::k_total_energy, schema::k_rank, schema::k_trajectories_used, schema::k_noise_cut})
      add_dataset(id, name, {seeds}, choices);
  }
}

void read(const equikoop::Comm& self, const std::string& path, bool spectra) {
  if (spectra) {
    const auto archive = equikoop::SpectraArchive::read(self, path);
    (void)archive.complete_count();
    for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c) {
      (void)archive.read_rows(c, 0);
      (void)archive.verify(c, 0, 0);
    }
    return;
  }
  const auto archive = equikoop::TrajectoryArchive::read(self, path);
  (void)archive.complete_count();
  const auto& layout = archive.layout();
  for (std::size_t c = 0; c < layout.configurations.size(); ++c)
    for (std::size_t s = 0; s < layout.seeds; ++s) {
      const auto& shape = layout.configurations[c];
      std::vector<double> values(layout.initials * shape.time.size() * shape.features);
      archive.read_ensemble<double>(c, s, {0, shape.features}, values);
      (void)archive.diverged_at(c, s);
      (void)archive.verify(c, s);
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  MPI_Init(argc, argv);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const equikoop::Comm self(MPI_COMM_SELF);
  static const std::string path = "/dev/shm/equikoop-fuzz-" + std::to_string(::getpid()) + ".h5";
  Choices choices(data, size);
  const bool spectra = choices.next(2) == 1;
  write(path, choices, spectra);
  equikoop::fuzz::try_to([&] { read(self, path, spectra); });
  ::unlink(path.c_str());
  return 0;
}
