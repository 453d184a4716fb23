"""The clipped sum of a month by SQLite and by one process of PostgreSQL, over the rows of a CSV."""
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time

BEGIN, END = 1767193200, 1769871600  # January 2026, Korean time
SUM = ("SELECT SUM((CASE WHEN t < {e} THEN t ELSE {e} END - CASE WHEN f > {b} THEN f ELSE {b} END)"
       " * units) FROM intervals WHERE f < {e} AND t > {b}").format(b=BEGIN, e=END)
POSTGRES = "/usr/lib/postgresql/15/bin"
NOBODY = 65534


def say(name, rows, seconds, total):
    print(f"{name}: rows={rows} per_s={rows / seconds:.0f} unit_seconds={total}", flush=True)


def sqlite(path, rows):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE intervals (org INTEGER, f INTEGER, t INTEGER, units INTEGER)")
    with open(path, encoding="ascii") as f:
        db.executemany("INSERT INTO intervals VALUES (?,?,?,?)",
                       (line.rstrip().split(",") for line in f))
    begin = time.monotonic()
    total = db.execute(SUM).fetchone()[0]
    say("sqlite", rows, time.monotonic() - begin, total)
    return total


def postgres(path, rows):
    if not os.path.exists(POSTGRES) or os.geteuid() != 0:
        print("postgresql: left out: PostgreSQL 15 is not installed, or this is not root")
        return None
    folder = tempfile.mkdtemp()
    os.chown(folder, NOBODY, NOBODY)
    data = os.path.join(folder, "data")

    def run(*args, **more):
        return subprocess.run(args, user=NOBODY, group=NOBODY, cwd=folder, check=True, text=True,
                              capture_output=True, env={"PATH": POSTGRES + ":/bin:/usr/bin"}, **more)
    try:
        run("initdb", "-D", data, "-U", "bench", "-A", "trust")
        run("pg_ctl", "-D", data, "-w", "-l", os.path.join(folder, "log"), "-o",
            f"-k {folder} -c listen_addresses='' -c max_parallel_workers_per_gather=0 "
            f"-c shared_buffers=1GB -c fsync=off", "start")
        psql = ("psql", "-h", folder, "-U", "bench", "-At", "postgres")
        with open(path, encoding="ascii") as f:
            run(*psql, "-c", "CREATE TABLE intervals (org int, f bigint, t bigint, units int)",
                "-c", "COPY intervals FROM STDIN WITH (FORMAT csv)", stdin=f)
        run(*psql, "-c", "VACUUM ANALYZE intervals", "-c", SUM)  # read once: all is in memory
        out = run(*psql, "-c", "\\timing on", "-c", SUM).stdout.split("\n")
        total = int(next(x for x in out if x.isdigit()))
        ms = float(next(x for x in out if x.startswith("Time:")).split()[1])
        say("postgresql", rows, ms / 1000, total)
        return total
    finally:
        if os.path.exists(os.path.join(data, "postmaster.pid")):
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
