#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Fetches the four files of MNIST (LeCun, Cortes, Burges) for data.source = mnist and verifies them.
# Files that are right already are kept, wrong ones refused and removed.
#   input/get_mnist.sh [DIR]          default: input/data/mnist
#   MNIST_MIRROR=URL input/get_mnist.sh   another mirror that has NAME.gz under URL
set -euo pipefail

mirror=${MNIST_MIRROR:-https://ossci-datasets.s3.amazonaws.com/mnist}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/data/mnist}

# SHA-256 of the uncompressed content: the same on every mirror, however it was compressed.
declare -A sums=(
  [train-images-idx3-ubyte]=ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
  [train-labels-idx1-ubyte]=65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
  [t10k-images-idx3-ubyte]=0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
  [t10k-labels-idx1-ubyte]=ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
)

fail() {
  printf 'get_mnist.sh: %s\n' "$1" >&2
  exit 1
}

content_sum() { # of a gzip file; empty if it cannot be unpacked
  gzip -dc -- "$1" 2>/dev/null | sha256sum | cut -d ' ' -f 1 || true
}

download() { # URL FILE
  if command -v curl >/dev/null; then
    curl --fail --location --silent --show-error --retry 3 --output "$2" -- "$1"
  elif command -v wget >/dev/null; then
    wget --quiet --tries=3 --output-document="$2" -- "$1"
  else
    fail "needs curl or wget"
  fi
}

fetch() { # NAME
  local file=$folder/$1.gz partial=$folder/$1.gz.part
  if [[ -f $file && $(content_sum "$file") == "${sums[$1]}" ]]; then
    printf '%s is there already\n' "$file"
    return
  fi
  download "$mirror/$1.gz" "$partial" ||
    fail "cannot fetch $mirror/$1.gz; set MNIST_MIRROR to a mirror this machine can reach"
  if [[ $(content_sum "$partial") != "${sums[$1]}" ]]; then
    rm -f -- "$partial"
    fail "$mirror/$1.gz is not the file it should be (SHA-256 of its content differs); try another MNIST_MIRROR"
  fi
  mv -f -- "$partial" "$file"
  printf 'fetched %s\n' "$file"
}

mkdir -p -- "$folder"
for name in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
  fetch "$name"
done
printf 'MNIST is complete in %s\n' "$folder"
