"""A plan is approved by others than its proposer, as it was shown, above a limit by two organisations
of which one is the agency; the inbox is in order; a place is taken for a time, and given back."""
import json
import time

import lib
from lib import tap

LIMIT = 1_000_000_000


def request(world, budget, gpus=8):
    to = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30 * lib.DAY_S))
    return world.must("allocation", "request", "-p", "alpha", "-m", "B200", "-g", str(gpus), "--from",
                      "now", "--to", to, "--budget", str(budget), "-o", "json", code=lib.WAITING,
                      who="kim.upstage").json()["approval"]


def plan_of(world, approval):
    return world.must("approve", "show", approval, "-o", "json").json()["plan"]


def sign(world, approval, plan, who):
    return world.cli("approve", "sign", approval, "--plan", plan["hash"], "--paper", "NIPA-1",
                     "--reason", "fine", who=who)


def state(world, approval):
    return world.must("approve", "show", approval, "-o", "json").json()["state"]


def apply(world, *documents):
    path = world.path("more.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(list(documents), f)
    world.must("apply", "-f", path)


def programme(**changes):
    found = next(d for d in lib.manifest(int(time.time())) if d["kind"] == "programme")
    return {**found, "two_approvers_above_krw": LIMIT, **changes}


def check_stale(world):
    approval = request(world, LIMIT)
    shown = plan_of(world, approval)
    project = next(d for d in world.documents if d["kind"] == "project")
    apply(world, {**project, "members": [{"organisation": "upstage", "role": "participant"},
                                         {"organisation": "lunit", "role": "lead"}]})
    late = sign(world, approval, shown, "ok.nipa")
    tap.ok(late.code == 7 and "stale" in late.err, "a plan that is another by now is not signed",
           late)
    tap.ok(state(world, approval) == "stale", "it is shown anew")
    now = plan_of(world, approval)
    tap.ok(any("lunit" in line["text"] for line in now["lines"]), "with what has changed", now)
    tap.ok(any(line["text"].startswith("bears: upstage, 5%") for line in now["lines"])
           and any("6,600,000 KRW per B200-month" in line["text"] for line in now["lines"]),
           "and with the price, organisation by organisation", now)
    tap.ok(sign(world, approval, now, "ok.nipa").code == 0, "the new plan is signed")
    apply(world, project)


def check_proposer(world):
    approval = request(world, LIMIT + 1)
    own = world.must("approve", "show", approval, "-o", "json", who="kim.upstage").json()["plan"]
    result = sign(world, approval, own, "kim.upstage")
    tap.ok(result.code == 5, "who proposes does not approve", result)
    return approval


def check_two(world, approval):
    plan = plan_of(world, approval)
    first = sign(world, approval, plan, "ok.nipa")
    tap.ok(first.code == 0 and state(world, approval) == "review",
           "above the limit one approver is not enough", first)
    again = sign(world, approval, plan, "ok.nipa")
    tap.ok(again.code == 7, "nor twice the same", again)
    other = sign(world, approval, plan, "second.nipa")
    tap.ok(other.code == 7 and "another organisation" in other.err, "nor two of the agency", other)
    last = sign(world, approval, plan, "ok.msit")
    tap.ok(last.code == 0 and state(world, approval) == "approved",
           "the second is of another organisation", last)
    decisions = world.must("approve", "show", approval, "-o", "json").json()["decisions"]
    tap.ok([(d["user"], d["paper"], d["reason"]) for d in decisions] ==
           [("ok.nipa", "NIPA-1", "fine"), ("ok.msit", "NIPA-1", "fine")],
           "each decision has its paper and its reason", decisions)


def check_inbox(world):
    waiting = [request(world, 1000 + i, 1) for i in range(3)]
    listed = [a["id"] for a in world.must("approve", "list", "-o", "json").json()["items"]]
    tap.ok(listed == waiting, "the inbox holds what waits, oldest first", listed, waiting)
    everything = world.must("approve", "list", "--all", "-o", "json").json()["items"]
    tap.ok(len(everything) > len(listed) and all(a["due_at"] for a in everything),
           "and with --all what was decided")
    world.must("approve", "withdraw", waiting[0], "--reason", "other dates", who="kim.upstage")
    tap.ok(state(world, waiting[0]) == "withdrawn", "who proposed takes it back")
    return waiting[1:]


def check_delegation(world, waiting):
    plan = plan_of(world, waiting[0])
    before = sign(world, waiting[0], plan, "desk.nipa")
    tap.ok(before.code == 5, "who is no approver signs nothing", before)
    world.must("approve", "delegate", "--to", "desk.nipa", "--until", "+1h", "--paper", "NIPA-2",
               who="ok.nipa")
    done = sign(world, waiting[0], plan, "desk.nipa")
    decision = world.must("approve", "show", waiting[0], "-o", "json").json()["decisions"][0]
    tap.ok(done.code == 0 and decision["on_behalf_of"] == "ok.nipa",
           "unless in an approver's place", done, decision)
    world.must("approve", "delegate", "--to", "desk.nipa", "--until", "now", who="ok.nipa")
    after = sign(world, waiting[1], plan_of(world, waiting[1]), "desk.nipa")
    tap.ok(after.code == 5, "until that is ended", after)


def main():
    world = lib.World()
    control = world.init()
    control.start()
    world.wait_answering()
    now = int(time.time())
    size = lambda name: [{"from": now - 30 * lib.DAY_S, "size": name, "evidence": "certificate"}]
    world.documents = lib.manifest(now)
    apply(world, *[d if d["kind"] != "programme" else programme() for d in world.documents],
          {"kind": "organisation", "id": "lunit", "name_ko": "루닛", "name_en": "Lunit",
           "sizes": size("sme")},
          {"kind": "organisation", "id": "msit", "name_ko": "과기정통부", "name_en": "MSIT",
           "agency": True, "sizes": size("agency")})
    for person in (("op", "skt", ("supplier-operator", "supplier-approver")),
                   ("kim", "upstage", ("org-member", "org-approver")),
                   ("ok", "nipa", ("agency-approver",)), ("second", "nipa", ("agency-approver",)),
                   ("desk", "nipa", ("auditor",)), ("ok", "msit", ("agency-approver",))):
        world.add_person(*person)
    check_stale(world)
    check_two(world, check_proposer(world))
    check_delegation(world, check_inbox(world))
    tap.done()


if __name__ == "__main__":
    main()
