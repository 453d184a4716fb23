#!/usr/bin/env python3
"""calendar_bench.py SIM JUDGE [--smoke]: the calendar, a line of figures for each size.

JUDGE is bench_calendar: it makes the sheets, answers them by a plain scan, and holds the answers of
`SIM calendar` against the scan and against the bare rows. Exit 1 when an answer is wrong.
"""
import json
import os
import subprocess
import sys
import tempfile

SIM, JUDGE = sys.argv[1:3]
SMOKE = "--smoke" in sys.argv
# bookings, questions; ends of bookings that the bare rows are asked about, for one question of so many
SIZES = [(2000, 300, 10, 1)] if SMOKE else [
    (10000, 2000, 50, 1), (100000, 2000, 10, 4), (1000000, 2000, 1, 100)]


def peak_mb(args):
    """Runs it and returns what it printed and the most memory that it had, in MB."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(args, stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"calendar: {args[0]} failed: {status}")
        out.seek(0)
        return json.load(out), usage.ru_maxrss * 1024 / 1e6


def measure(directory, bookings, questions, *bare):
    subprocess.run([JUDGE, "generate", directory, str(bookings), str(questions), "1"], check=True)
    sheets = [part for name in ("domains", "bookings", "queries", "answers")
              for part in (f"--{name}", os.path.join(directory, f"{name}.csv"))]
    figures, memory = peak_mb([SIM, "calendar", *sheets])
    judge = subprocess.run([JUDGE, "judge", directory, *map(str, bare)], stdout=subprocess.PIPE,
                           text=True, check=False)
    print(f"calendar: bookings={bookings} rows={figures['bookings']} "
          f"index_s={figures['index_s']:.3f} mb={memory:.0f} "
          f"domain_p50_us={figures['domain']['p50_us']:.1f} "
          f"domain_p99_us={figures['domain']['p99_us']:.1f} "
          f"pool_p50_us={figures['pool']['p50_us']:.1f} "
          f"pool_p99_us={figures['pool']['p99_us']:.1f} "
          f"update_us={figures['update_us']:.2f} update_p99_us={figures['update_p99_us']:.2f} "
          f"{judge.stdout.strip()}", flush=True)
    return judge.returncode


def main():
    rc = 0
    for size in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            rc = max(rc, measure(directory, *size))
    return rc


sys.exit(main())
