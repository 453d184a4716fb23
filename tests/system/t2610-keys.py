"""Keys through time: certificates are renewed by the way, who lets one end loses open streams, a
root is replaced under running leases, and who kept to the old one is shut out in the end."""
import signal
import time

import lib
from lib import tap

lib.need_grpc()
import grpc

LIFE_S = 24
CHECK_S = 1
REFUSED = grpc.StatusCode.UNAUTHENTICATED


def secure(control, credentials):
    return grpc.secure_channel(control.address, grpc.ssl_channel_credentials(*credentials))


def watch(channel):
    """An open stream of events; its first one has come."""
    stream = channel.unary_stream("/pumasi.v1.EventService/Watch")(b"", timeout=90)
    next(stream)
    return stream


def expiry(world, who):
    return world.must("whoami", "-o", "json", who=who).json()["expires_at"]


def check_revoked(world, control):
    world.add_person("choi", "upstage", ("org-member",))
    channel = secure(control, world.credentials("choi.upstage"))
    stream = watch(channel)
    world.must("user", "revoke", "choi.upstage", "--reason", "left")
    since = time.monotonic()
    try:
        list(stream)
        tap.ok(False, "the stream of a revoked user ends")
    except grpc.RpcError as e:
        tap.ok(e.code() == REFUSED and time.monotonic() - since < 60,
               "the stream of a revoked user ends within 60 s", e)
    channel.close()
    result = world.cli("lease", "list", who="choi.upstage")
    tap.ok(result.code == 4, "and its commands are refused", result)


def check_lives(world, control):
    """One user works on, another only listens, for as long as a certificate lives."""
    world.add_person("lee", "upstage", ("org-member",))
    world.add_person("park", "upstage", ("org-member",))
    first = expiry(world, "lee.upstage")
    over = expiry(world, "park.upstage")
    channel = secure(control, world.credentials("park.upstage"))
    stream = watch(channel)
    old = world.credentials("lee.upstage")
    lib.until(lambda: expiry(world, "lee.upstage") > first, LIFE_S,
              "a command has renewed the certificate")
    tap.ok(world.credentials("lee.upstage")[1] == old[1], "a renewed certificate is for the old key")
    tap.ok(time.time() < first, "it is renewed before it ends")
    try:
        list(stream)
        tap.ok(False, "the stream of an ended certificate ends")
    except grpc.RpcError as e:
        late = time.time() - over
        tap.ok(e.code() == REFUSED and late < CHECK_S + 10,
               "a stream ends with its user's certificate, though nothing else happens", e, late)
    channel.close()


def check_new_key(world):
    before = world.must("user", "list", "-o", "json").json()["items"]
    old = next(u for u in before if u["id"] == "kim.upstage")
    world.must("login", "--renew", "--new-key", who="kim.upstage")
    after = world.must("user", "list", "-o", "json").json()["items"]
    new = next(u for u in after if u["id"] == "kim.upstage")
    tap.ok(new["key_id"] != old["key_id"] and [k["key_id"] for k in new["former_keys"]] ==
           [old["key_id"]], "a replaced key stays known by its id", new)
    tap.ok(new["former_keys"][0]["public_key"] == old["public_key"], "with all that verifies it")


def active(world):
    return [lease["id"] for lease in world.leases() if lease["state"] == "active"]


def roots(world, who):
    return world.credentials(who)[0].count(b"BEGIN CERTIFICATE")


def check_rotation(world, control):
    world.must("lease", "book", "-a", world.allocation, "-g", "4", "--for", "1h", who="kim.upstage")
    lib.until(lambda: len(active(world)) == 1, 20, "the lease is active")
    done = world.run("ca", "rotate", control.directory)
    tap.ok(done.code == 0, "a root is replaced while leases run", done)
    again = world.run("ca", "rotate", control.directory)
    tap.ok(again.code == 7, "but not while two are believed", again)
    control.process.send(signal.SIGHUP)
    lib.until(lambda: "keys.changed" in control.process.text(), 20, "the new root is in use")
    tap.ok(world.cli("whoami", who="op.skt").code == 0, "who knows the old root alone is answered")
    world.must("login", "--renew", who="op.skt")
    tap.ok(roots(world, "op.skt") == 2, "who renews knows both")
    world.add_person("jung", "upstage", ("org-member",))
    tap.ok(world.cli("whoami", who="jung.upstage").code == 0, "who joins under the new root is in")
    control.process.end()
    control.start()
    world.wait_answering()
    lib.until(lambda: world.agents.running() and active(world), 30, "nodes with old certificates")
    tap.ok(len(active(world)) == 1, "leases go on, with nodes that show the old root's certificates")


def check_retirement(world, control):
    old = world.credentials("admin.nipa")
    early = world.run("ca", "retire", control.directory)
    tap.ok(early.code == 7 and "--early" in early.err,
           "the old root is believed for as long as its certificates may live", early)
    for who in ("admin.nipa", "kim.upstage", "op.skt"):
        world.must("login", "--renew", who=who)
    done = world.run("ca", "retire", control.directory, "--early")
    tap.ok(done.code == 0, "unless that is cut short", done)
    control.process.send(signal.SIGHUP)
    tap.ok(world.cli("whoami").code == 0, "who has renewed is answered")
    channel = secure(control, (world.credentials("admin.nipa")[0], *old[1:]))
    try:
        channel.unary_unary("/pumasi.v1.LeaseService/ListLeases")(b"", timeout=5)
        tap.ok(False, "the old root's certificates open nothing")
    except grpc.RpcError as e:
        tap.ok(e.code() == grpc.StatusCode.UNAVAILABLE, "the old root's certificates open nothing", e)
    channel.close()
    tap.ok(len(active(world)) == 1, "and the lease still runs")


def main():
    world = lib.World()
    control = world.found(1, 8, f"certificate.check={CHECK_S}")
    check_new_key(world)
    check_rotation(world, control)
    check_retirement(world, control)
    del world
    brief = lib.World()
    control = brief.init(f"certificate.check={CHECK_S}", f"certificate.user_life={LIFE_S}")
    control.start()
    brief.wait_answering()
    path = brief.path("manifest.json")
    with open(path, "w", encoding="utf-8") as f:
        lib.json.dump(lib.manifest(int(time.time())), f)
    brief.must("apply", "-f", path)
    check_revoked(brief, control)
    check_lives(brief, control)
    tap.done()


if __name__ == "__main__":
    main()
