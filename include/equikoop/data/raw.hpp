// SPDX-License-Identifier: BSD-3-Clause
// A data set before normalisation, in the memory of the one rank that read or made it.
#pragma once

#include <cstdint>
#include <vector>

#include "equikoop/data/view.hpp"

namespace equikoop {

/// `Value` is std::uint8_t for pixels and double for synthetic features.
template <class Value>
struct RawData {
  DataShape shape;
  std::vector<Value> train;                ///< (train, features)
  std::vector<Value> test;                 ///< (test, features)
  std::vector<std::uint8_t> train_labels;  ///< (train)
  std::vector<std::uint8_t> test_labels;   ///< (test)
};

}  // namespace equikoop
