"""What a case file or tree file may not say: exit 2 and one line that names the place.

Each row spoils a sound file in one place: wrong_input.py PUMASI.
"""
import copy
import json
import sys

import pumasi

CASE = {
    "programme": {
        "prices": [{"model": "B200", "krw_per_gpu_month": 6600000, "from": "2025-11-01"}],
        "part_month": "30day", "grain": "second", "burden_base": "gpu_value",
        "rates": {"open_commercial": {"sme": "5%", "large": "10%", "university": "0%"}},
        "cash_floor": {"sme": "10%", "large": "15%"},
        "in_kind_accepts": ["labour", "tangible_asset"], "payable_truncate_krw": 10},
    "project": {"openness": "open_commercial"},
    "members": [{"org": "a", "size": "sme", "role": "lead"},
                {"org": "b", "size": "university", "role": "participant"}],
    "usage": [{"org": "a", "model": "B200", "gpus": 8, "share": "1",
               "from": "2026-01-05", "to": "2026-01-17"}],
    "contributions": [{"org": "a", "kind": "cash", "krw": 100}]}

TREE = {"nodes": [{"name": "root", "nominal": 10},
                  {"name": "a", "parent": "root", "nominal": 10, "lend_limit": 5},
                  {"name": "b", "parent": "a", "nominal": 0, "borrow_limit": 2}],
        "usage": {"a": 3}}

REMOVE = object()

# where, what stands there instead, what the one line must hold
CASES = [
    ("programme.colour", "red", "programme.colour"),
    ("colour", "red", "colour"),
    ("members[0].colour", "red", "members[0].colour"),
    ("usage[0].gpu", 8, "usage[0].gpu"),
    ("contributions[0].won", 8, "contributions[0].won"),
    ("project.open", "yes", "project.open"),
    ("programme.prices[0].to", "2026-01-01", "programme.prices[0].to"),
    ("programme", REMOVE, "programme"),
    ("project", REMOVE, "project"),
    ("members", REMOVE, "members"),
    ("usage", REMOVE, "usage"),
    ("usage[0].org", REMOVE, "usage[0]"),
    ("usage[0].gpus", REMOVE, "usage[0]"),
    ("usage[0].to", REMOVE, "usage[0]"),
    ("programme", [], "programme"),
    ("usage", {}, "usage"),
    # Real numbers, signs and sizes.
    ("usage[0].gpus", 8.0, "usage[0].gpus"),
    ("usage[0].gpus", 8.5, "usage[0].gpus"),
    ("usage[0].gpus", "8", "usage[0].gpus"),
    ("usage[0].gpus", -1, "usage[0].gpus"),
    ("usage[0].gpus", 9223372036854775807, "usage[0].gpus"),
    ("usage[0].gpus", 9223372036854775808, "usage[0].gpus"),
    ("usage[0].gpus", 10**30, "usage[0].gpus"),
    ("usage[0].gpus", True, "usage[0].gpus"),
    ("programme.prices[0].krw_per_gpu_month", 6600000.0, "programme.prices[0].krw_per_gpu_month"),
    ("programme.prices[0].krw_per_gpu_month", -1, "programme.prices[0].krw_per_gpu_month"),
    ("programme.prices[0].krw_per_gpu_month", 2**63, "programme.prices[0].krw_per_gpu_month"),
    ("programme.prices[0].krw_per_gpu_month", 2**63 - 1, "usage: "),
    ("programme.payable_truncate_krw", 0, "programme.payable_truncate_krw"),
    ("programme.payable_truncate_krw", 10.0, "programme.payable_truncate_krw"),
    ("contributions[0].krw", 1e3, "contributions[0].krw"),
    ("contributions[0].krw", -100, "contributions[0].krw"),
    ("contributions", [{"org": "a", "kind": "cash", "krw": 2**63 - 1}] * 2, "contributions: "),
    # Shares.
    ("usage[0].share", "1/3", "usage[0].share"),
    ("usage[0].share", "0", "usage[0].share"),
    ("usage[0].share", "-1/8", "usage[0].share"),
    ("usage[0].share", "2", "usage[0].share"),
    ("usage[0].share", "0.0001", "usage[0].share"),
    ("usage[0].share", "an eighth", "usage[0].share"),
    ("usage[0].share", 0.125, "usage[0].share"),
    ("usage[0].share", 1, "usage[0].share"),
    # Dates.
    ("usage[0].from", "2026-02-30", "usage[0].from"),
    ("usage[0].from", "2026-2-3", "usage[0].from"),
    ("usage[0].from", "2026-13-01", "usage[0].from"),
    ("usage[0].to", "2026-02-29", "usage[0].to"),
    ("usage[0].to", "2026-02-03T24:00:00+09:00", "usage[0].to"),
    ("usage[0].to", "2026-02-03T09:00:00", "usage[0].to"),
    ("usage[0].to", "2026-01-04", "usage[0].to"),
    ("usage[0].to", "9999-12-31T23:59:59Z", "usage"),
    ("usage[0].from", 20260105, "usage[0].from"),
    ("programme.prices[0].from", "yesterday", "programme.prices[0].from"),
    # Names.
    ("usage[0].org", "c", "usage[0].org"),
    ("contributions[0].org", "c", "contributions[0].org"),
    ("usage[0].model", "H100", "usage[0].model"),
    ("usage[0].model", "", "usage[0].model"),
    ("usage[0].model", "B" * 32, "usage[0].model"),
    ("members[1].org", "a", "members[1]"),
    ("members[0].org", "", "members[0].org"),
    ("members[0].size", "mighty", "members[0].size"),
    ("members[0].size", "none", "members[0].size"),
    ("members[0].legal_size", "mighty", "members[0].legal_size"),
    ("project.openness", "half", "project.openness"),
    ("project.openness", "none", "project.openness"),
    ("programme.part_month", "31day", "programme.part_month"),
    ("programme.grain", "hour", "programme.grain"),
    ("programme.burden_base", "cost", "programme.burden_base"),
    ("programme.rates.half", {}, "programme.rates.half"),
    ("programme.rates.open_commercial.mighty", "5%", "programme.rates.open_commercial.mighty"),
    ("programme.in_kind_accepts", ["cash"], "programme.in_kind_accepts[0]"),
    ("programme.in_kind_accepts", [7], "programme.in_kind_accepts[0]"),
    # Percentages.
    ("programme.rates.open_commercial.sme", "5", "programme.rates.open_commercial.sme"),
    ("programme.rates.open_commercial.sme", 5, "programme.rates.open_commercial.sme"),
    ("programme.rates.open_commercial.sme", "-5%", "programme.rates.open_commercial.sme"),
    ("programme.rates.open_commercial.sme", "101%", "programme.rates.open_commercial.sme"),
    ("programme.cash_floor.sme", "ten", "programme.cash_floor.sme"),
    ("programme.cash_floor.mighty", "10%", "programme.cash_floor.mighty"),
    # Missing money rules.
    ("programme.rates.open_commercial.sme", REMOVE, "programme.rates.open_commercial.sme"),
    ("programme.rates", REMOVE, "programme.rates.open_commercial.sme"),
    ("programme.cash_floor.sme", REMOVE, "programme.cash_floor.sme"),
    ("programme.prices", [], "usage[0].model"),
    ("members[0].size", "startup", "programme.rates.open_commercial.startup"),
    ("project.openness", "open_noncommercial", "programme.rates.open_noncommercial.sme"),
    ("programme.prices[0].from", "2026-01-06", "usage[0].from"),
    ("members[0].size", [{"from": "2026-01-06", "value": "sme"}], "usage[0].from"),
    ("members[0].size", [], "usage[0].from"),
    ("project.openness", [{"from": "2026-01-06", "value": "closed"}], "usage[0].from"),
    # Two facts from one date.
    ("programme.prices", CASE["programme"]["prices"] * 2, "programme.prices[1].from"),
    ("members[0].size", [{"from": "2025-01-01", "value": "sme"},
                         {"from": "2025-01-01", "value": "large"}], "members[0].size[1].from"),
    ("project.openness", [{"from": "2025-01-01T00:00:00+09:00", "value": "closed"},
                          {"from": "2025-01-01", "value": "open_commercial"}],
     "project.openness[1].from"),
    ("members[0].size", [{"from": "2025-01-01", "size": "sme"}], "members[0].size[0].size"),
]

TREES = [
    ("colour", "red", "colour"),
    ("nodes[1].nominale", 1, "nodes[1].nominale"),
    ("nodes", REMOVE, "nodes"),
    ("nodes[0].nominal", REMOVE, "nodes[0]"),
    ("nodes[0].nominal", -1, "nodes[0].nominal"),
    ("nodes[0].nominal", 1.0, "nodes[0].nominal"),
    ("nodes[0].nominal", 2**63, "nodes[0].nominal"),
    ("nodes[0].lend_limit", 0, "nodes[0].lend_limit"),
    ("nodes[0].borrow_limit", [{"from": "2026-01-01", "value": 1}], "nodes[0].borrow_limit"),
    ("nodes[1].parent", "nobody", "nodes[1].parent"),
    ("nodes[1].parent", "b", "nodes[1].parent"),
    ("nodes[1].parent", "a", "nodes[1].parent"),
    ("nodes[1].name", "root", "nodes[1].name"),
    ("nodes[1].name", "", "nodes[1].name"),
    ("nodes[2].borrow_limit", "2", "nodes[2].borrow_limit"),
    ("nodes[1].nominal", [{"from": "2026-02-30", "value": 1}], "nodes[1].nominal[0].from"),
    ("nodes[1].nominal", [{"from": "2026-01-01", "value": 1.5}], "nodes[1].nominal[0].value"),
    ("nodes[1].nominal", [{"from": "2026-01-01", "value": 1},
                          {"from": "2026-01-01", "value": 2}], "nodes[1].nominal[1].from"),
    ("usage.nobody", 1, "usage.nobody"),
    ("usage.a", -1, "usage.a"),
    ("usage.a", 1.0, "usage.a"),
    ("usage", [], "usage"),
]


def steps(path):
    for part in path.split("."):
        name, _, rest = part.partition("[")
        yield name
        if rest:
            yield int(rest.rstrip("]"))


def spoilt(document, path, value):
    document = copy.deepcopy(document)
    *way, last = steps(path)
    at = document
    for step in way:
        at = at[step]
    if value is REMOVE:
        del at[last]
    else:
        at[last] = value
    return document


def texts():
    """Files that are no such document at all."""
    case = json.dumps(CASE)
    return [
        ("", "1"),
        ("null", ""),
        ("[]", ""),
        (case[:-1], "line"),
        (case + "x", "line"),
        (case.replace('"gpus": 8', '"gpus": 8, "gpus": 9'), "gpus"),
        (case.replace('"gpus": 8', '"gpus": NaN'), "line"),
        (case.replace('"gpus": 8', '"gpus": 08'), "line"),
        (case.replace('"gpus": 8', '"gpus": 1e400'), "usage[0].gpus"),
        (case.replace('"B200"', '"B2\\u000000"'), ""),
        ("[" * 5000, ""),
        ("x" * (2 << 20), ""),
        (case + " " * (2 << 20), ""),
    ]


def main():
    binary = sys.argv[1]
    rows = [(["cofund", "eval"], json.dumps(spoilt(CASE, path, value)), want, path)
            for path, value, want in CASES]
    total_cost = spoilt(CASE, "programme.burden_base", "total_cost")
    total_cost = spoilt(total_cost, "programme.rates.open_commercial.large", "100%")
    rows.append((["cofund", "eval"], json.dumps(total_cost),
                 "programme.rates.open_commercial.large", "total_cost"))
    rows += [(["quota", "eval"], json.dumps(spoilt(TREE, path, value)), want, path)
             for path, value, want in TREES]
    rows += [(["cofund", "eval"], text, want, text[:20]) for text, want in texts()]
    failed = 0
    for command, text, want, name in rows:
        code, out, talk = pumasi.run(binary, command + ["-f", "-", "-o", "table", "--lang", "en"],
                                     text)
        lines = talk.splitlines()
        good = code == 2 and out == "" and len(lines) >= 1 and want in lines[0]
        failed += not good
        shown = lines[0][:200] if lines else ""
        print(f"{'ok' if good else 'not ok'} - {' '.join(command)} {name}: exit {code}: {shown}")
    print(f"1..{len(rows)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
