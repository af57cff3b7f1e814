// SPDX-License-Identifier: BSD-3-Clause
// npy and CSV.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>

#include "equikoop/archive/schema.hpp"
#include "equikoop/base/error.hpp"
#include "equikoop/data/array_source.hpp"
#include "export.hpp"

namespace equikoop {
namespace {

namespace fs = std::filesystem;

/// A file that has its name once all of it is there.
void write_text(const std::string& path, const std::function<void(std::ofstream& stream)>& fill) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  write_whole(path, [&](const std::string& part) {
    std::ofstream stream(part, std::ios::binary);
    if (!stream) throw Error(fmt::format("cannot write {} (permission, quota or a full disk)", path));
    fill(stream);
    stream.close();
    if (!stream) throw Error(fmt::format("cannot write {} (is the disk full?)", path));
  });
}

h5::Slab slab_of(const Box& box) {
  return {{box.offset.begin(), box.offset.end()}, {box.count.begin(), box.count.end()}};
}

/// NumPy's word for the elements of a dataset, and HDF5's for the same bytes.
std::string npy_type(const DatasetInfo& info) {
  switch (info.kind) {
    case ElementKind::real: return fmt::format("<f{}", info.bytes);
    case ElementKind::integer: return fmt::format("{}{}{}", info.bytes == 1 ? '|' : '<', info.is_signed ? 'i' : 'u', info.bytes);
    case ElementKind::complex: return "<c16";
    case ElementKind::text: return fmt::format("|S{}", info.bytes);
    case ElementKind::record: break;
  }
  return "";
}

h5::Handle little_endian(hid_t dataset, const DatasetInfo& info) {
  if (info.kind == ElementKind::complex) return h5::complex_type();
  h5::Handle type(h5::check(H5Dget_type(dataset), "read a dataset's type"), H5Tclose);
  h5::Handle own(h5::check(H5Tcopy(type.get()), "copy a type"), H5Tclose);
  if (info.kind == ElementKind::real || info.kind == ElementKind::integer) H5Tset_order(own.get(), H5T_ORDER_LE);
  return own;
}

void write_npy(hid_t group, const DatasetInfo& info, const std::string& path) {
  const auto dataset = h5::open_dataset(group, info.name);
  std::string head = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", npy_type(info),
                                 fmt::join(info.shape, ", "), info.shape.size() == 1 ? "," : "");
  constexpr std::size_t k_frame = 10;
  head.append(64 - (k_frame + head.size() + 1) % 64, ' ');
  head += '\n';
  const auto type = little_endian(dataset.get(), info);
  const std::size_t size = H5Tget_size(type.get());
  write_text(path, [&](std::ofstream& stream) {
    stream << "\x93NUMPY" << '\x01' << '\0' << static_cast<char>(head.size() & 0xFF) << static_cast<char>(head.size() >> 8) << head;
    std::vector<char> bytes;
    for (const Box& box : slabs(info.shape, false, k_export_bytes / size)) {
      bytes.resize(box.size() * size);
      h5::read_raw(dataset, type.get(), slab_of(box), bytes.data());
      stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  });
}

void walk_npy(hid_t group, const std::string& to) {
  const auto content = content_of(group);
  for (const auto& name : content.datasets) {
    const auto info = info_of(group, name);
    if (info.kind == ElementKind::record || info.shape.empty()) continue;
    write_npy(group, info, fmt::format("{}/{}.npy", to, name));
  }
  for (const auto& name : content.groups) {
    if (name == schema::k_provenance) continue;
    const auto inner = h5::open_group(group, name);
    walk_npy(inner.get(), name == schema::k_configurations ? to : to + "/" + name);
  }
}

/// A group of the archive as rows of tables: what stands before its own columns.
struct Part {
  std::string path;
  std::string configuration;  ///< empty outside /configurations
  std::string analysis;       ///< empty: the main one
};

void walk_parts(hid_t group, const Part& part, std::vector<Part>& parts) {
  parts.push_back(part);
  for (const auto& name : content_of(group).groups) {
    if (part.path.empty() && name == schema::k_provenance) continue;
    const auto inner = h5::open_group(group, name);
    Part next{part.path + "/" + name, part.configuration, part.analysis};
    if (part.path == std::string("/") + schema::k_configurations) next.configuration = name;
    else if (base_name(part.path) == schema::k_analyses) next.analysis = name;
    walk_parts(inner.get(), next, parts);
  }
}

/// The columns that share their axes, over all groups that have them.
struct Table {
  std::vector<std::string> axes;
  std::vector<std::string> columns;
  std::vector<Part> parts;
};

std::string table_name(const Part& part, const std::vector<std::string>& axes) {
  std::vector<std::string> words;
  if (part.configuration.empty() && !part.path.empty()) words.push_back(base_name(part.path));
  for (const auto& axis : axes) words.push_back(axis.empty() ? "axis" : base_name(axis));
  return fmt::format("{}", fmt::join(words, "_"));
}

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char sign : text) quoted += sign == '"' ? std::string("\"\"") : std::string(1, sign);
  return quoted + "\"";
}

/// Names of the axes as columns; a repeated one is numbered.
std::vector<std::string> axis_columns(const std::vector<std::string>& axes) {
  std::vector<std::string> names;
  for (const auto& axis : axes) {
    const std::string name = axis.empty() ? "axis" : base_name(axis);
    const auto before = std::count_if(names.begin(), names.end(), [&](const auto& n) { return n.substr(0, n.find("_2")) == name; });
    names.push_back(before == 0 ? name : fmt::format("{}_{}", name, before + 1));
  }
  return names;
}

std::vector<std::string> axis_values(hid_t file, const std::string& axis, std::size_t size) {
  if (axis.empty()) {
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < size; ++i) numbers.push_back(std::to_string(i));
    return numbers;
  }
  const auto info = info_of(file, axis);
  return read_words(file, info, {{0}, {size}});
}

void write_rows(std::ofstream& stream, hid_t file, const Table& table, const Part& part, bool configurations, bool analyses) {
  const auto group = h5::open_group(file, part.path.empty() ? "/" : part.path);
  std::vector<DatasetInfo> infos;
  for (const auto& column : table.columns)
    infos.push_back(h5::exists(group.get(), column) ? info_of(group.get(), column) : DatasetInfo{});
  const auto& first = *std::find_if(infos.begin(), infos.end(), [](const auto& info) { return !info.name.empty(); });
  std::vector<std::vector<std::string>> labels;
  for (std::size_t d = 0; d < first.shape.size(); ++d) labels.push_back(axis_values(file, first.axes[d], first.shape[d]));
  const std::string before = (configurations ? cell(part.configuration) + "," : "") + (analyses ? cell(part.analysis) + "," : "");
  for (const Box& box : slabs(first.shape, false, k_export_bytes / 256)) {
    std::vector<std::vector<std::string>> columns;
    columns.reserve(infos.size());
    for (const auto& info : infos)
      columns.push_back(info.name.empty() ? std::vector<std::string>(box.size()) : read_words(group.get(), info, slab_of(box)));
    for (std::size_t i = 0; i < box.size(); ++i) {
      std::string line = before;
      std::size_t inner = box.size();
      for (std::size_t d = 0; d < box.count.size(); ++d) {
        inner /= box.count[d];
        line += cell(labels[d][box.offset[d] + i / inner % box.count[d]]) + ",";
      }
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (c > 0) line += ',';
        line += infos[c].kind == ElementKind::text ? cell(columns[c][i]) : columns[c][i];
      }
      stream << line << '\n';
    }
  }
}

}  // namespace

std::vector<std::string> read_words(hid_t group, const DatasetInfo& info, const h5::Slab& slab) {
  const auto dataset = h5::open_dataset(group, info.name);
  std::vector<std::string> words;
  const auto add = [&](const auto& values) {
    for (const auto value : values) words.push_back(fmt::format("{}", value));
  };
  if (info.kind == ElementKind::integer) {
    add(h5::read<std::int64_t>(dataset, slab));
  } else if (info.kind == ElementKind::real && info.bytes == 4) {
    add(h5::read<float>(dataset, slab));
  } else if (info.kind == ElementKind::real) {
    add(h5::read<double>(dataset, slab));
  } else if (info.kind == ElementKind::complex) {
    for (const auto value : h5::read<std::complex<double>>(dataset, slab))
      words.push_back(fmt::format("{},{}", value.real(), value.imag()));
  } else if (info.kind == ElementKind::text) {
    const auto type = h5::text_type(info.bytes);
    std::vector<char> bytes(slab.size() * info.bytes);
    h5::read_raw(dataset, type.get(), slab, bytes.data());
    for (std::size_t i = 0; i < slab.size(); ++i)
      words.push_back(std::string(bytes.data() + i * info.bytes, info.bytes).c_str());
  }
  return words;
}

void export_npy(const std::string& from, const std::string& to) {
  const auto file = h5::open_file(from, false);
  walk_npy(file.get(), to);
}

void export_csv(const std::string& from, const std::string& to) {
  const auto file = h5::open_file(from, false);
  std::vector<Part> parts;
  walk_parts(file.get(), {}, parts);
  std::map<std::string, Table> tables;
  for (const Part& part : parts) {
    const auto group = h5::open_group(file.get(), part.path.empty() ? "/" : part.path);
    for (const auto& name : content_of(group.get()).datasets) {
      const auto info = info_of(group.get(), name);
      if (info.is_scale || info.kind == ElementKind::record || name == schema::k_observables || info.shape.empty()) continue;
      Table& table = tables[table_name(part, info.axes)];
      if (table.columns.empty()) table.axes = info.axes;
      if (std::find(table.columns.begin(), table.columns.end(), name) == table.columns.end()) table.columns.push_back(name);
      if (table.parts.empty() || table.parts.back().path != part.path) table.parts.push_back(part);
    }
  }
  for (const auto& [name, table] : tables) {
    const bool configurations = !table.parts.front().configuration.empty();
    const bool analyses = std::any_of(table.parts.begin(), table.parts.end(), [](const Part& p) { return !p.analysis.empty(); });
    std::vector<std::string> head;
    if (configurations) head.emplace_back("configuration");
    if (analyses) head.emplace_back("analysis");
    for (const auto& axis : axis_columns(table.axes)) head.push_back(axis);
    const auto group = h5::open_group(file.get(), table.parts.front().path.empty() ? "/" : table.parts.front().path);
    for (const auto& column : table.columns) {
      const bool complex = h5::exists(group.get(), column) && info_of(group.get(), column).kind == ElementKind::complex;
      head.push_back(complex ? column + "_real," + column + "_imag" : column);
    }
    write_text(fmt::format("{}/{}.csv", to, name), [&, &table = table](std::ofstream& stream) {
      stream << fmt::format("{}\n", fmt::join(head, ","));
      for (const Part& part : table.parts) write_rows(stream, file.get(), table, part, configurations, analyses);
    });
  }
}

}  // namespace equikoop
