// SPDX-License-Identifier: BSD-3-Clause
// Nothing: CMake wants a source in the targets that only carry precompiled headers.
