"""Wrong input to the command line and to the API: exit status 2 (INVALID_ARGUMENT, RESOURCE_EXHAUSTED
or OUT_OF_RANGE), one line that names the place, and nothing has changed."""
import copy
import json
import time

import lib
from lib import tap

lib.need_grpc()
import grpc

INT64_MAX = 2**63 - 1
BAD = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED,
       grpc.StatusCode.OUT_OF_RANGE)

# Document of lib.manifest(), path in it, value, what the line must name.
DOCUMENTS = [
    ("pool", "bogus", 1, "pool.bogus"),
    ("pool", "site", 7, "pool.site"),
    ("pool", "site", "No Name", "pool.site"),
    ("pool", "contracted_gpus", -1, "contracted_gpus"),
    ("pool", "contracted_gpus", "1/9000", "contracted_gpus"),
    ("pool", "contracted_units", 7000, "contracted_units"),
    ("pool", "lend_limit_units", -1, "lend_limit"),
    ("pool", "owner", None, "pool.owner"),
    ("programme", "policy.prices.0.krw_per_gpu_month", -1, "prices[0]"),
    ("programme", "policy.prices.0.krw_per_gpu_month", INT64_MAX + 1, "document 1"),
    ("programme", "policy.prices.0.krw_per_gpu_month", 1.5, "prices[0].krw_per_gpu_month"),
    ("programme", "policy.prices.0.krw_per_gpu_month", True, "prices[0].krw_per_gpu_month"),
    ("programme", "policy.prices.0.bogus", 1, "prices[0].bogus"),
    ("programme", "policy.rates.1.rate", "200%", "rates[1]"),
    ("programme", "policy.rates", {}, "programme.policy.rates"),
    ("programme", "from", "2026-02-30", "from"),
    ("programme", "cleaning_s", -1, "cleaning_s"),
    ("project", "members.0.role", "boss", "project.members[0].role"),
    ("project", "members.0.organisation", "NOPE", "project.members[0].organisation"),
    ("organisation", "kind", "planet", "kind"),
    ("organisation", "name_en", "x" * 1000, "organisation.name_en"),
    ("organisation", "sizes.0.from", -5, "organisation.sizes[0].from"),
    ("organisation", "sizes.0.size", "huge", "organisation.sizes[0].size"),
]

# Arguments of `lease book` and what the line must name.
BOOKINGS = [
    (["-g", "-1", "--for", "1h"], "gpus"),
    (["-g", "0", "--for", "1h"], "gpus"),
    (["-g", "4294967297", "--for", "1h"], "gpus"),
    (["-g", "99999999999999999999", "--for", "1h"], "gpus"),
    (["-g", "1.5", "--for", "1h"], "gpus"),
    (["-g", "1", "--for", "-1h"], "for"),
    (["-g", "1", "--for", "99999999999d"], "for"),
    (["-g", "1", "--to", "2026-02-30"], "to"),
    (["-g", "1", "--for", "1h", "--share", "1/9000"], "share"),
    (["-g", "1", "--for", "1h", "--priority", "-1"], "priority"),
    (["-g", "1", "--for", "1h", "--isolation", "wishful"], "isolation"),
    (["-g", "1", "--for", "1h", "--bogus", "1"], "bogus"),
    (["-g", "1", "--for", "1h", "-a", "UPPER"], "allocation"),
    (["-g", "1", "--for", "1h", "-a", "x" * 64], "allocation"),
]


def spoilt(world_manifest, kind, path, value):
    document = copy.deepcopy(next(d for d in world_manifest if d["kind"] == kind))
    at = document
    *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    for step in way:
        at = at[step]
    at[last] = value
    if last == "lend_limit_units":
        del document["lend_limit_gpus"]
    return json.dumps(document)


def check_command(name, result, want):
    """One line on standard error, JSON with -o json, that says the place."""
    lines = result.err.splitlines()
    message = ""
    if len(lines) == 1 and lines[0].startswith("{"):
        message = json.loads(lines[0])["error"]["message"]
    tap.ok(result.code == 2 and want in message, f"{name}: {message[:120]}", result, f"want {want}")


def check_files(world, manifest):
    apply = lambda text, *args: world.cli("apply", "-f", "-", "-o", "json", *args, stdin=text)
    for kind, path, value, want in DOCUMENTS:
        check_command(f"{kind} {path}", apply(spoilt(manifest, kind, path, value)), want)
    good = json.dumps(manifest[0])
    for name, text, want in (
            ("repeated field", good.replace('"supplier"', '"id": "x", "supplier"'), "line 1"),
            ("cut off", good[:-2], "line 1"),
            ("nothing", "", "no document"),
            ("2 MB of blanks", good + " " * (2 << 20), "1048576"),
            ("2 MB in one text", json.dumps(manifest[0] | {"name_en": "x" * (2 << 20)}), "1048576"),
            ("deep", "[" * 5000, "line 1")):
        check_command(name, apply(text), want)
    result = world.cli("apply", "-f", "-", "-o", "table", stdin=spoilt(manifest, "pool", "bogus", 1))
    tap.ok(result.code == 2 and "pool.bogus" in result.err.splitlines()[0],
           "for people the first line names the place", result)


def check_bookings(world):
    for args, want in BOOKINGS:
        full = ["lease", "book", "-o", "json", *args]
        if "-a" not in args:
            full += ["-a", world.allocation]
        check_command(" ".join(args)[:40], world.cli(*full, who="kim.upstage"), want)
    check_command("lease show ../x", world.cli("lease", "show", "../x", "-o", "json"), "lease")


# ---- the API, spoken by hand: what no generated client would send ----

def varint(n):
    n &= 2**64 - 1
    out = b""
    while n > 0x7f:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def pool(*more):
    """ApplyPoolRequest.pool and what is added to it."""
    return data(2, data(1, "skt-b200") + data(2, "skt") + data(3, "skt-dc") + data(4, "B200")
                + b"".join(more))


def booking(world, *more):
    return data(2, world.allocation) + number(4, 1) + number(10, int(time.time()) + 3600) \
        + b"".join(more)


def requests(world):
    """Service/Method, bytes, what the text must name."""
    book, apply, listing = "LeaseService/BookLease", "PoolService/ApplyPool", "LeaseService/ListLeases"
    allocation = data(2, "alpha") + data(3, "B200") + number(4, int(time.time()))
    ask = "AllocationService/RequestAllocation"
    return [
        (book, booking(world, number(999, 1)), "999"),
        (apply, pool(number(99, 1)), "99"),
        (apply, pool(number(5, -1)), "contracted"),
        (apply, pool(number(6, -1)), "lend_limit"),
        (apply, pool(number(6, -INT64_MAX - 1)), "lend_limit"),
        (book, booking(world, number(5, -1)), "units_per_gpu"),
        (book, booking(world, number(5, INT64_MAX)), "units_per_gpu"),
        (book, booking(world, number(4, 2**32 - 1)), "gpus"),
        (book, booking(world, number(10, -1)), "to"),
        (book, booking(world, number(10, INT64_MAX)), "to"),
        (book, booking(world, number(9, -1)), "from"),
        (book, booking(world, data(6, "wishful")), "isolation"),
        (book, booking(world, data(2, "UPPER")), "allocation"),
        (book, booking(world, data(2, "a\0b")), "allocation"),
        (book, booking(world, data(2, b"\xff\xfe")), "allocation"),
        (book, booking(world, b"".join(data(11, number(1, i)) for i in range(17))), "uid"),
        (book, booking(world, data(1, data(1, "Not An Id"))), "request_id"),
        (book, booking(world) + b"\x12\x7f", ""),
        (book, b"\xff" * 100, ""),
        (ask, allocation + number(5, INT64_MAX) + number(6, 7000) + number(7, 1), "to"),
        (ask, allocation + number(5, int(time.time()) + 86400) + number(6, -7000) + number(7, 1),
         "units"),
        (ask, allocation + number(5, int(time.time()) + 86400) + number(6, 7000) + number(7, -1),
         "budget"),
        (listing, number(1, 1001), "page_size"),
        (listing, data(2, "../.."), "page_token"),
        (listing, data(3, data(1, "bogus") + data(2, "x")), "bogus"),
        (listing, b"".join(data(3, data(1, "state") + data(2, "x")) for _ in range(9)), "filters"),
        ("LeaseService/GetLease", data(1, "No Id"), "id"),
        ("IdentityService/CreateJoinToken", data(2, "robot") + data(3, "skt") + data(4, "x"),
         "purpose"),
        (book, booking(world, data(2, "x" * (2 << 20))), ""),
    ]


def check_api(world, control):
    channel, as_admin = (
        grpc.secure_channel(control.address, grpc.ssl_channel_credentials(*world.credentials(who)))
        for who in ("kim.upstage", "admin.nipa"))
    for method, request, want in requests(world):
        through = as_admin if method.startswith(("PoolService", "IdentityService")) else channel
        try:
            through.unary_unary(f"/pumasi.v1.{method}")(request, timeout=10)
            tap.ok(False, f"{method} {request[:60]!r}", "it was accepted")
        except grpc.RpcError as e:
            tap.ok(e.code() in BAD and want in e.details() and "\n" not in e.details(),
                   f"{method}: {e.details()[:120]}", e.code(), f"want {want}", request[:80])
    channel.close()
    as_admin.close()


def everything(world):
    """What one sees of the world, without the revision."""
    lists = (["lease", "list"], ["pool", "list"], ["allocation", "list"], ["programme", "list"],
             ["project", "list"], ["organisation", "list"], ["user", "list"])
    return [world.must(*args, "-o", "json").out for args in lists]


def main():
    world = lib.World()
    control = world.found(1, 8)
    before = everything(world)
    manifest = lib.manifest(int(time.time()))
    check_files(world, manifest)
    check_bookings(world)
    check_api(world, control)
    tap.ok(everything(world) == before, "nothing has changed")
    tap.ok(control.process.running(), "the control plane runs on")


main()
tap.done()
