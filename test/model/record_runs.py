"""Records what settlement_model.py does in long random sequences of all actions by all actors: runs/*.json.

    python3 test/model/record_runs.py             writes test/model/runs/ and prints the coverage
    python3 test/model/record_runs.py --check     writes nothing; fails when what is there differs

Plain Python 3.10 or newer. A run depends on its seed alone. runs/README.md says how to read a file.
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from random_actions import PROFILES, Generator  # noqa: E402
from settlement_model import Escrow, Refused, integers  # noqa: E402

RUNS = Path(__file__).parent / "runs"
RUNS_PER_PROFILE = 6
START = 1_800_000_000

# What is counted in money or quantity is a decimal string in JSON; times, rates, shares and ids are numbers.
BIG = {"amount", "cumulative", "late", "from", "lines", "points", "payout", "price", "max_start", "reject", "funded",
       "earned", "paid", "refunded", "held", "delivered", "rejected", "good"}


def text(data):
    return [text(x) for x in data] if isinstance(data, (list, tuple)) else str(data)


def encoded(key, data):
    if data is None:
        return None
    if key == "claims":
        return [[str(start), str(end), owner, slots, id] for start, end, owner, slots, id in data]
    if key == "lots":
        return {n: lot and [lot[0], str(lot[1]), str(lot[2]), *lot[3:]] for n, lot in data.items()}
    if key in ("wallets", "credits"):
        return {name: str(amount) for name, amount in data.items()}
    return text(data) if key in BIG else data


def encoded_action(action):
    return {key: encoded(key, data) for key, data in action.items()}


def encoded_balances(balances):
    result = {key: encoded(key, data) for key, data in balances.items() if key != "orders"}
    orders = {name: {key: encoded(key, data) for key, data in order.items()}
              for name, order in balances.get("orders", {}).items()}
    return {**result, "orders": orders}


def difference(before, after):
    """What of `after` is not so in `before`, by keys; null is gone. Lists are given whole."""
    changed = {}
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = difference(old, new)
            if inner:
                changed[key] = inner
        elif old != new:
            changed[key] = new
    return changed


class Recording:
    """One run: actions go to the model as the file has them, so that the file says all."""

    def __init__(self):
        self.escrow = Escrow()
        self.steps = []
        self.balances = encoded_balances(self.escrow.balances())

    def act(self, action):
        """Answers whether the model allowed it."""
        action = encoded_action(action)
        step = {"action": action}
        try:
            self.escrow.do(integers(action))
        except Refused as reason:
            step["refused"] = str(reason)
        balances = encoded_balances(self.escrow.balances())
        changed = difference(self.balances, balances)
        if "refused" in step:
            assert not changed, f"a refused action changed something: {step}"
        elif changed:
            step["changes"] = changed
        self.steps.append(step)
        self.balances = balances
        self.check()
        return "refused" not in step

    def check(self):
        """What must hold after every step: the escrow holds exactly what it owes, and no order owes below zero."""
        escrow = self.escrow
        held = [o.funded - o.paid - o.refunded for o in escrow.orders.values()]
        owed = sum(held) + sum(escrow.credits.values())
        assert min(held, default=0) >= 0 and escrow.wallets.get("escrow", 0) == owed, self.steps[-1]


def record(profile, number, seed):
    recording = Recording()
    recording.act({"do": "wait", "seconds": START})
    Generator(recording, PROFILES[profile], seed).play()
    return {"name": f"{profile}-{number}", "seed": seed, "steps": recording.steps, "end": recording.balances}


def json_of(run):
    """One step a line."""
    def line(data):
        return json.dumps(data, separators=(",", ":"))
    steps = ",\n".join(line(step) for step in run["steps"])
    return (f'{{"name":{line(run["name"])},"seed":{run["seed"]},"steps":[\n{steps}\n],\n'
            f'"end":{line(run["end"])}}}\n')


def coverage(runs):
    """Per action how often it was accepted, how often refused, and for which reasons."""
    table = {}
    for run in runs:
        for step in run["steps"]:
            row = table.setdefault(step["action"]["do"], {"accepted": 0, "refused": 0, "reasons": {}})
            if "refused" in step:
                row["refused"] += 1
                row["reasons"][step["refused"]] = row["reasons"].get(step["refused"], 0) + 1
            else:
                row["accepted"] += 1
    return table


def closes(change):
    return change.get("open") is False


def pays(action, change):
    return action["do"] in ("confirm", "inspect", "rule", "resolve") and "paid" in change


# What a replay should not miss, as a test of an accepted action and of what it changed of its order.
SPECIAL = {
    "a report with a stale list of claims: counted, not paid": lambda a, c: a["do"] == "confirm" and "claims" in a,
    "a decision on a lot with a stale list": lambda a, c: a["do"] in ("inspect", "rule", "resolve") and "claims" in a,
    "a payment to more than one owner": lambda a, c: pays(a, c) and c["wallets"] + c["credits"] > 2,
    "a payment kept as credit": lambda a, c: pays(a, c) and c["credits"] > 0,
    "`settle` that closes": lambda a, c: a["do"] == "settle" and closes(c),
    "`settle` that pays and does not close": lambda a, c: a["do"] == "settle" and "paid" in c and not closes(c),
    "`refund` that closes": lambda a, c: a["do"] == "refund" and closes(c),
    "`refund` that ends the order only": lambda a, c: a["do"] == "refund" and not closes(c),
    "a call on the retention decided": lambda a, c: a.get("lot") == "retention" and a["do"] in ("rule", "resolve"),
    "a rejection that became final": lambda a, c: a["do"] == "resolve" and "rejected" in c,
    "an order moved to another group": lambda a, c: a["do"] == "amend" and "group" in a,
    "an amendment that an owner signed": lambda a, c: a["do"] == "amend" and len(a["signed"]) > 2,
    "an amendment to less that an owner did not sign": lambda a, c: a["do"] == "amend" and c["less"] and c["unsigned"],
    "an amendment that sends money back": lambda a, c: a["do"] == "amend" and c["less"],
    "a sale of a claim": lambda a, c: a["do"] == "assign" and "price" in a,
    "a claim handed on by who is not the supplier": lambda a, c: a["do"] == "assign" and c["owner"] != c["supplier"],
}


def seen(runs):
    """How often each of SPECIAL happened."""
    counts = dict.fromkeys(SPECIAL, 0)
    for run in runs:
        orders = {}
        for step in run["steps"]:
            action, changes = step["action"], step.get("changes", {})
            name = action.get("order")
            if "refused" in step or not name:
                continue
            order, change = orders.setdefault(name, {"supplier": action.get("supplier")}), {}
            change.update(changes.get("orders", {}).get(name, {}), wallets=len(changes.get("wallets", {})),
                          credits=len(changes.get("credits", {})), supplier=order["supplier"])
            if action["do"] == "assign":
                change["owner"] = next(c[2] for c in order["claims"] if c[4] == action["id"])
            owners = {claim[2] for claim in order.get("claims", [])[:-1]}
            change["unsigned"] = bool(owners - set(action.get("signed", [])))
            change["less"] = int(change.get("funded", 0) or 0) < int(order.get("funded", 0)) and "funded" in change
            order.update(changes.get("orders", {}).get(name, {}))
            for title, happened in SPECIAL.items():
                counts[title] += bool(happened(action, change))
    return "\n".join(f"- {title}: {count}" for title, count in counts.items())


def markdown(table, runs):
    """The coverage as a table, laid out as prettier does it."""
    rows = [["action", "accepted", "refused", "refused because"], None]
    for name in sorted(table):
        row = table[name]
        reasons = sorted(row["reasons"].items(), key=lambda item: (-item[1], item[0]))
        why = ", ".join(f"{reason} {count}" for reason, count in reasons)
        rows.append([f"`{name}`", str(row["accepted"]), str(row["refused"]), why])
    widths = [max(len(row[i]) for row in rows if row) for i in range(4)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" if row else
             "| " + " | ".join("-" * width for width in widths) + " |" for row in rows]
    steps = sum(len(run["steps"]) for run in runs)
    accepted = sum(row["accepted"] for row in table.values())
    head = f"{len(runs)} runs, {steps} steps: {accepted} accepted, {steps - accepted} refused."
    return "\n".join([head, "", *lines, "", "Among the accepted:", "", seen(runs)])


def main():
    runs = [record(profile, number, 1000 * place + number)
            for place, profile in enumerate(PROFILES, 1) for number in range(1, RUNS_PER_PROFILE + 1)]
    table = markdown(coverage(runs), runs)
    readme = (RUNS / "README.md").read_text()
    head, mark, _ = readme.partition("<!-- coverage -->\n")
    files = {f'{run["name"]}.json': json_of(run) for run in runs}
    files["README.md"] = f"{head}{mark}\n{table}\n"
    there = {path.name: path.read_text() for path in RUNS.iterdir()}
    print(table)
    print(f'\n{sum(len(content) for content in files.values()):,} bytes')
    if "--check" in sys.argv:
        wrong = sorted(name for name in {**there, **files} if there.get(name) != files.get(name))
        sys.exit(f'differs from what is recorded: {", ".join(wrong)}' if wrong else 0)
    for name in there:
        (RUNS / name).unlink()
    for name, content in files.items():
        (RUNS / name).write_text(content)


if __name__ == "__main__":
    main()
