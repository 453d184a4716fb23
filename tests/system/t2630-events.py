"""What happens is told: events that a client takes up again where its stream broke, and notices that
are posted, signed, to a webhook that may be away for a while."""
import hashlib
import hmac
import http.server
import json
import os
import threading
import time

import lib
from lib import tap

lib.need_grpc()
import grpc

SECRET = "a secret of the receiver"


class Receiver:
    """Answers 503 until told otherwise; keeps what came with a good signature."""

    def __init__(self):
        self.away, self.refused, self.bad, self.notices = True, 0, 0, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(outer.take(self.headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers, body):
        if self.away:
            self.refused += 1
            return 503
        text = headers["X-Pumasi-Timestamp"].encode() + b"." + body
        mac = "sha256=" + hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mac, headers["X-Pumasi-Signature"]):
            self.bad += 1
            return 403
        self.notices.append(json.loads(body))
        return 204

    def of(self, event):
        return [n for n in self.notices if n["event"] == event]


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def read_event(raw):
    """(revision, kind, id) of a pumasi.v1.Event."""
    fields, at = {1: 0, 2: "", 3: ""}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(raw):
        tag = number()
        if tag & 7 == 0:
            fields[tag >> 3] = number()
        else:
            size = number()
            fields[tag >> 3] = raw[at:at + size].decode()
            at += size
    return fields[1], fields[2], fields[3]


def watch(channel, after=0):
    request = b"\x18" + varint(after) if after else b""
    return channel.unary_stream("/pumasi.v1.EventService/Watch")(request, timeout=30)


def request(world, budget):
    to = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30 * lib.DAY_S))
    return world.must("allocation", "request", "-p", "alpha", "-m", "B200", "-g", "1", "--from", "now",
                      "--to", to, "--budget", str(budget), "-o", "json", code=lib.WAITING,
                      who="kim.upstage").json()["approval"]


def check_resume(world, control):
    channel = grpc.secure_channel(control.address, grpc.ssl_channel_credentials(
        *world.credentials("admin.nipa")))
    stream = watch(channel)
    first = read_event(next(stream))
    tap.ok(first[1] == "" and first[0] > 0, "a stream begins with the revision it tells from", first)
    stream.cancel()
    approval = request(world, 1000)
    stream = watch(channel, first[0])
    seen = [read_event(next(stream))]
    while not any(e[2] == approval for e in seen):
        seen.append(read_event(next(stream)))
    tap.ok(seen[0][0] == first[0], "one that is taken up again tells what came meanwhile", seen)
    stream.cancel()
    try:
        next(watch(channel, seen[-1][0] + 1000))
        tap.ok(False, "a revision that has not been is none to resume from")
    except grpc.RpcError as e:
        tap.ok(e.code() == grpc.StatusCode.NOT_FOUND,
               "a revision that has not been is none to resume from", e)
    channel.close()
    return approval


def check_notices(world, receiver, approval):
    lib.until(lambda: receiver.refused > 1, 20, "the webhook was asked again")
    receiver.away = False
    lib.until(lambda: any(n["subject"] == approval for n in receiver.of("approval.waits")), 40,
              "what waits for approval is posted")
    tap.ok(receiver.bad == 0, "notices are signed", receiver.bad)
    notice = next(n for n in receiver.of("approval.waits") if n["subject"] == approval)
    tap.ok(notice["by"] > time.time() and notice["organisation"] == "upstage",
           "they say whom they concern, and by when", notice)
    world.approve(approval)
    lib.until(lambda: any(n["subject"] == approval for n in receiver.of("approval.decided")), 20,
              "what was decided is posted")
    ids = [n["id"] for n in receiver.notices]
    tap.ok(len(ids) == len(set(ids)), "each is posted once", ids)


def check_ends(world, receiver):
    """A lease that ends within notice.ahead, and a recall with its time."""
    lease = world.must("lease", "book", "-a", world.allocation, "-g", "1", "--for", "30m", "-o",
                       "json", who="kim.upstage").json()["id"]
    lib.until(lambda: any(n["subject"] == lease for n in receiver.of("lease.ending")), 30,
              "the end of a lease is told before it comes")
    tap.ok(True, "the end of a lease is told before it comes")
    world.must("recall", "loan-1", "-g", "1", "--reason", "repair", who="op.skt")
    lib.until(lambda: receiver.of("loan.recalled"), 20, "a recall is told")
    recall = receiver.of("loan.recalled")[0]
    tap.ok(recall["subject"] == "loan-1" and recall["by"] > 0 and "repair" not in json.dumps(recall),
           "a recall is told with its time, and without what people wrote", recall)


def main():
    world, receiver = lib.World(), Receiver()
    secret = world.path("secret")
    with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
        f.write(SECRET + "\n")
    control = world.found(1, 8, "certificate.check=1", "notice.ahead=1h",
                          f"notice.webhook={receiver.url}", f"notice.secret={secret}")
    check_notices(world, receiver, check_resume(world, control))
    check_ends(world, receiver)
    tap.done()


if __name__ == "__main__":
    main()
