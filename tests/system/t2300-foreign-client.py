"""A client that is not ours: Debian's python3-grpcio with the published .proto files calls health,
reflection and ListLeases over mutual TLS, is refused without a certificate; etcdctl and the published
messages read every key that docs/spec/keys.md names."""
import base64
import json
import os
import re
import subprocess
import sys
import time

import lib
from lib import tap

lib.need_grpc()
import grpc
from google.protobuf import symbol_database

PREFIX = "/pumasi/v1/"


def load_protos(world):
    """Python modules of the published files, made by protoc; returns a finder of message classes."""
    out = world.path("stubs")
    os.mkdir(out)
    protos = os.path.join(lib.SOURCE, "proto")
    names = [os.path.relpath(os.path.join(folder, f), protos)
             for folder, _, files in os.walk(protos) for f in files
             if f.endswith(".proto") and "etcd" not in folder]
    subprocess.run(["protoc", "-I", protos, f"--python_out={out}", *names], check=True, timeout=60)
    # grpc/health.proto would hide the package grpc: those two are found by file alone.
    sys.path.insert(0, out)
    import grpc as package
    package.__path__.append(os.path.join(out, "grpc"))
    for name in names:
        __import__(name.removesuffix(".proto").replace("/", ".").replace("-", "_") + "_pb2")
    return symbol_database.Default().GetSymbol


def unary(channel, path, request, reply_type):
    call = channel.unary_unary(path, request_serializer=lambda m: m.SerializeToString(),
                               response_deserializer=reply_type.FromString)
    return call(request, timeout=10)


def check_health(channel, message):
    reply = unary(channel, "/grpc.health.v1.Health/Check",
                  message("grpc.health.v1.HealthCheckRequest")(),
                  message("grpc.health.v1.HealthCheckResponse"))
    tap.ok(reply.status == 1, "health says SERVING", reply)


def check_reflection(channel, message):
    request = message("grpc.reflection.v1alpha.ServerReflectionRequest")
    reply = message("grpc.reflection.v1alpha.ServerReflectionResponse")
    talk = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                 request_serializer=lambda m: m.SerializeToString(),
                                 response_deserializer=reply.FromString)
    answers = list(talk(iter([request(list_services="*"),
                              request(file_containing_symbol="pumasi.v1.LeaseService")]),
                        timeout=10))
    names = [s.name for s in answers[0].list_services_response.service]
    tap.ok("pumasi.v1.LeaseService" in names and "grpc.health.v1.Health" in names,
           "reflection lists the services", names)
    files = answers[1].file_descriptor_response.file_descriptor_proto
    tap.ok(any(b"BookLeaseRequest" in f for f in files), "reflection gives the file of a service")


def list_leases(channel, message):
    return unary(channel, "/pumasi.v1.LeaseService/ListLeases",
                 message("pumasi.v1.ListRequest")(page_size=1),
                 message("pumasi.v1.ListLeasesReply"))


def check_listing(channel, message, leases):
    """Page by page, as the specification says: the token is handed back as it came."""
    found, token = [], ""
    while True:
        reply = unary(channel, "/pumasi.v1.LeaseService/ListLeases",
                      message("pumasi.v1.ListRequest")(page_size=1, page_token=token),
                      message("pumasi.v1.ListLeasesReply"))
        found += [lease.id for lease in reply.items]
        token = reply.next_page_token
        if not token or len(found) > 10:
            break
    tap.ok(sorted(found) == sorted(leases), "ListLeases gives every lease, page by page", found)


def check_booking(channel, message, world):
    """A change has its id, and the same id again takes no effect."""
    request = message("pumasi.v1.BookLeaseRequest")(allocation=world.allocation, gpus=1,
                                                    to=int(time.time()) + 3600)
    request.head.request_id = "foreign-1"
    replies = [unary(channel, "/pumasi.v1.LeaseService/BookLease", request,
                     message("pumasi.v1.ChangeReply")) for _ in range(2)]
    tap.ok(replies[0].applied and replies[0].id == replies[1].id and replies[0].revision > 0,
           "BookLease books once, however often it is sent", *replies)
    return replies[0].id


def check_many(channel, message, world):
    """Many bookings in one call: each has its own outcome and its own id."""
    item = message("pumasi.v1.BookLeaseRequest")
    end = int(time.time()) + 3600
    request = message("pumasi.v1.BookLeasesRequest")(
        items=[item(allocation=world.allocation, gpus=1, to=end),
               item(allocation=world.allocation, gpus=1000, to=end),
               item(allocation="allocation-999", gpus=1, to=end),
               item(allocation=world.allocation, gpus=1, to=end)])
    request.head.request_id = "foreign-many"
    replies = [unary(channel, "/pumasi.v1.LeaseService/BookLeases", request,
                     message("pumasi.v1.BookLeasesReply")) for _ in range(2)]
    first = replies[0].items
    tap.ok([i.error for i in first] == ["", "no-capacity", "not-found", ""],
           "BookLeases decides each item for itself", replies[0])
    tap.ok(first[0].reply.applied and first[0].reply.id != first[3].reply.id
           and [i.reply.id for i in first] == [i.reply.id for i in replies[1].items],
           "and books each once, however often it is sent", replies[1])
    leases = [first[0].reply.id, first[3].reply.id]
    for i, items in enumerate(([], [request.items[0]] * 257)):
        few = message("pumasi.v1.BookLeasesRequest")(items=items)
        e = refusal(lambda few=few: unary(channel, "/pumasi.v1.LeaseService/BookLeases", few,
                                          message("pumasi.v1.BookLeasesReply")))
        tap.ok(e is not None and e.code() == grpc.StatusCode.INVALID_ARGUMENT,
               ("an empty call", "a call of too many")[i] + " is refused", e)
    return leases


def check_count(world):
    """Two GPUs are left for three leases."""
    result = world.cli("lease", "book", "-a", world.allocation, "-g", "1", "--for", "1h", "--count",
                       "3", "-o", "json", who="kim.upstage")
    items = result.json()["items"]
    tap.ok(result.code == 7 and [i.get("error", "") for i in items] == ["", "", "no-capacity"],
           "lease book --count tells of each lease, and fails when one is refused", result)
    return [i["reply"]["id"] for i in items[:2]]


def refusal(call):
    try:
        call()
    except grpc.RpcError as e:
        return e
    return None


def check_refusals(address, ca, channel, message):
    bare = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca))
    e = refusal(lambda: list_leases(bare, message))
    tap.ok(e is not None and e.code() == grpc.StatusCode.UNAUTHENTICATED,
           "without a certificate ListLeases is refused", e)
    e = refusal(lambda: check_reflection(bare, message))
    tap.ok(e is not None and e.code() == grpc.StatusCode.UNAUTHENTICATED, "so is reflection", e)
    bare.close()
    plain = grpc.insecure_channel(address)
    e = refusal(lambda: list_leases(plain, message))
    tap.ok(e is not None and e.code() == grpc.StatusCode.UNAVAILABLE, "so is plain text", e)
    plain.close()
    request = message("pumasi.v1.GetRequest")(id="lease-999999")
    e = refusal(lambda: unary(channel, "/pumasi.v1.LeaseService/GetLease", request,
                              message("pumasi.v1.Lease")))
    names = dict(e.trailing_metadata() or ()) if e else {}
    tap.ok(e is not None and e.code() == grpc.StatusCode.NOT_FOUND
           and names.get("pumasi-error") == "not-found",
           "an error has status, text, and its name in the trailing metadata", e)


def specified_keys():
    """Rows of the table in docs/spec/keys.md: (pattern of the key, message or None)."""
    path = os.path.join(lib.SOURCE, "docs", "spec", "keys.md")
    with open(path, encoding="utf-8") as f:
        rows = re.findall(r"^\| `(\S+)` \| (.+?) \|", f.read(), re.M)
    pattern = {"ID": r"[a-z0-9][a-z0-9._-]*", "SEQ": r"[0-9]{20}"}
    result = []
    for key, value in rows:
        text = re.sub(r"\b(ID|SEQ)$", lambda m: f"({pattern[m[1]]})", key)
        message = re.search(r"`(pumasi\.v1\.\w+)`", value)
        result.append((key, re.compile(text + r"\Z"), message and message[1]))
    return result


def check_keys(control, message, leases):
    endpoint = f"unix://{control.directory}/etcd-run/etcd.client:0"
    done = subprocess.run(["etcdctl", f"--endpoints={endpoint}", "get", "--prefix", "/", "-w",
                           "json"], capture_output=True, text=True, timeout=20, check=True,
                          env={**os.environ, "ETCDCTL_API": "3"})
    kvs = [(base64.b64decode(kv["key"]).decode(), base64.b64decode(kv["value"]))
           for kv in json.loads(done.stdout)["kvs"]]
    rows = specified_keys()
    seen, strangers, wrong = set(), [], []
    for key, value in kvs:
        row = next((r for r in rows if r[1].match(key)), None)
        if not row:
            strangers.append(key)
            continue
        seen.add(row[0])
        if not row[2]:
            continue
        read = message(row[2]).FromString(value)
        name = row[1].match(key)[1]
        if (str(read.seq).zfill(20) if row[2].endswith("Commit") else read.id) != name:
            wrong.append(key)
    tap.ok(not strangers, "etcd holds only keys that the specification names", strangers)
    unused = {PREFIX + kind for kind in ("usage/ID", "contributions/ID", "closings/MONTH",
                                         "statements/ID")}  # nothing of that kind was made
    tap.ok({r[0] for r in rows} - seen <= unused, "and a key of every row",
           {r[0] for r in rows} - seen)
    tap.ok(not wrong, "each value is the message of its row, named as its key", wrong)
    keys = [key for key, _ in kvs]
    tap.ok(all(f"{PREFIX}leases/{lease}" in keys for lease in leases),
           "each lease stands under its id")
    leader = dict(kvs)[PREFIX + "leader"].decode()
    tap.ok(leader == f"{control.name} {control.address}", "the leader key says who leads", leader)


def main():
    world = lib.World()
    message = load_protos(world)
    control = world.found(1, 8)
    ca, key, cert = world.credentials("kim.upstage")
    channel = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(ca, key, cert))
    check_health(channel, message)
    check_reflection(channel, message)
    leases = [world.must("lease", "book", "-a", world.allocation, "-g", "1", "--for", "1h", "-o",
                         "json", who="kim.upstage").json()["id"] for _ in range(3)]
    leases.append(check_booking(channel, message, world))
    leases += check_many(channel, message, world)
    leases += check_count(world)
    check_listing(channel, message, leases)
    check_refusals(control.address, ca, channel, message)
    channel.close()
    check_keys(control, message, leases)


main()
tap.done()
