# SPDX-License-Identifier: BSD-3-Clause
"""Opens trajectories.h5, spectra.h5 or distances.h5 in one call, as NumPy arrays.

    import archive
    spectra = archive.open_archive("results/quickstart/spectra.h5")
    spectra["width=5"]["eigenvalues"]        # (seed, mode), complex128
    spectra.to_pandas()                      # one row an eigenvalue, where pandas is installed

Reads only; it does not judge what it reads (results.py) and draws nothing (figures/).
"""
import dataclasses
import pathlib
import re

import h5py
import numpy as np

FORMAT_MAJOR = 1  # files of the same major version are readable
FILETYPES = {"equikoop trajectories": "trajectories", "equikoop spectra": "spectra",
             "equikoop distances": "distances"}
ON_DISK = {"observables", "distances"}  # may exceed the memory: left as sliceable h5py datasets


class ArchiveError(Exception):
    """A file that is not what it should be; the one line that the user reads."""


@dataclasses.dataclass
class Group:
    """Datasets of one HDF5 group by name, with the names of their axes and the attributes."""
    name: str
    attributes: dict
    arrays: dict
    axes: dict          # dataset -> names of its dimension scales
    described: dict = dataclasses.field(default_factory=dict)  # dataset -> long_name, units, description
    analyses: dict = dataclasses.field(default_factory=dict)  # ID -> Group

    def __getitem__(self, key):
        return self.arrays[key]

    def __contains__(self, key):
        return key in self.arrays

    def get(self, key, default=None):
        return self.arrays.get(key, default)

    @property
    def parameters(self):
        """The configuration's place in the study: `section.key` -> text."""
        return {k: str(v) for k, v in self.attributes.items() if "." in k}

    def to_xarray(self):
        """The group as an xarray.Dataset (needs xarray); a repeated axis is numbered: seed, seed_2."""
        import xarray
        own = {k: v for k, v in self.arrays.items() if self.axes[k] == (k,)}
        variables = {k: (_distinct(self.axes[k]), np.asarray(v), self.described.get(k, {}))
                     for k, v in self.arrays.items() if k not in own}
        found = xarray.Dataset(variables, own, attrs=self.attributes)
        numbered = {d: own[d.rsplit("_", 1)[0]] for d in found.dims if d not in own and d.rsplit("_", 1)[0] in own}
        return found.assign_coords({d: (d, np.asarray(v)) for d, v in numbered.items()})


def _distinct(axes):
    return tuple(a if axes[:i].count(a) == 0 else f"{a}_{axes[:i].count(a) + 1}"
                 for i, a in enumerate(axes))


class Archive:
    """One opened file: kind, attributes, provenance, and its configurations (or pairs)."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._file = _open_file(self.path)
        try:
            self.attributes = _attributes(self._file)
            self.kind = _checked_kind(self.path, self.attributes)
            self.provenance = _provenance(self._file)
            self.root = _read_group("/", self._file)
            self.pairs = _read_group("pairs", self._file["pairs"]) if "pairs" in self._file else None
            self.windows = _read_group("windows", self._file["windows"]) if "windows" in self._file else None
            self.robustness = (_read_group("robustness", self._file["robustness"])
                               if "robustness" in self._file else None)
            self.configurations = _configurations(self._file)
        except ArchiveError:
            self.close()
            raise
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            self.close()
            raise ArchiveError(f"{self.path}: cannot be read ({_one_line(error)}). "
                               "The file is damaged: write it again with equikoop") from error

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def names(self):
        """Configurations in the order of the study."""
        if self.configurations:
            return list(self.configurations)
        return [text(n) for n in self.root.get("configuration", [])]

    def __getitem__(self, name):
        """A configuration's group, or a dataset of the root (distances.h5)."""
        return self.configurations[name] if name in self.configurations else self.root[name]

    def __contains__(self, name):
        return name in self.configurations or name in self.root

    def get(self, name, default=None):
        return self[name] if name in self else default

    def rows(self):
        """The small numbers as a list of dicts: eigenvalues, trajectories or pairs."""
        if self.kind == "distances":
            return pair_rows(self)
        make = _eigenvalue_rows if self.kind == "spectra" else _trajectory_rows
        return [row for name in self.names for row in make(name, self.configurations[name])]

    def to_pandas(self):
        """rows() as a pandas.DataFrame (needs pandas)."""
        import pandas
        return pandas.DataFrame(self.rows())

    def to_xarray(self):
        """{configuration: xarray.Dataset}, or one Dataset for distances.h5 (needs xarray)."""
        if self.kind == "distances":
            return self.root.to_xarray()
        return {name: group.to_xarray() for name, group in self.configurations.items()}


def open_archive(path, kind=None):
    """Opens any of the three files; with `kind`, refuses the other two."""
    opened = Archive(path)
    if kind and opened.kind != kind:
        opened.close()
        raise ArchiveError(f"{path}: holds {opened.kind}, not {kind}. Name the right file")
    return opened


def text(value):
    """A string of the file (bytes, fixed or variable length) as str."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).rstrip("\0")


def pair_rows(distances):
    """One dict for each pair, with the configurations' names in place of their indices."""
    pairs, names = distances.pairs, distances.names
    if pairs is None or "first" not in pairs:
        return []
    count = len(pairs["first"])
    columns = [k for k, v in pairs.arrays.items() if np.ndim(v) == 1 and len(v) == count]
    rows = []
    for i in range(count):
        row = {k: _plain(pairs[k][i]) for k in columns if k not in ("first", "second", "pair")}
        first, second = int(pairs["first"][i]), int(pairs["second"][i])
        rows.append({"first": names[first], "second": names[second],
                     "first_index": first, "second_index": second, **row})
    return rows


def _open_file(path):
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ArchiveError(f"{path}: is not a readable HDF5 file ({_one_line(error)}). "
                           "Write it again with equikoop, or wait for the job that writes it") from error


def _one_line(error):
    return " ".join(str(error).split())[:160]


def _checked_kind(path, attributes):
    kind = FILETYPES.get(str(attributes.get("filetype", "")))
    if kind is None:
        raise ArchiveError(f"{path}: filetype is {attributes.get('filetype', 'absent')!r}, expected "
                           f"one of {', '.join(FILETYPES)}. Name a file that equikoop wrote")
    version = str(attributes.get("format_version", "absent"))
    if not re.fullmatch(rf"{FORMAT_MAJOR}\.\d+", version):
        raise ArchiveError(f"{path}: format version is {version}, this reader knows {FORMAT_MAJOR}.x. "
                           "Use the postprocessing of the equikoop version that wrote it")
    return kind


def _attributes(node):
    return {k: _plain(v) for k, v in node.attrs.items()
            if k not in ("CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST")}


def _plain(value):
    if isinstance(value, (bytes, str, np.bytes_)):
        return text(value)
    if isinstance(value, np.ndarray) and value.size == 1:
        return _plain(value.reshape(-1)[0])
    return value.item() if isinstance(value, np.generic) else value


def _read_dataset(name, dataset):
    if name in ON_DISK:
        return dataset
    values = dataset[()]
    if getattr(values, "dtype", None) is not None and values.dtype.names == ("r", "i"):
        return values["r"] + 1j * values["i"]
    if getattr(values, "dtype", None) is not None and values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    return values


def _axis_names(name, dataset):
    if dataset.attrs.get("CLASS") == b"DIMENSION_SCALE":
        return (name,)
    found = []
    for i in range(dataset.ndim):
        scales = dataset.dims[i]
        found.append(scales[0].name.rsplit("/", 1)[-1] if len(scales) else f"axis{i}")
    return tuple(found)


def _read_group(name, node):
    datasets = {k: v for k, v in node.items() if isinstance(v, h5py.Dataset)}
    return Group(name, _attributes(node), {k: _read_dataset(k, v) for k, v in datasets.items()},
                 {k: _axis_names(k, v) for k, v in datasets.items()},
                 {k: {a: v.attrs[a] for a in ("long_name", "units", "description") if a in v.attrs}
                  for k, v in datasets.items()})


def _configurations(file):
    node = file.get("configurations")
    if node is None:
        return {}
    groups = []
    for name in node:
        group = _read_group(name, node[name])
        for key in node[name].get("analyses", {}):
            group.analyses[key] = _read_group(key, node[name]["analyses"][key])
        groups.append(group)
    groups.sort(key=lambda g: int(g.attributes.get("index", 0)))
    return {g.name: g for g in groups}


def _provenance(file):
    node = file.get("provenance")
    if node is None:
        return {"runs": []}
    found = _attributes(node)
    runs = node["runs"][()] if "runs" in node else np.zeros(0)
    found["runs"] = [{k: _plain(row[k]) for k in runs.dtype.names}
                     for row in runs if runs.dtype.names and row["ranks"] > 0]
    return found


def _eigenvalue_rows(name, group):
    values = group.get("eigenvalues")
    if values is None:
        return
    for s, m in np.ndindex(values.shape):
        if np.isnan(values[s, m]):
            continue
        row = {"configuration": name, "seed": _label(group, "seed", s), "mode": m,
               "real": values[s, m].real.item(), "imag": values[s, m].imag.item()}
        for key in ("residuals_heldout", "residuals_insample", "amplitudes"):
            if key in group:
                row[key] = group[key][s, m].item()
        yield row


def _trajectory_rows(name, group):
    keys = [k for k in ("test_loss", "test_accuracy", "diverged_at") if k in group]
    for s, m in np.ndindex(group[keys[0]].shape if keys else (0, 0)):
        yield {"configuration": name, "seed": _label(group, "seed", s),
               "initial": _label(group, "initial", m), **{k: group[k][s, m].item() for k in keys}}


def _label(group, axis, position):
    scale = group.get(axis)
    return position if scale is None else _plain(scale[position])
