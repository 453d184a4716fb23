#!/usr/bin/env python3
"""Checks a Pumasi statement bundle: verify.py BUNDLE.zip [KEY.pem]. Written from docs/spec (money,
ledger, statement); shares no code with the program that made it. Needs Python 3.9 and openssl."""
import base64, collections, datetime, hashlib, json, pathlib, subprocess, sys, tempfile, zipfile
from fractions import Fraction as F

DAY, UNITS, KST = 86400, 7000, datetime.timezone(datetime.timedelta(hours=9))
SEAL = b"pumasi bundle sha256 "

def need(good, what):
    if not good:
        raise ValueError(what)
def sha(data, *more):
    return hashlib.sha256(data + b"".join(more)).hexdigest()
def node(data, *more):
    return bytes.fromhex(sha(data, *more))
def instant(text):
    return int(datetime.datetime.fromisoformat(text).timestamp()) if text else None
def percent(text):
    return F(text.rstrip("%")) / 100

# ---- Money (docs/spec/money.md) ----
def months_between(a, b):
    day = datetime.datetime.fromtimestamp(a, KST).replace(day=1, hour=0, minute=0, second=0)
    while day.timestamp() < b:
        following = (day + datetime.timedelta(days=32)).replace(day=1)
        yield int(day.timestamp()), int(following.timestamp())
        day = following

def profile(uses, begin, end, grain):
    cuts = {begin, end, *(t for u in uses for t in u[:2] if begin < t < end)}
    cuts, raw = sorted(cuts | set(range(begin, end, DAY) if grain == "day" else ())), []
    for a, b in zip(cuts, cuts[1:]):
        held = collections.Counter()
        for x, y, units, terms in uses:
            held[terms] += units * (x <= a and b <= y)
        raw.append((a, b, held))
    if grain == "second":
        return raw
    days = [[h for a, _, h in raw if 0 <= a - d < DAY] for d in range(begin, end, DAY)]
    peaks = [max(day, key=lambda h: sum(h.values())) for day in days]  # the first of equal ones
    return [(begin + i * DAY, begin + (i + 1) * DAY, h) for i, h in enumerate(peaks)]

def gpu_months(segments, rule, length):
    total, below = F(0), 0
    sums = [(b - a, sum(held.values())) for a, b, held in segments]
    for level in sorted({n for _, n in sums if n}):
        t = sum(s for s, n in sums if n >= level)
        part = {"calendar": F(t, length), "actual365": F(t * 12, 365 * DAY),
                "30day": F(1) if t == length else min(F(1), F(t, 30 * DAY))}[rule]
        total, below = total + (level - below) * part, level
    return total / UNITS

def in_force(facts, t):
    found = [f for f in facts if f["from"] == "" or instant(f["from"]) <= t]
    return max(found, key=lambda f: instant(f["from"]) or 0) if found else None

def charged(policy, time, payer):
    payer = payer or ("nobody" if time in ("handover", "fault") else "borrower")
    kept = time == "fault" and not policy["fault_lowers_value"]
    return time == "used" or payer == "borrower" or kept

def line_at(basis, member, model, t):
    policy = basis["policy"]
    size, level = in_force(member["sizes"], t), in_force(basis["openness"], t)
    price = in_force([p for p in policy["prices"] if p["model"] == model], t)
    need(size, "no size class in force")
    wanted = [size["size"]] + [size["legal_size"]] * (size["size"] == "startup")
    found = [in_force([r for r in policy["rates"] if r["size"] == name and r["openness"] in
                       ("none", level and level["openness"])], t) for name in wanted]
    rate = next(filter(None, found), None)
    need(rate, "no rate in force")
    factor = percent(rate["rate"])
    return price, factor if policy["burden_base"] == "gpu_value" else factor / (1 - factor)

def unit_price(price, own, opportunistic):
    part = percent(opportunistic and price["opportunistic"] or "100%")
    return F(own) or F(price["krw_per_gpu_month"]) * part / (price["gpus_per_unit"] or 1)

def member_amounts(basis, member):
    policy, value, burden, series = basis["policy"], F(0), F(0), {}
    for u in basis["uses"]:
        if u["organisation"] == member["organisation"]:
            series.setdefault(u["model"], []).append(
                (instant(u["from"]), instant(u["to"]), u["units"],
                 (u["price_krw"], u["opportunistic"], charged(policy, u["time"], u["payer"]))))
    changes = sorted({instant(f["from"]) for f in policy["prices"] + policy["rates"]
                      + member["sizes"] + basis["openness"] if f["from"]})
    for model, uses in series.items():
        for begin, end in months_between(min(u[0] for u in uses), max(u[1] for u in uses)):
            segments = profile(uses, begin, end, policy["grain"])
            whole = sum((b - a) * sum(held.values()) for a, b, held in segments)
            months = gpu_months(segments, policy["part_month"], end - begin)
            edges = [begin] + [t for t in changes if begin < t < end] + [end]
            for a, b in zip(edges, edges[1:]):
                for x, y, held in segments:
                    for (own, spot, pays), units in held.items():
                        time = (min(b, y) - max(a, x)) * units
                        if x < b and a < y and time and pays:
                            price, factor = line_at(basis, member, model, a)
                            worth = months * F(time, whole) * unit_price(price, own, spot)
                            value, burden = value + worth, burden + worth * factor
    for w in basis["waits"]:
        hours = (instant(w["to"]) - instant(w["from"]) - policy["fault_wait_limit_s"]) // 3600
        if w["organisation"] == member["organisation"] and policy["fault_discount"] and hours > 0:
            price, factor = line_at(basis, member, w["model"], instant(w["from"]))
            off = hours * F(w["units"], UNITS) * unit_price(price, 0, 0) / 720
            off *= percent(policy["fault_discount"])
            value, burden = max(F(0), value - off), max(F(0), burden - off * factor)
    unit = policy["payable_truncate_krw"]
    return value, int(burden // unit * unit)

def check_money(files, basis):
    stated, total, burdens = json.loads(files["statement.json"]), F(0), 0
    need(len(stated["members"]) == len(basis["members"]), "statement.json: members are missing")
    for member, told in zip(basis["members"], stated["members"]):
        name, (value, burden) = member["organisation"], member_amounts(basis, member)
        need(F(told["value_exact"]) == value, f"{name}: value {value}, not {told['value_exact']}")
        need(told["burden_krw"] == burden, f"{name}: burden {burden}, not {told['burden_krw']}")
        total, burdens = total + value, burdens + burden
    need(stated["total"]["value_krw"] == int(total) and stated["total"]["burden_krw"] == burdens,
         "statement.json: the total is not the sum")
    print(f"ok: value {int(total):,} won and burden {burdens:,} won, computed again")

# ---- The ledger (docs/spec/ledger.md) ----
def root_of(frontier, size, leaves):
    stack = list(zip((b for b in range(62, -1, -1) if size >> b & 1), frontier))
    for leaf in leaves:
        level, top = 0, node(b"\0", leaf)
        while stack and stack[-1][0] == level:
            level, top = level + 1, node(b"\1", stack.pop()[1], top)
        stack.append((level, top))
    root = stack.pop()[1] if stack else node(b"")
    while stack:
        root = node(b"\1", stack.pop()[1], root)
    return root

def check_signature(note, key, origin):
    text, _, signatures = note.partition(b"\n\n")
    for line in signatures.decode().splitlines():
        if line.startswith(f"\u2014 {origin} "):
            with tempfile.TemporaryDirectory() as d:
                parts = (key, base64.b64decode(line.split()[-1])[4:], text + b"\n")
                paths = [pathlib.Path(d, name) for name in ("key", "signature", "text")]
                for path, part in zip(paths, parts):
                    path.write_bytes(part)
                ok = subprocess.run(["openssl", "dgst", "-sha256", "-verify", paths[0],
                                     "-signature", paths[1], paths[2]], capture_output=True)
            need(ok.returncode == 0, f"{origin}: the signature is wrong")
            return text.decode().splitlines()
    raise ValueError(f"{origin}: not signed")

def joined(stretches):
    out = []
    for s in sorted(stretches):
        if out and out[-1][:3] == s[:3] and out[-1][4] == s[3]:
            out[-1] = (*out[-1][:4], s[4])
        else:
            out.append(s)
    return out

def check_log(files, basis, name, key):
    lines = files[f"ledger/{name}.jsonl"].split(b"\n")[:-1]
    head, tail, entries = json.loads(lines[0]), json.loads(lines[-1]), lines[1:-1]
    need(head["organisation"] == name, f"{name}: this is another's log")
    size = head.get("first", 0) + len(entries)
    root = root_of([bytes.fromhex(h) for h in head["frontier"]], head.get("first", 0), entries)
    note = check_signature(files[f"ledger/{name}.note"], key, f"pumasi.internal/ledger/{name}")
    need((note[1], note[2]) == (str(size), base64.b64encode(root).decode())
         and (tail["size"], tail["root"]) == (size, root.hex()),
         f"{name}: its entries do not give the root that was signed")
    begin, end, issued = (instant(basis[k]) for k in ("from", "to", "issued_at"))
    told, hashes = [], set()
    for e in map(json.loads, entries):
        if e["kind"] == "issue" and e["subject"] == basis["id"]:
            hashes.add(e["paper"])
        if (e["kind"] in ("interval", "correction") and e.get("phase") == "post" and e.get("lease")
                and e["project"] == basis["project"] and e["organisation"] == name
                and (issued is None or instant(e["received_at"]) < issued)):
            a, b = max(begin, instant(e["from"])), min(end, instant(e["to"]))
            if a < b:
                told.append((e["lease"], e["node"], e["units"], a, b))
    billed = [(u["lease"], u["node"], u["units"], instant(u["from"]), instant(u["to"]))
              for u in basis["uses"]
              if u["organisation"] == name and u["time"] in ("used", "idle", "notice")]
    need(joined(told) == joined(billed), f"{name}: the log and the basis tell of different use")
    need(not basis["id"] or "sha256:" + sha(files["statement.json"]) in hashes,
         f"{name}: the log does not tell of this statement")
    print(f"ok: {name}: {len(entries)} entries, signed root, every interval billed, none left out")

def check(path, pinned):
    data, n = pathlib.Path(path).read_bytes(), len(SEAL) + 64
    need(data[-n:] == SEAL + sha(data[:-n]).encode(), "seal: the bundle was changed")
    z = zipfile.ZipFile(path)
    files = {name: z.read(name) for name in z.namelist()}
    manifest = json.loads(files["manifest.json"])
    need({f["name"] for f in manifest["files"]} == set(files) - {"manifest.json"},
         "manifest.json: it does not name every file")
    for f in manifest["files"]:
        need(sha(files[f["name"]]) == f["sha256"], f"{f['name']}: not the file of the manifest")
    print(f"ok: seal and {len(files)} files")
    basis, key = json.loads(files["basis.json"]), files.get("keys/control-plane.pem")
    check_money(files, basis)
    need(not (pinned and key and key != pinned), "keys: not the key that you trust")
    for name in (m["organisation"] for m in basis["members"]):
        if f"ledger/{name}.jsonl" in files:
            check_log(files, basis, name, pinned or key)
        else:
            print(f"note: INCOMPLETE: the log of {name} is not in it")

if __name__ == "__main__":
    try:
        check(sys.argv[1], open(sys.argv[2], "rb").read() if len(sys.argv) == 3 else None)
        print("the bundle holds")
    except (KeyError, ValueError, zipfile.BadZipFile) as why:
        print(f"REFUSED: {why}")
        sys.exit(1)
    except IndexError:
        sys.exit(__doc__)
