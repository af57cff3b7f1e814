// SPDX-License-Identifier: BSD-3-Clause
// The sections of a study file, in two tables: what is trained and recorded (keys_training.cpp),
// and how it is analysed (keys_analysis.cpp). Internal to the module.
#pragma once

#include <vector>

#include "equikoop/study/keys.hpp"

namespace equikoop::keys {

std::vector<Key> section_study();
std::vector<Key> section_data();
std::vector<Key> section_model();
std::vector<Key> section_training();
std::vector<Key> section_record();

std::vector<Key> section_koopman();
std::vector<Key> section_compare();
std::vector<Key> section_calibrate();

}  // namespace equikoop::keys
