#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ShellCheck over every shell script of the tree; exit code 77 where it is not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v shellcheck >/dev/null; then
  echo "lint.shell is skipped: shellcheck is not installed"
  exit 77
fi
mapfile -t scripts < <(find jobs tests input -path input/data -prune -o \( -name '*.sh' -o -name '*.sbatch' \) -print | sort)
shellcheck -x "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
