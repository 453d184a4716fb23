"""Join tokens hold once, for ten minutes, for one name of one organisation; who is revoked is refused
at once, on connections that are open, too; certificates of others are worth nothing."""
import os
import subprocess
import time

import lib
from lib import tap

lib.need_grpc()
import grpc

TOKEN_S = 600
POLICY = grpc.StatusCode.UNAUTHENTICATED


def error_of(result):
    lines = [line for line in result.err.splitlines() if line.startswith("error:")]
    return lines[0] if lines else result.err


def check_token(world):
    token = world.invite("lee", "upstage", ["org-member"])
    secret = token.rpartition(".")[2]
    joined = world.login(token)
    tap.ok(joined.code == 0, "a token is good once", joined)
    me = world.must("whoami", "-o", "json", who="lee.upstage").json()
    tap.ok((me["name"], me["organisation"], me["roles"]) == ("lee", "upstage", ["org-member"]),
           "for the name, organisation and roles that it was made for", me)
    again = world.login(token, "--context", "again")
    tap.ok(again.code == 4 and "used already" in again.err, "and not twice", again)
    wrong = world.login(token[:-1] + ("a" if token[-1] != "a" else "b"), "--context", "again")
    tap.ok(wrong.code == 4, "another secret is refused", wrong)
    tap.ok(all(secret not in r.out + r.err for r in (again, wrong)), "no answer repeats the secret")
    unknown = world.login("pj1.aaaaaaaaaa." + "a" * 32, "--context", "again")
    tap.ok(unknown.code == 4 and error_of(unknown) == error_of(wrong),
           "an unknown token is refused in the same words", unknown, wrong)
    for text in ("", "pj1", "pj1.a.b", "x" * 5000, token + "\nmore"):
        bad = world.login(text, "--context", "again")
        tap.ok(bad.code == 2, f"{text[:20]!r} is no token", bad)
    return secret


def check_expiry(world, control):
    """Ten minutes by the server's clock; the token says when."""
    before = int(time.time())
    token = world.invite("park", "upstage", ["org-member"])
    after = int(time.time())
    id = token.split(".")[1]
    done = subprocess.run(
        ["etcdctl", f"--endpoints=unix://{control.directory}/etcd-run/etcd.client:0", "get",
         "--print-value-only", f"/pumasi/v1/join-tokens/{id}"], capture_output=True, check=True,
        timeout=20, env={**os.environ, "ETCDCTL_API": "3"})
    text = subprocess.run(["protoc", "-I", os.path.join(lib.SOURCE, "proto"), "--decode",
                           "pumasi.v1.JoinToken", "pumasi/v1/identity.proto"],
                          input=done.stdout[:-1], capture_output=True, check=True).stdout.decode()
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    expires = int(fields["expires_at"])
    tap.ok(before + TOKEN_S <= expires <= after + TOKEN_S, "a token is good for ten minutes", fields)
    tap.ok(token.rpartition(".")[2] not in text, "its secret is not kept", text)


def check_bounds(world):
    """Nobody invites for others, nor to more than there is to give."""
    invite = lambda who, *args: world.cli("user", "invite", *args, who=who)
    for name, who, args in (
            ("a member invites nobody", "lee.upstage",
             ["x", "--organisation", "upstage", "--role", "org-member"]),
            ("an approver invites nobody for another organisation", "kim.upstage",
             ["x", "--organisation", "skt", "--role", "supplier-operator"])):
        result = invite(who, *args)
        tap.ok(result.code in (5, 6), name, result)
    for name, args in (
            ("no agency role outside the agency",
             ["x", "--organisation", "upstage", "--role", "agency-admin"]),
            ("no supplier role for who supplies nothing",
             ["x", "--organisation", "upstage", "--role", "supplier-approver"]),
            ("no role that does not exist", ["x", "--organisation", "upstage", "--role", "king"])):
        result = invite("admin.nipa", *args)
        tap.ok(result.code == 2, name, result)
    result = world.cli("node", "invite", "evil", "--organisation", "upstage", "--pool", "skt-b200",
                       who="kim.upstage")
    tap.ok(result.code in (5, 6), "no node for another's pool", result)
    result = world.cli("node", "invite", "node-1", "--organisation", "skt", "--pool", "skt-b200",
                       "--dry-run", "-o", "json", who="op.skt")
    tap.ok(result.code == 0 and not result.json()["token"], "a dry run shows no token", result)


def check_node_token(world):
    token = world.must("node", "invite", "node-x", "--organisation", "skt", "--pool", "skt-b200",
                       "-o", "json", who="op.skt").json()["token"]
    join = lambda folder: world.run("node", "join", "-d", world.path(folder), "--ca",
                                    world.path("ca.pem"), "--token-file", "-", "--server",
                                    world.servers()[0], stdin=token)
    first, second = join("node-x"), join("node-y")
    tap.ok(first.code == 0 and second.code == 4, "a node's token is good once", first, second)
    files = sorted(os.listdir(world.path("node-x")))
    tap.ok(files == ["ca.pem", "cert.pem", "control-plane", "key.pem", "lenders"]
           and os.stat(world.path("node-x", "key.pem")).st_mode & 0o77 == 0,
           "the node has what agent and guard read, its key for itself", files)
    lenders = os.listdir(world.path("node-x", "lenders"))
    tap.ok(len(lenders) == 1, "and the keys of its owner's approvers", lenders)


def call(channel, method="LeaseService/ListLeases"):
    try:
        channel.unary_unary(f"/pumasi.v1.{method}")(b"", timeout=10)
        return None
    except grpc.RpcError as e:
        return e


def check_revocation(world, control):
    channel = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(
        *world.credentials("lee.upstage")))
    tap.ok(call(channel) is None, "a user's open connection is answered")
    watch = channel.unary_stream("/pumasi.v1.EventService/Watch")(b"", timeout=30)
    next(watch)
    world.must("user", "revoke", "lee.upstage", "--reason", "left", who="kim.upstage")
    e = call(channel)
    tap.ok(e is not None and e.code() == POLICY, "revoked, the very next call on it is refused", e)
    try:
        seen = list(watch)
        tap.ok(False, "its watch ends", seen)
    except grpc.RpcError as ended:
        tap.ok(ended.code() == POLICY, "its watch ends", ended)
    channel.close()
    result = world.cli("lease", "list", who="lee.upstage")
    tap.ok(result.code == 4, "the command line is told to sign in again", result)
    result = world.cli("user", "revoke", "lee.upstage", "--reason", "left", who="kim.upstage")
    tap.ok(result.code == 7, "nobody is revoked twice", result)
    result = world.cli("user", "revoke", "admin.nipa", "--reason", "left")
    tap.ok(result.code == 7, "the last administrator can't be revoked", result)
    back = world.login(world.invite("lee", "upstage", ["org-member"]))
    tap.ok(back.code == 0 and world.cli("lease", "list", who="lee.upstage").code == 0,
           "who is invited again is back", back)


def check_old_key(world, control):
    """Joining again replaces the key: the old one is worth nothing, though its certificate lasts."""
    old = world.credentials("lee.upstage")
    world.login(world.invite("lee", "upstage", ["org-member"]), "--context", "new")
    channel = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(*old))
    e = call(channel)
    tap.ok(e is not None and e.code() == POLICY, "a replaced key is refused", e)
    channel.close()


def check_strangers(world, control):
    """A certificate of another authority with the very same names."""
    other = lib.World()
    elsewhere = other.init()
    ca = world.credentials("admin.nipa")[0]
    _, key, cert = other.credentials("admin.nipa")
    channel = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(ca, key, cert))
    e = call(channel)
    tap.ok(e is not None and e.code() in (grpc.StatusCode.UNAVAILABLE, POLICY),
           "another authority's administrator is nobody here", e)
    channel.close()
    e = call(grpc.secure_channel(control.address, grpc.ssl_channel_credentials(
        other.credentials("admin.nipa")[0])))
    tap.ok(e is not None and e.code() == grpc.StatusCode.UNAVAILABLE,
           "and a client believes no server of another authority", e)
    del elsewhere


def check_node_identity(world, control):
    """A node's certificate opens a node's stream and nothing else."""
    folder = world.path("nodes")
    read = lambda name: open(os.path.join(folder, name), "rb").read()
    ca = world.credentials("admin.nipa")[0]
    channel = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(
        ca, read("node-0001.key"), read("node-0001.pem")))
    e = call(channel, "LeaseService/BookLease")
    tap.ok(e is not None and e.code() == grpc.StatusCode.PERMISSION_DENIED, "a node books nothing", e)
    attach = channel.stream_stream("/pumasi.v1.NodeService/Attach")
    hello = b"\x0a" + bytes([len(b"\x0a\x09node-0002")]) + b"\x0a\x09node-0002"
    try:
        list(attach(iter([hello]), timeout=10))
        tap.ok(False, "a node can't attach as another")
    except grpc.RpcError as e:
        tap.ok(e.code() == grpc.StatusCode.PERMISSION_DENIED, "a node can't attach as another", e)
    channel.close()
    user = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(
        *world.credentials("op.skt")))
    try:
        list(user.stream_stream("/pumasi.v1.NodeService/Attach")(iter([hello]), timeout=10))
        tap.ok(False, "a person can't attach")
    except grpc.RpcError as e:
        tap.ok(e.code() == grpc.StatusCode.PERMISSION_DENIED, "a person can't attach", e)
    user.close()


def main():
    world = lib.World()
    control = world.found(2, 8)
    secret = check_token(world)
    check_expiry(world, control)
    check_bounds(world)
    check_node_token(world)
    check_revocation(world, control)
    check_old_key(world, control)
    check_strangers(world, control)
    check_node_identity(world, control)
    with open(control.log, encoding="utf-8") as f:
        tap.ok(secret not in f.read(), "no log line holds the secret of a token")


main()
tap.done()
