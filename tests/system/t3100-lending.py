"""The rules of lending against live programs: a recall with ten seconds of notice warns, goes on
elsewhere or stops, an emergency needs two organisations, a waiting lease is served within a second
of a release, and the elimination of a team with forty leases is whole or not at all, also when the
control plane is killed in the middle of it."""
import json
import signal
import time

import lib
from lib import tap

NODES, GPUS = 6, 8


def manifest(now):
    """Two teams in one programme with stages; a supplier that is a member of the second."""
    documents = lib.manifest(now)
    size = [{"from": now - 30 * lib.DAY_S, "size": "sme", "evidence": "certificate"}]
    documents.insert(2, {"kind": "organisation", "id": "lunit", "name_ko": "루닛",
                         "name_en": "Lunit", "sizes": size})
    for d in documents:
        if d["kind"] == "programme":
            d["reclaim_s"] = 1
        if d["kind"] == "project":
            d["stages"] = [{"id": "s1", "from": now - lib.DAY_S, "to": now + lib.DAY_S}]
    beta = {**next(d for d in documents if d["kind"] == "project"), "id": "beta",
            "name_ko": "베타", "name_en": "Beta",
            "members": [{"organisation": "lunit", "role": "lead"},
                        {"organisation": "skt", "role": "participant"}]}
    return documents + [beta]


def populate(world):
    path = world.path("manifest.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(manifest(int(time.time())), f)
    world.must("apply", "-f", path)
    people = lib.PEOPLE + (("han", "lunit", ("org-member", "org-approver")),
                           ("ok", "nipa", ("agency-approver",)))
    for person in people:
        world.add_person(*person)
    world.start_agents(NODES, GPUS)


def approve(world, approval, who="admin.nipa", **kw):
    plan = world.must("approve", "show", approval, "-o", "json", who=who).json()["plan"]["hash"]
    return world.cli("approve", "sign", approval, "--plan", plan, "--reason", "test", who=who, **kw)


def stamp(instant):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def lend(world, name, gpus, borrower="alpha", consenter="kim.upstage", *options):
    to = stamp(time.time() + 300 * lib.DAY_S)
    world.must("loan", "propose", "--id", name, "--pool", "skt-b200", "--borrower", borrower,
               "--programme", "spec", "-m", "B200", "-g", str(gpus), "--from", "now", "--to", to,
               "--notice", "10s", "--silence", "1h", *options, who="op.skt")
    consent = world.must("loan", "consent", name, "-o", "json", code=lib.WAITING,
                         who=consenter).json()
    approve(world, consent["approval"])


def allocate(world, project, gpus, who):
    asked = world.must("allocation", "request", "-p", project, "-m", "B200", "-g", str(gpus),
                       "--from", "now", "--to", stamp(time.time() + 300 * lib.DAY_S), "--budget",
                       "900000000000", "-o", "json", code=lib.WAITING, who=who).json()
    approve(world, asked["approval"])
    return asked["id"]


def book(world, allocation, gpus, *options, who="kim.upstage"):
    return world.cli("lease", "book", "-a", allocation, "-g", str(gpus), "--for", "24h", "-o",
                     "json", *options, who=who)


def lease(world, name, who="kim.upstage"):
    return world.must("lease", "show", name, "-o", "json", who=who).json()


def state_within(world, name, states, seconds, who="kim.upstage"):
    """How long it took, in seconds."""
    begin = time.monotonic()
    lib.until(lambda: lease(world, name, who)["state"] in states, seconds, f"{name} is {states}")
    return time.monotonic() - begin


def check_recall(world, allocation):
    lend(world, "loan-2", 8)
    first, second = (book(world, allocation, 8).json()["id"] for _ in range(2))
    for name in (first, second):
        state_within(world, name, ("active",), 20)
    short = world.cli("recall", "loan-1", "-g", "8", "--by", "+2s", "--reason", "x", who="op.skt")
    tap.ok(short.code == 2 and "notice" in short.err, "less notice than the loan's is refused", short)
    lend(world, "loan-3", 8)
    victim = first if lease(world, first)["loan"] == "loan-1" else second
    recalled = world.must("recall", "loan-1", "-g", "8", "--reason", "own", "-o", "json",
                          who="op.skt").json()
    notes = " ".join(n["text"] for n in recalled["notes"])
    warned = lease(world, victim)
    tap.ok(warned["end_reason"] == "recalled" and "goes on as" in notes,
           "the holder is warned, and told where it goes on", notes)
    heirs = [l for l in world.leases() if l["continues"] == victim]
    tap.ok(len(heirs) == 1 and heirs[0]["from"] == warned["ends_at"] and
           heirs[0]["loan"] == "loan-3", "it is swapped to free devices from then on", heirs)
    state_within(world, heirs[0]["id"], ("active",), 30)
    state_within(world, victim, ("ended",), 30)
    tap.ok(True, "at the deadline the old one is over and the new one runs")
    world.must("recall", "loan-3", "-g", "8", "--reason", "own", who="op.skt")
    heir = heirs[0]["id"]
    end = lease(world, heir)["ends_at"]
    tap.ok(lease(world, heir)["end_reason"] == "recalled" and
           not [l for l in world.leases() if l["continues"] == heir],
           "without free devices it is stopped")
    lib.until(lambda: lease(world, heir)["state"] == "ended", 30, "it is over")
    over = lease(world, heir)
    tap.ok(over["ended_at"] - end <= 5 and over["placements"][0]["state"] == "returned",
           "at the deadline, and its devices are verified and back", over["ended_at"] - end)
    return second


def check_emergency(world, running):
    loan = lease(world, running)["loan"]
    asked = world.must("recall", loan, "-g", "8", "--emergency", "--by", "+5s", "--reason", "fire",
                       "-o", "json", code=lib.WAITING, who="admin.nipa").json()
    tap.ok(lease(world, running)["state"] == "active", "an emergency recall stops nobody yet")
    own = approve(world, asked["approval"])
    tap.ok(own.code != 0, "its proposer can't approve it", own)
    rival = approve(world, asked["approval"], who="op.skt")
    tap.ok(rival.code != 0 and "party" in rival.err,
           "nor can a supplier that competes with the borrower", rival)
    world.must("apply", "-f", world.path("alone.json"))
    first = approve(world, asked["approval"], who="ok.nipa")
    tap.ok(first.code == 0 and lease(world, running)["state"] == "active", "one is not enough",
           first)
    second = approve(world, asked["approval"], who="op.skt")
    tap.ok(second.code == 0 and lease(world, running)["end_reason"] == "recalled",
           "two of different organisations are", second)
    state_within(world, running, ("ended",), 30)


def check_waiting(world, allocation):
    lend(world, "loan-4", 8)
    holder = book(world, allocation, 8).json()["id"]
    state_within(world, holder, ("active",), 20)
    refused = book(world, allocation, 8)
    tap.ok(refused.code != 0 and holder in refused.err, "a refusal names who holds what is missing",
           refused)
    why = world.must("lease", "explain", "-a", allocation, "-g", "8", "--for", "24h", "-o", "json",
                     who="kim.upstage").json()
    tap.ok(not why["fits"] and why["later"] and holder in why["why"] and
           why["quote"]["value_krw"] > 0, "lease explain says why, when, and for how much", why)
    waits = book(world, allocation, 8, "--wait").json()
    listed = world.must("waitlist", "-o", "json", who="kim.upstage").json()["items"]
    tap.ok([l["id"] for l in listed] == [waits["id"]] and holder in listed[0]["waiting"][0]["reason"],
           "who waits is on the list, with the reason", listed)
    world.must("lease", "release", holder, who="kim.upstage")
    state_within(world, holder, ("ended",), 20)
    took = state_within(world, waits["id"], ("booked", "preparing", "active"), 10)
    gap = lease(world, waits["id"])["from"] - lease(world, holder)["ended_at"]
    tap.ok(gap <= 1, f"it is served within a second of the release ({gap} s; seen after {took:.1f} s)")
    state_within(world, waits["id"], ("active",), 20)
    world.must("lease", "release", waits["id"], who="kim.upstage")
    state_within(world, waits["id"], ("ended",), 20)
    budget = world.must("budget", "show", allocation, "-o", "json", who="kim.upstage").json()
    tap.ok(budget["left_krw"] + budget["to_end_krw"] == budget["budget_krw"] and budget["lines"],
           "budget show adds up", budget)


def open_leases(world, who):
    states = ("requested", "booked", "preparing", "active", "draining")
    return [l["id"] for l in world.leases(who) if l["state"] in states and l["project"] == "beta"]


def check_elimination(world, control):
    lend(world, "loan-b", 24, "beta", "han.lunit")
    allocation = allocate(world, "beta", 48, "han.lunit")
    for i in range(40):
        later = ("--from", "+48h") if i >= 20 else ()
        result = book(world, allocation, 1, *later, who="han.lunit")
        if result.code != 0:
            raise RuntimeError(str(result))
    tap.ok(len(open_leases(world, "han.lunit")) == 40, "a team has forty leases")
    at = int(time.time()) + 6
    decision = world.must("stage", "decide", "beta", "--stage", "s1", "--verdict", "eliminate",
                          "--at", stamp(at), "--reason", "scores", "-o", "json", code=lib.WAITING)
    approve(world, decision.json()["approval"], who="ok.nipa")
    seen = []
    while time.time() < at - 0.3:
        seen.append(len(open_leases(world, "han.lunit")))
    control.process.send(signal.SIGSTOP)
    time.sleep(max(0.0, at - time.time()))
    control.process.send(signal.SIGCONT)
    time.sleep(0.02)
    control.process.end(signal.SIGKILL)
    control.start()
    world.wait_answering()
    after = []
    lib.until(lambda: after.append(len(open_leases(world, "han.lunit"))) or after[-1] == 0, 20,
              "the team is out")
    tap.ok(set(seen + after) <= {0, 40}, "killed in the middle: all or nothing", seen, after)
    loan = world.must("loan", "show", "loan-b", "-o", "json").json()
    team = world.must("project", "show", "beta", "-o", "json").json()
    tap.ok(loan["state"] in ("returned", "closed") and team["stages"][0]["state"] == "eliminated",
           "its loan is returned, its stage is eliminated", loan["state"], team["stages"])
    refused = book(world, allocation, 1, who="han.lunit")
    tap.ok(refused.code != 0, "and it books nothing more", refused)
    tap.ok(world.must("stage", "list", "-o", "json").json()["items"][0]["state"] == "done",
           "the decision is in effect")


def main():
    world = lib.World()
    control = world.init()
    control.start()
    world.wait_answering()
    populate(world)
    alone = [d for d in manifest(int(time.time())) if d.get("id") == "beta"]
    alone[0]["members"] = alone[0]["members"][:1]
    alone[0]["openness"] = world.must("project", "show", "beta", "-o", "json").json()["openness"]
    with open(world.path("alone.json"), "w", encoding="utf-8") as f:
        json.dump(alone, f)
    lend(world, "loan-1", 8)
    allocation = allocate(world, "alpha", 48, "kim.upstage")
    running = check_recall(world, allocation)
    check_emergency(world, running)
    check_waiting(world, allocation)
    check_elimination(world, control)
    tap.done()


main()
