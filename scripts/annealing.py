"""Simulated annealing as Marxan does it, in C: a judge for `bench_allocation.py --targets`.

Marxan minimises cost + boundary + penalties for targets that are missed, by flipping random units
under a falling temperature. So does this: penalties are so steep that the best choice keeps all
targets, the best choice that keeps them is given, and the start repeats with new random numbers
until time is over. Needs a C compiler (`cc`).
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

CODE = r"""
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
static uint64_t s;
static double rnd(void) { s ^= s << 13; s ^= s >> 7; s ^= s << 17; return (s >> 11) * 0x1p-53; }
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9; }
/* Gives the best value that keeps all targets; -1 without one. marks: seconds when it is
   noted; noted: what it was. Boundary and amounts in CSR by unit. */
double anneal(int n, int k, const double *cost, const double *target, const double *penalty,
    const int *near_at, const int *near, const double *weight,
    const int *held_at, const int *held_row, const double *held, int64_t flips, double hot,
    double cold, uint64_t seed, int marks, const double *mark, double *noted, int8_t *z,
    int8_t *best, double *sum) {
  double start = now(), top = -1, factor = pow(cold / hot, 1.0 / (double)flips);
  int done = 0; s = seed;
  while (done < marks) {
    double value = 0, t = hot; int missed = 0;
    memset(z, 0, n); memset(sum, 0, k * sizeof(double));
    for (int j = 0; j < k; j++) missed += sum[j] < target[j];
    for (int64_t f = 0; f < flips; f++, t *= factor) {
      if ((f & 4095) == 0) { double gone = now() - start;
        while (done < marks && gone > mark[done]) noted[done++] = top;
        if (done >= marks) return top; }
      int i = (int)(rnd() * n); double change = z[i] ? -cost[i] : cost[i];
      for (int e = near_at[i]; e < near_at[i + 1]; e++)
        change += (z[near[e]] == z[i]) ? weight[e] : -weight[e];
      double short_ = 0; double sign = z[i] ? -1 : 1;
      for (int h = held_at[i]; h < held_at[i + 1]; h++) { int j = held_row[h];
        double before = target[j] - sum[j], after = before - sign * held[h];
        short_ += penalty[j] * ((after > 0 ? after : 0) - (before > 0 ? before : 0)); }
      double all = change + short_;
      if (all > 0 && rnd() >= exp(-all / t)) continue;
      z[i] = !z[i]; value += change;
      for (int h = held_at[i]; h < held_at[i + 1]; h++) { int j = held_row[h];
        int was = sum[j] < target[j] - 1e-9 * target[j]; sum[j] += sign * held[h];
        missed += (sum[j] < target[j] - 1e-9 * target[j]) - was; }
      if (missed == 0 && (top < 0 || value < top - 1e-9)) { top = value;
        if (t < 20 * cold) memcpy(best, z, n); }
    }
  }
  return top;
}
"""


def anneal(task: Any, marks: list[float], flips_per_unit: int, seed: int = 1) -> list[float] | None:
    """Anneal until the last mark.

    Parameters
    ----------
    task : zoning.allocation.files.begin.Task
        Cost, amounts, targets and boundary; no locks.
    marks : list of float
        Seconds at which the best value is noted.
    flips_per_unit : int
        Length of one run.
    seed : int

    Returns
    -------
    list of float or None
        Best value at each mark (``nan`` before one keeps all targets); ``None`` without a compiler.
    """
    cc = shutil.which("cc") or shutil.which("gcc")
    if cc is None:
        return None
    from scipy import sparse

    n, k = len(task.cost), len(task.targets)
    ends = (np.r_[task.a, task.b], np.r_[task.b, task.a])
    near = sparse.csr_array((np.r_[task.weight, task.weight], ends), shape=(n, n))
    held = task.amounts.tocsc()
    # A unit of what is missing costs more than the dearest way to get it, all edges included.
    around = np.asarray(near.sum(axis=1)).ravel()
    penalty = np.array([
        np.percentile((task.cost[r.indices] + around[r.indices]) / np.maximum(r.data, 1e-12), 90)
        for r in (task.amounts.tocsr()[[j]] for j in range(k))
    ])  # fmt: skip
    noted = np.full(len(marks), -1.0)
    best, z = np.zeros(n, np.int8), np.zeros(n, np.int8)
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "a.c"), Path(folder, "a.so")
        source.write_text(CODE, encoding="utf-8")
        subprocess.run(
            [cc, "-O2", "-shared", "-fPIC", str(source), "-o", str(library), "-lm"],
            check=True,
        )  # fmt: skip
        run = ctypes.CDLL(str(library)).anneal
        run.restype = ctypes.c_double

        def at(x: Any, kind: Any) -> Any:
            keep.append(np.ascontiguousarray(x, kind))
            return keep[-1].ctypes.data_as(ctypes.c_void_p)

        keep: list[Any] = []
        hot = float(np.median(task.cost + around))
        run(
            n, k, at(task.cost, np.float64), at(task.targets, np.float64), at(penalty, np.float64),
            at(near.indptr, np.int32), at(near.indices, np.int32), at(near.data, np.float64),
            at(held.indptr, np.int32), at(held.indices, np.int32), at(held.data, np.float64),
            ctypes.c_int64(flips_per_unit * n), ctypes.c_double(hot), ctypes.c_double(hot / 1e3),
            ctypes.c_uint64(seed), len(marks), at(marks, np.float64),
            noted.ctypes.data_as(ctypes.c_void_p), z.ctypes.data_as(ctypes.c_void_p),
            best.ctypes.data_as(ctypes.c_void_p), at(np.zeros(k), np.float64),
        )  # fmt: skip
    return [float(v) if v >= 0 else float("nan") for v in noted]


def main() -> int:
    """Anneal a question of fourteen units, and try every choice of it."""
    from scipy import sparse

    from zoning.allocation.files.begin import Task

    rng, n = np.random.default_rng(1), 14
    held = rng.random((3, n))
    task = Task(rng.random(n), np.zeros(n), np.ones(n), sparse.csc_array(held),
                0.4 * held.sum(axis=1), np.arange(n - 1), np.arange(1, n),
                np.full(n - 1, 0.3))  # fmt: skip
    choices = (np.array([k >> i & 1 for i in range(n)], bool) for k in range(2**n))
    best = min(task.value(z) for z in choices if task.keeps(z))
    found = anneal(task, [0.2], 3000)
    print(f"best of all {best:.6f}; annealing {'has no compiler' if found is None else found[0]}")
    return 0 if found is None or abs(found[0] - best) < 1e-6 else 1


if __name__ == "__main__":
    raise SystemExit(main())
