// SPDX-License-Identifier: BSD-3-Clause
// What a test program sets up around its tests. The defaults do nothing; a program that needs
// SLEPc defines both functions itself (they are weak).
#pragma once

namespace equikoop::test {

void set_up();
void tear_down();

}  // namespace equikoop::test
