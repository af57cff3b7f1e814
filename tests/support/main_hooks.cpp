// SPDX-License-Identifier: BSD-3-Clause
#include "support/main_hooks.hpp"

namespace equikoop::test {

__attribute__((weak)) void set_up() {}
__attribute__((weak)) void tear_down() {}

}  // namespace equikoop::test
