"""A second implementation of the money rules, on python's fractions, compared with the command on
random cases: cofunding_oracle.py PUMASI [SEED [CASES]].

It works the slow way on purpose: every segment of the profile, every level, every part of a month.
Only whole Korean days or seconds, dated facts and the written rules are shared with the C code.
"""
import concurrent.futures
import datetime
import json
import os
import random
import sys
from fractions import Fraction as F

import pumasi

KST = datetime.timezone(datetime.timedelta(hours=9))
DAY = 86400
UNITS = 7000
SIZES = ["large", "midsize", "early_midsize", "sme", "startup", "university", "institute"]
OPENNESS = ["open_commercial", "open_noncommercial", "closed"]


def start_of(day):
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def moment(text):
    if len(text) == 10:
        return start_of(datetime.date.fromisoformat(text))
    return int(datetime.datetime.fromisoformat(text).timestamp())


def until(text):
    return moment(text) + (DAY if len(text) == 10 else 0)


def months_between(a, b):
    """[begin, end) of every Korean month that [a, b) touches."""
    first = datetime.datetime.fromtimestamp(a, KST).date().replace(day=1)
    while start_of(first) < b:
        following = (first + datetime.timedelta(days=32)).replace(day=1)
        yield start_of(first), start_of(following)
        first = following


def facts(value):
    if isinstance(value, str):
        return [(0, value)]
    return sorted((moment(item["from"]), item["value"]) for item in value)


def in_force(dated, t):
    found = None
    for since, value in dated:
        if since <= t:
            found = value
    return found


def percent(text):
    return F(text.rstrip("%")) / 100


def part_month(rule, held, length):
    if rule == "calendar":
        return F(held, length)
    if rule == "actual365":
        return F(held * 12, 365 * DAY)
    return F(1) if held == length else min(F(1), F(held, 30 * DAY))


def profile(uses, begin, end, grain):
    """Segments (from, to, {terms: units}) of the grained profile in one month."""
    cuts = {begin, end}
    for a, b, _, _ in uses:
        cuts |= {t for t in (a, b) if begin < t < end}
    if grain == "day":
        cuts |= set(range(begin, end, DAY))
    cuts = sorted(cuts)
    raw = []
    for a, b in zip(cuts, cuts[1:]):
        held = {}
        for x, y, units, terms in uses:
            if x <= a and b <= y:
                held[terms] = held.get(terms, 0) + units
        raw.append((a, b, held))
    if grain == "second":
        return raw
    peak = {}
    for a, _, held in raw:
        day = (a - begin) // DAY
        if day not in peak or sum(held.values()) > sum(peak[day].values()):
            peak[day] = held
    return [(begin + d * DAY, begin + (d + 1) * DAY, held) for d, held in sorted(peak.items())]


def month_of_levels(segments, rule, length):
    total = F(0)
    below = 0
    segments = [(a, b, sum(held.values())) for a, b, held in segments]
    for level in sorted({units for _, _, units in segments if units}):
        held = sum(b - a for a, b, units in segments if units >= level)
        total += (level - below) * part_month(rule, held, length)
        below = level
    return total / UNITS


class Refused(Exception):
    pass


def rate_of(programme, level, size, legal_size):
    """The rate text, or None. With a fee a startup's own rate goes first."""
    rates = programme["rates"].get(level, {})
    if size == "startup" and size not in rates:
        size = legal_size
    return rates.get(size)


def charged(programme, terms):
    _, time, payer, _ = terms
    return (time == "used" or payer == "borrower"
            or (time == "fault" and not programme.get("fault_lowers_value")))


def unit_price(listed, terms):
    """Won per GPU-month as a fraction."""
    own, _, _, service = terms
    if own:
        return F(own)
    part = percent(listed["opportunistic"]) if (
        service == "opportunistic" and "opportunistic" in listed) else 1
    return F(listed["krw_per_gpu_month"]) * part / listed.get("gpus_per_unit", 1)


def price_series(case, member, uses, model):
    """(months, value, burden) of one member's use of one model."""
    programme = case["programme"]
    prices = sorted(((moment(p["from"]), p) for p in programme["prices"] if p["model"] == model),
                    key=lambda pair: pair[0])
    sizes, openness = facts(member["size"]), facts(case["project"]["openness"])
    changes = sorted({t for dated in (prices, sizes, openness) for t, _ in dated})
    months = value = burden = F(0)
    for begin, end in months_between(min(u[0] for u in uses), max(u[1] for u in uses)):
        segments = profile(uses, begin, end, programme["grain"])
        gpu_time = sum((b - a) * sum(held.values()) for a, b, held in segments)
        if not gpu_time:
            continue
        month = month_of_levels(segments, programme["part_month"], end - begin)
        months += month
        edges = [begin] + [t for t in changes if begin < t < end] + [end]
        for a, b in zip(edges, edges[1:]):
            mine = {}
            for x, y, held in segments:
                for terms, units in held.items():
                    if x < b and a < y and units:
                        mine[terms] = mine.get(terms, 0) + (min(b, y) - max(a, x)) * units
            for terms, time in mine.items():
                listed, size, level = (in_force(d, a) for d in (prices, sizes, openness))
                rate = rate_of(programme, level, size, member.get("legal_size", size))
                if listed is None or rate is None:
                    raise Refused
                rate = percent(rate)
                if programme["burden_base"] == "total_cost":
                    rate = rate / (1 - rate)
                if charged(programme, terms):
                    worth = month * F(time, gpu_time) * unit_price(listed, terms)
                    value += worth
                    burden += worth * rate
    return months, value, burden


def text(fraction):
    return str(fraction)


def round_up(fraction, unit):
    return -(-fraction // unit) * unit


def evaluate_member(case, member, period_end):
    programme = case["programme"]
    by_model = {}
    for use in case["usage"]:
        if use["org"] == member["org"]:
            units = use["gpus"] * F(use["share"]) * UNITS
            assert units.denominator == 1
            by_model.setdefault(use["model"], []).append(
                (moment(use["from"]), until(use["to"]), int(units),
                 (use.get("price", 0), use.get("time", "used"), use.get("payer", "borrower"),
                  use.get("service", "committed"))))
    months, value, burden = {}, F(0), F(0)
    for model, uses in by_model.items():
        n, worth, share = price_series(case, member, uses, model)
        months[model] = text(n)
        value += worth
        burden += share
    unit = programme["payable_truncate_krw"]
    burden = burden // unit * unit
    floor_rate = None
    size = in_force(facts(member["size"]), period_end - 1)
    if size == "startup":
        size = member.get("legal_size", size)
    floor_rate = programme["cash_floor"].get(size)
    if programme.get("charge") == "fee":
        floor_rate = "100%"
    if burden and floor_rate is None:
        raise Refused
    floor = burden * percent(floor_rate or "0%")
    paid = [c for c in case["contributions"] if c["org"] == member["org"]]
    cash = sum(c["krw"] for c in paid if c["kind"] == "cash")
    accepted = sum(c["krw"] for c in paid if c["kind"] in programme["in_kind_accepts"])
    cash_floor = min(round_up(floor, 10), burden)
    in_kind_max = burden - cash_floor
    return {
        "org": member["org"], "months": months, "value_krw": int(value // 1), "value": value,
        "value_exact": text(value), "burden_krw": int(burden), "cash_floor_krw": int(cash_floor),
        "in_kind_max_krw": int(in_kind_max), "cash_paid_krw": cash,
        "in_kind_accepted_krw": accepted,
        "cash_shortfall_krw": max(0, int(round_up(floor, 1)) - cash),
        "shortfall_krw": max(0, int(burden) - cash - min(accepted, int(in_kind_max))),
        "refused": [{"kind": c["kind"], "krw": c["krw"]} for c in paid
                    if c["kind"] != "cash" and c["kind"] not in programme["in_kind_accepts"]]}


def evaluate(case):
    """The expected document, or None when the case must be refused."""
    period_end = max([until(u["to"]) for u in case["usage"]], default=1)
    try:
        members = [evaluate_member(case, m, period_end) for m in case["members"]]
    except Refused:
        return None
    exact = sum((m.pop("value") for m in members), F(0))
    total = {key: sum(m[key] for m in members) for key in
             ("burden_krw", "cash_floor_krw", "in_kind_max_krw", "cash_paid_krw",
              "in_kind_accepted_krw", "cash_shortfall_krw", "shortfall_krw")}
    total |= {"value_krw": int(exact // 1), "value_exact": text(exact)}
    return {"members": members, "total": total}


def random_date(rng):
    return (datetime.date(2025, 11, 1) + datetime.timedelta(days=rng.randrange(240))).isoformat()


def random_moment(rng):
    if rng.random() < 0.6:
        return random_date(rng)
    offset = rng.choice(["+09:00", "Z", "-03:30"])
    clock = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
    return f"{random_date(rng)}T{clock}{offset}".replace("Z", "+00:00")


def random_dated(rng, values):
    if rng.random() < 0.5:
        return rng.choice(values)
    dates = ["2025-01-01"] + list({random_date(rng) for _ in range(rng.randrange(3))})
    rng.shuffle(dates)
    return [{"from": d, "value": rng.choice(values)} for d in dates]


def random_prices(rng, models):
    prices = []
    for model in models:
        for date in {"2025-01-01", *(random_date(rng) for _ in range(rng.randrange(3)))}:
            price = {"model": model, "from": date,
                     "krw_per_gpu_month": rng.choice([6600000, 400000, 1, 7654321, 0])}
            if rng.random() < 0.2:
                price["gpus_per_unit"] = rng.choice([1, 8, 3])
            if rng.random() < 0.3:
                price["opportunistic"] = rng.choice(["60%", "0%", "33.3%"])
            prices.append(price)
    rng.shuffle(prices)
    return prices


def random_use(rng, orgs, models):
    while True:
        use = {"org": rng.choice(orgs), "model": rng.choice(models),
               "gpus": rng.choice([1, 2, 7, 8, 64, 256]),
               "share": rng.choice(["1", "1", "1", "1/8", "0.25", "3/7", "1/1000"]),
               "from": random_moment(rng), "to": random_moment(rng)}
        if rng.random() < 0.3:
            use |= {"time": rng.choice(["idle", "notice", "handover", "fault", "used"]),
                    "payer": rng.choice(["borrower", "lender", "nobody"])}
        if rng.random() < 0.2:
            use["price"] = rng.choice([5000000, 1, 777])
        if rng.random() < 0.2:
            use["service"] = rng.choice(["opportunistic", "committed"])
        if moment(use["from"]) < until(use["to"]):
            return use


def random_case(rng):
    models = ["B200", "H100"][:rng.randrange(1, 3)]
    sizes = SIZES if rng.random() < 0.2 else SIZES[:4]
    openness = OPENNESS if rng.random() < 0.2 else ["open_commercial", "closed"]
    orgs = [f"org-{i}" for i in range(rng.randrange(1, 5))]
    rates = {o: {s: rng.choice(["10%", "6%", "5%", "0%", "12.5%", "33.3%"]) for s in SIZES[:4]}
             for o in ("open_commercial", "closed")}
    members = []
    for org in orgs:
        member = {"org": org, "size": random_dated(rng, sizes), "role": "participant"}
        if rng.random() < 0.5:
            member["legal_size"] = rng.choice(SIZES[:4])
        members.append(member)
    fee = rng.random() < 0.15
    if fee:
        rates = {o: r | {"startup": "50%"} for o, r in rates.items()}
    kinds = ["cash", "cash", "labour", "tangible_asset", "data", "소프트웨어"]
    return {
        "programme": {
            "prices": random_prices(rng, models),
            "part_month": rng.choice(["30day", "calendar", "actual365"]),
            "grain": rng.choice(["second", "day"]),
            "charge": "fee" if fee else "cofunding",
            "fault_lowers_value": rng.random() < 0.5,
            "burden_base": "gpu_value" if fee else rng.choice(["gpu_value", "total_cost"]),
            "rates": rates,
            "cash_floor": {s: rng.choice(["15%", "13%", "10%", "7.77%"]) for s in SIZES[:4]},
            "in_kind_accepts": ["labour", "tangible_asset"][:rng.randrange(3)],
            "payable_truncate_krw": rng.choice([10, 10, 1, 1000])},
        "project": {"openness": random_dated(rng, openness)},
        "members": members,
        "usage": [random_use(rng, orgs, models) for _ in range(rng.randrange(9))],
        "contributions": [{"org": rng.choice(orgs), "kind": rng.choice(kinds),
                           "krw": rng.randrange(10 ** rng.randrange(1, 10))}
                          for _ in range(rng.randrange(6))]}


def check(binary, case):
    want = evaluate(case)
    code, out, talk = pumasi.run(binary, ["cofund", "eval", "-f", "-", "-o", "json"],
                                 json.dumps(case, ensure_ascii=False))
    if want is None:
        return None if code == 2 and not out else f"exit {code} instead of 2"
    if code != 0:
        return f"exit {code}: {talk.strip()}"
    return pumasi.difference(pumasi.without_reasons(pumasi.parse(out)), want)


def main():
    binary = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20251101
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    made = [random_case(random.Random(seed + i)) for i in range(cases)]
    refused = sum(evaluate(case) is None for case in made)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, found in enumerate(pool.map(lambda case: check(binary, case), made)):
            if found:
                print(f"not ok - seed {seed + i}: {found}")
                print(json.dumps(made[i], ensure_ascii=False))
                return 1
    print(f"ok - {cases} cases from seed {seed}, {refused} of them refused by both")
    return 0 if refused < cases / 2 else 1


if __name__ == "__main__":
    sys.exit(main())
