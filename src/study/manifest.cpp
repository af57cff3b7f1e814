// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/study/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/property_tree/json_parser.hpp>
#include <climits>
#include <functional>
#include <set>
#include <sstream>

#include "equikoop/base/error.hpp"
#include "key_types.hpp"

namespace equikoop {
namespace {

constexpr std::string_view k_section = "import";
constexpr std::array k_keys{"kind", "precision", "file", "dataset", "axes", "loss", "loss_dataset", "every"};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// Calls `visit` with each line, without its comment, and the section that it stands in. The line of
/// a section's head belongs to that section.
void each_line(const std::string& text,
               const std::function<void(const std::string& section, const std::string& line,
                                        const std::string& raw)>& visit) {
  std::istringstream stream(text);
  std::string section;
  for (std::string raw; std::getline(stream, raw);) {
    const std::string line = trimmed(std::string_view(raw).substr(0, raw.find('#')));
    if (line.size() > 1 && line.front() == '[' && line.back() == ']')
      section = trimmed(std::string_view(line).substr(1, line.size() - 2));
    visit(section, line, raw);
  }
}

bool is_import(const std::string& section) {
  return section == k_section || section.starts_with(std::string(k_section) + " ");
}

/// Names become HDF5 groups: any sign but those that part groups or hide.
void check_configuration_name(const std::string& name) {
  const auto bad = [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20; };
  if (name.empty() || name == "." || name == ".." || name.size() > 200 ||
      std::any_of(name.begin(), name.end(), bad))
    throw UsageError(fmt::format("[import {}]: a configuration's name has 1 to 200 signs and no '/'", name));
}

void set(Manifest& manifest, ImportSource& source, bool common, const std::string& key,
         const std::string& value) {
  if (value.empty()) throw UsageError(fmt::format("{} is empty: give a value, or leave the key out", key));
  if (key.find('.') != std::string::npos) {
    const auto same = [&](const auto& entry) { return entry.first == key; };
    const auto found = std::find_if(source.parameters.begin(), source.parameters.end(), same);
    if (found == source.parameters.end()) source.parameters.emplace_back(key, value);
    else found->second = value;
  } else if (key == "kind" && common) {
    manifest.kind = static_cast<ImportKind>(parse_choice(key, value, {"trajectories", "spectra"}));
  } else if (key == "precision" && common) {
    manifest.precision = static_cast<ImportPrecision>(parse_choice(key, value, {"as_stored", "float32", "float64"}));
  } else if (key == "file") {
    if (value.size() >= PATH_MAX) throw UsageError(fmt::format("file has {} signs, more than any path", value.size()));
    source.file = value;
  } else if (key == "dataset") {
    source.dataset = value;
  } else if (key == "axes") {
    source.axes = words_of(value);
  } else if (key == "loss") {
    source.loss = value;
  } else if (key == "loss_dataset") {
    source.loss_dataset = value;
  } else if (key == "every") {
    source.every = static_cast<int>(parse_integer(key, value, 1, 1'000'000'000));
  } else {
    throw UsageError(fmt::format("unknown key '{}' (kind and precision stand in [import] alone; known are {}, and "
                                 "parameters for the report as section.key)", key, fmt::join(k_keys, ", ")));
  }
}

class Reader {
 public:
  Manifest read(const std::string& text) {
    each_line(text, [&](const std::string& section, const std::string& line, const std::string&) {
      if (!is_import(section) || line.empty()) return;
      if (line.front() == '[') return begin(section);
      const auto sign = line.find('=');
      if (sign == std::string::npos)
        throw UsageError(fmt::format("[{}]: '{}' is not a line of the form key = value", section, line));
      take(section, trimmed(line.substr(0, sign)), trimmed(line.substr(sign + 1)));
    });
    if (manifest_.sources.empty())
      throw UsageError("no [import NAME] section: name each configuration and give its file");
    for (const auto& source : manifest_.sources)
      if (source.file.empty()) throw UsageError(fmt::format("[import {}]: file is missing", source.name));
    return std::move(manifest_);
  }

 private:
  void begin(const std::string& section) {
    seen_.clear();
    if (section == k_section) return;
    ImportSource source = common_;
    source.name = trimmed(std::string_view(section).substr(k_section.size()));
    check_configuration_name(source.name);
    for (const auto& other : manifest_.sources)
      if (other.name == source.name) throw UsageError(fmt::format("[{}] is there twice", section));
    manifest_.sources.push_back(std::move(source));
  }

  void take(const std::string& section, const std::string& key, const std::string& value) {
    try {
      if (!seen_.insert(key).second) throw UsageError(fmt::format("key '{}' is given twice", key));
      const bool common = section == k_section;
      if (common && !manifest_.sources.empty())
        throw UsageError("stands before every [import NAME]: it gives their defaults");
      set(manifest_, common ? common_ : manifest_.sources.back(), common, key, value);
    } catch (const Error& error) {
      throw UsageError(fmt::format("[{}]: {}", section, error.what()));
    }
  }

  Manifest manifest_;
  ImportSource common_;
  std::set<std::string> seen_;
};

using Tree = boost::property_tree::ptree;

/// `text`, a name or value of JSON, where it means the same on a line of INI.
const std::string& on_a_line(const std::string& text) {
  if (text.find_first_of("#\n\r") != std::string::npos)
    throw UsageError(fmt::format("'{}' holds a '#' or a line break, which a study file cannot say", text));
  return text;
}

/// Boost's parser calls itself at each bracket, to the end of the stack; a study nests three.
void check_nesting(std::string_view text) {
  constexpr int k_deepest = 16;
  bool quoted = false;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') ++i;
    else if (text[i] == '"') quoted = !quoted;
    else if (quoted) continue;
    else if (text[i] == '[' || text[i] == '{') ++depth;
    else if (text[i] == ']' || text[i] == '}') --depth;
    if (depth > k_deepest)
      throw UsageError(fmt::format("brackets within brackets, more than {} of them: write {{\"section\": {{\"key\": value}}}}", k_deepest));
  }
}

/// A JSON value as the text of a key: a word, or the words of an array.
std::string value_text(const std::string& key, const Tree& value) {
  if (value.empty()) return on_a_line(value.data());
  std::vector<std::string> words;
  for (const auto& [name, item] : value) {
    if (!name.empty() || !item.empty())
      throw UsageError(fmt::format("'{}' is neither a value nor an array of values", key));
    words.push_back(on_a_line(item.data()));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

bool is_object(const Tree& value) { return !value.empty() && !value.front().first.empty(); }

std::string section_text(const std::string& section, const Tree& keys) {
  std::string own = fmt::format("[{}]\n", on_a_line(section));
  std::string inner;
  for (const auto& [key, value] : keys) {
    if (section == k_section && is_object(value)) inner += section_text(fmt::format("{} {}", section, key), value);
    else own += fmt::format("{} = {}\n", on_a_line(key), value_text(key, value));
  }
  return own + inner;
}

}  // namespace

bool has_import_sections(const std::string& text) {
  bool found = false;
  each_line(text, [&](const std::string& section, const std::string&, const std::string&) {
    found = found || is_import(section);
  });
  return found;
}

std::string without_import_sections(const std::string& text) {
  std::string rest;
  each_line(text, [&](const std::string& section, const std::string&, const std::string& raw) {
    rest += (is_import(section) ? "" : raw) + "\n";
  });
  return rest;
}

std::string import_sections(const std::string& text) {
  std::string part;
  each_line(text, [&](const std::string& section, const std::string& line, const std::string&) {
    if (is_import(section) && !line.empty()) part += line + "\n";
  });
  return part;
}

Manifest parse_manifest(const std::string& text, const std::string& file) {
  try {
    return Reader().read(text);
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", file, error.what()));
  }
}

std::string json_as_ini(const std::string& text, const std::string& file) {
  try {
    check_nesting(text);
    std::istringstream stream(text);
    Tree root;
    boost::property_tree::read_json(stream, root);
    std::string ini;
    for (const auto& [section, keys] : root) {
      if (!is_object(keys)) throw UsageError(fmt::format("'{}' is not an object: write {{\"section\": {{\"key\": value}}}}", section));
      ini += section_text(section, keys);
    }
    return ini;
  } catch (const boost::property_tree::json_parser_error& error) {
    throw UsageError(fmt::format("{}: line {}: {}", file, error.line(), error.message()));
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", file, error.what()));
  }
}

}  // namespace equikoop
