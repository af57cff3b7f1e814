// SPDX-License-Identifier: BSD-3-Clause
// What `run --json` and `distances --json` print: the table /pairs of distances.h5 as one object, from
// the file alone, so that it is the same whether the pairs were compared now or found done.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <string_view>

#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/compare/verdict.hpp"
#include "json.hpp"

namespace equikoop {
namespace {

std::vector<std::string> texts(hid_t parent, const std::string& name) {
  const auto dataset = h5::open_dataset(parent, name);
  std::vector<std::string> result(h5::all_of(dataset).size());
  for (std::size_t row = 0; row < result.size(); ++row) result[row] = h5::read_text(dataset, row);
  return result;
}

std::string list(const std::vector<std::string>& items) { return fmt::format("[{}]", fmt::join(items, ", ")); }

/// One object a pair: names and verdict in words, then every other column as a number.
std::vector<std::string> pair_objects(hid_t file, const std::vector<std::string>& configurations) {
  const auto group = h5::open_group(file, schema::k_pairs);
  const auto first = h5::read_all<std::int32_t>(group.get(), "first");
  const auto second = h5::read_all<std::int32_t>(group.get(), "second", first.size());
  const auto verdict = h5::read_all<std::int32_t>(group.get(), "verdict", first.size());
  const auto reasons = texts(group.get(), "verdict_text");
  std::vector<std::string> objects;
  for (std::size_t i = 0; i < first.size(); ++i)
    objects.push_back(fmt::format(
        "{{\"first\": {}, \"second\": {}, \"verdict\": {}, \"verdict_text\": {}",
        json_text(configurations.at(static_cast<std::size_t>(first[i]))),
        json_text(configurations.at(static_cast<std::size_t>(second[i]))),
        json_text(words({static_cast<Verdict>(verdict[i]), Reason::none})), json_text(reasons.at(i))));
  for (const std::string& name : h5::dataset_paths(group.get())) {
    if (name == "pair" || name == "first" || name == "second" || name == "verdict" ||
        name == "verdict_text")
      continue;
    const auto values = h5::read_all<double>(group.get(), name, first.size());
    for (std::size_t i = 0; i < objects.size(); ++i)
      objects[i] += fmt::format(", {}: {}", json_text(name), json_number(values[i]));
  }
  for (std::string& object : objects) object += '}';
  return objects;
}

}  // namespace

void print_summary(const Job& job) {
  together(job.comm, [&] {
    if (!job.comm.is_root()) return;
    const std::string path = job.path(schema::k_distances_file);
    const auto file = h5::open_file(path, false);
    read_header(file.get(), path, schema::k_distances_type);
    const auto configurations = texts(file.get(), schema::k_configuration);
    const auto floors = h5::read_all<double>(file.get(), "floor", configurations.size());
    std::vector<std::string> objects;
    for (std::size_t c = 0; c < configurations.size(); ++c)
      objects.push_back(fmt::format("{{\"name\": {}, \"floor\": {}}}", json_text(configurations[c]),
                                    json_number(floors[c])));
    const auto pairs = h5::exists(file.get(), schema::k_pairs) ? pair_objects(file.get(), configurations)
                                                               : std::vector<std::string>();
    fmt::print("{{\"study\": {}, \"question\": {}, \"file\": {}, \"configurations\": {}, \"pairs\": {}}}\n",
               json_text(job.study.name), json_text(job.study.question), json_text(path), list(objects), list(pairs));
  });
}

}  // namespace equikoop
