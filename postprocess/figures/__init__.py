# SPDX-License-Identifier: BSD-3-Clause
"""One figure a file. Each has NAME, TITLE and draw(results) -> Drawing, or raises Absent with the
reason in words. ALL is their order in the report."""
from . import (accuracy, configuration_map, distance_bars, distance_matrix, losses, pseudospectrum,
               residuals, robustness, shuffle, spectra, timings, weights, windows)

ALL = (distance_matrix, distance_bars, configuration_map, spectra, residuals, losses, accuracy,
       weights, windows, robustness, pseudospectrum, shuffle, timings)
