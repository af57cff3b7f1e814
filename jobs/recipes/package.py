# SPDX-License-Identifier: BSD-3-Clause
# Spack recipe. Put this folder's parent repository in place with
#   spack repo create equikoop-repo && mkdir -p equikoop-repo/packages/equikoop
#   cp jobs/recipes/package.py equikoop-repo/packages/equikoop/ && spack repo add equikoop-repo
# and build the checkout at hand with: spack dev-build equikoop@main
from spack.package import *


class Equikoop(CMakePackage):
    """Which choices train a network equivalently? Koopman spectra of training, compared."""

    license("BSD-3-Clause")
    version("main", branch="main")

    variant("tests", default=False, description="Build the tests")
    variant("koopman", default=True, description="The spectra and the program (PETSc, SLEPc)")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("hdf5@1.10:+mpi+hl")
    depends_on("petsc@3.18:+mpi~complex+double", when="+koopman")
    depends_on("slepc@3.18:", when="+koopman")
    depends_on("netlib-scalapack", when="+koopman")
    depends_on("boost@1.70:+program_options")
    depends_on("openblas")
    depends_on("netlib-lapack+lapacke", when="^netlib-lapack")
    depends_on("fmt@9:")
    depends_on("random123")
    depends_on("zlib-api")
    depends_on("libdeflate")
    depends_on("openssl")
    depends_on("googletest+gmock", when="+tests")
    depends_on("python@3.9:", type="run")
    depends_on("py-h5py", type="run")
    depends_on("py-matplotlib", type="run")
    depends_on("py-scipy", type="run")

    def cmake_args(self):
        return [
            self.define_from_variant("EQUIKOOP_TESTS", "tests"),
            self.define_from_variant("EQUIKOOP_KOOPMAN", "koopman"),
        ]
