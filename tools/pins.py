"""What kernels run on: any x86-64 Linux machine with AVX2 then gives the same bytes.

exp, power and matrix products differ between processors in the last bits, and training
amplifies them. One BLAS thread is also the faster choice for arrays of the book's size.
"""

PINS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
