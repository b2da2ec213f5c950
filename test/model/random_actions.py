"""Random actions for record_runs.py: most make sense in the state that the model is in, some are wrong on purpose."""
import copy
import random
from dataclasses import dataclass
from fractions import Fraction

from settlement_model import ADD_DELAY, DAY, END, M, MAX_WINDOW, SLOTS, Refused, exact, value

BUYERS = ["buyer", "maker"]
SUPPLIERS = ["maker", "plant", "mill"]
PAYEES = ["plant", "mill", "forge", "bank", "fund", "buyer"]
RELAYERS = [f"relayer{n}" for n in range(1, 13)]
EVERYBODY = ["buyer", "maker", "plant", "mill", "forge", "bank", "fund", "arbiter", "stranger"]


@dataclass
class Profile:
    """What the orders of a run are like, and what happens more often than elsewhere."""
    penalty: float = 0.5                 # share of orders that have the clause
    inspection: float = 0.5
    retention: float = 0.4
    quantity: tuple = (1, 400)
    price: tuple = (1, 900)              # of a unit
    often: tuple = ()
    max_orders: int = 3


PROFILES = {
    "plain": Profile(penalty=0, inspection=0, retention=0),
    "mixed": Profile(),
    "penalty": Profile(penalty=1, inspection=0.3, retention=0.3, often=("confirm", "amend")),
    "inspection": Profile(inspection=1, retention=0.2, often=("inspect", "dispute", "rule", "resolve")),
    "retention": Profile(retention=1, inspection=0.4, often=("claim_retention", "dispute", "rule", "settle")),
    "cascade": Profile(inspection=0.4, often=("assign", "assign", "cancel"), max_orders=2),
    "amendment": Profile(inspection=0.4, retention=0.3, often=("amend", "amend", "assign"), max_orders=2),
    "groups": Profile(often=("retire", "propose_member", "enact_member", "refund", "amend")),
    "dust": Profile(quantity=(200, 5000), price=(0, 0), penalty=0.8, often=("confirm", "inspect")),
    "bounds": Profile(quantity=(1 << 38, (1 << 40) - 1), price=(20_000, 60_000), penalty=0.7, often=("confirm", "assign")),
}

WEIGHTS = {"wait": 9, "mint": 2, "deposit": 3, "withdraw": 3, "refuse": 2, "create": 7, "confirm": 22, "inspect": 9,
           "claim_retention": 4, "dispute": 6, "rule": 5, "resolve": 6, "settle": 5, "refund": 5, "cancel": 2,
           "amend": 6, "credit_note": 3, "assign": 9, "make_group": 1, "retire": 2, "propose_member": 2,
           "enact_member": 2}


class Generator:
    def __init__(self, recording, profile, seed):
        self.recording, self.escrow, self.profile = recording, recording.escrow, profile
        self.random = random.Random(seed)
        self.created = {}                # order -> the action that created it
        self.lists = {}                  # order -> lists of claims that it had
        self.weights = {name: weight * (1 + 2 * profile.often.count(name)) for name, weight in WEIGHTS.items()}

    # ---- a run
    def play(self):
        self.setup()
        wanted = self.random.randint(75, 125)
        while len(self.recording.steps) < wanted:
            name = self.urgent() if self.chance(0.3) else None
            name = name or self.random.choices(list(self.weights), list(self.weights.values()))[0]
            action = getattr(self, name)()
            if action:
                self.act({"do": name, **action})

    def urgent(self):
        """What some open order waits for: without this hardly a dispute would live to be ruled upon."""
        now, waiting = self.escrow.now, []
        for o in self.escrow.orders.values():
            if o.open:
                waiting += ["resolve" if now >= lot.ends else
                            {"pending": "inspect", "rejected": "dispute", "disputed": "rule"}[lot.status]
                            for lot in o.lots.values()
                            if now >= lot.ends or self.chance(0.2 if lot.status == "rejected" else 0.5)]
                if o.retention and o.earned and not o.claimed and now < o.retention_until:
                    waiting.append("claim_retention")
                if not o.ended and now >= self.escrow._refund_from(o):
                    waiting.append("refund")
                if o.payable(now) > o.paid or ("retention" in o.lots and now >= o.retention_until):
                    waiting.append("settle")
                if not o.ended and not self.alive(o.group):
                    waiting.append("amend")
        return self.one(waiting)

    def act(self, action):
        accepted = self.recording.act(action)
        if accepted and action["do"] == "create":
            self.created[action["order"]] = action
        for name, order in self.escrow.orders.items():
            lists, now = self.lists.setdefault(name, []), self.escrow.claims_of(order)
            if not lists or lists[-1] != now:
                lists.append(now)

    def setup(self):
        for group, k, n in (("g1", 1, 2), ("g2", 2, 3), ("g3", 3, 5)):
            self.act({"do": "make_group", "group": group, "members": RELAYERS[:n], "k": k})
        rich = self.highest_total() * 4
        for name in ("buyer", "maker", "bank"):
            self.act({"do": "mint", "to": name, "amount": rich})
        self.act({"do": "deposit", "by": "buyer", "amount": rich // 2})
        self.act({"do": "create", **self.terms()})

    def highest_total(self):
        return max(self.profile.quantity[1] * self.profile.price[1] * 3, 5000)

    # ---- choices
    def chance(self, p):
        return self.random.random() < p

    def one(self, items):
        return self.random.choice(list(items)) if items else None

    def part(self, whole):
        """Of an amount: often all, often a unit, often anything between."""
        kind = self.random.randrange(7)
        return (whole if kind == 0 else min(1, whole) if kind == 1 else whole // 2 if kind == 2
                else -(-whole // 25) if kind == 3
                else self.random.randint(min(1, whole), whole))

    def order(self, wanted=lambda o: True):
        """Usually an open order that fits, seldom any."""
        fitting = [name for name, o in self.escrow.orders.items() if o.open and wanted(o)]
        if self.chance(0.04):
            fitting = list(self.escrow.orders)
        return self.one(fitting)

    def lot(self, statuses, ripe):
        """An order and one of its lots that waits for what is to happen; seldom one that does not."""
        now, orders = self.escrow.now, self.escrow.orders
        lots = [(name, number) for name, o in orders.items() if o.open for number, lot in o.lots.items()
                if lot.status in statuses and (now >= lot.ends) == ripe]
        if lots and self.chance(0.9):
            return self.one(lots)
        any_lot = [(name, number) for name, o in orders.items() if o.open for number in o.lots]
        if any_lot and self.chance(0.5):
            return self.one(any_lot)
        return (self.order(), "0") if self.chance(0.15) else (None, "")

    def claims(self, order, harmless=True):
        """Seldom a list that is not the order's any more; else none, which means the present one."""
        now = self.escrow.claims_of(self.escrow.orders[order])
        stale = [c for c in self.lists[order] if c != now and len(c) > 1]
        return {"claims": self.one(stale)} if stale and len(now) > 1 and harmless and self.chance(0.15) else {}

    def signed(self, names):
        """Those who must sign, seldom one too few or a stranger instead."""
        names = sorted(names)
        if self.chance(0.12):
            names.remove(self.one(names))
            if self.chance(0.5):
                names.append("stranger")
        return names

    def seq(self, o):
        return o.seq if self.chance(0.93) else max(0, o.seq + self.one([-1, 1]))

    def deadline(self):
        if self.chance(0.6):
            return {}
        return {"deadline": self.escrow.now + (-1 if self.chance(0.1) else self.one([0, 60, DAY]))}

    def caller(self):
        return {"by": "stranger"} if self.chance(0.3) else {}

    # ---- the world
    def wait(self):
        now, ends = self.escrow.now, set()
        for o in self.escrow.orders.values():
            if o.open:
                ends |= {o.due, o.expiry, o.retention_until, self.escrow._refund_from(o)}
                ends |= {lot.ends for lot in o.lots.values()}
        for g in self.escrow.groups.values():
            ends |= set(g.adding.values())
        soon = sorted(end for end in ends if end > now + 1)[:3]
        if soon and self.chance(0.55):
            return {"seconds": self.one(soon) - now + self.one([-1, 0, 0, 1])}
        return {"seconds": self.one([60, 3600, DAY, 2 * DAY, 5 * DAY])}

    def mint(self):
        receivers = [name for name in EVERYBODY[:7] if name not in self.escrow.refusing]
        return {"to": self.one(receivers), "amount": self.random.randint(1, self.highest_total())}

    def refuse(self):
        if self.escrow.refusing and self.chance(0.6):
            return {"account": self.one(sorted(self.escrow.refusing)), "on": False}
        return {"account": self.one(PAYEES), "on": True}

    def deposit(self):
        by = self.one(BUYERS + ["bank"])
        has = self.escrow.wallets.get(by, 0)
        amount = has + 1 if self.chance(0.2) else self.part(has // 2)
        return {"by": by, "amount": amount} if amount else None

    def withdraw(self):
        by = self.one([name for name, amount in sorted(self.escrow.credits.items()) if amount] or EVERYBODY)
        if self.chance(0.1):
            by = self.one(EVERYBODY)
        has = self.escrow.credits.get(by, 0)
        amount = self.one([0, has + 1]) if self.chance(0.15) else self.part(has)
        to = {} if self.chance(0.4) else {"to": "escrow" if self.chance(0.1) else self.one(EVERYBODY)}
        return {"by": by, "amount": amount, **to}

    # ---- relayer groups
    def alive(self, name):
        return len(self.escrow.groups[name].live()) >= self.escrow.groups[name].k

    def group(self):
        return self.one(sorted(self.escrow.groups))

    def make_group(self):
        number = len(self.escrow.groups) + 1
        if number > 4 and self.chance(0.9):
            return None
        members = RELAYERS[number:number + self.random.randint(1, 5)]
        k = self.one([0, len(members) + 1]) if self.chance(0.35) else self.random.randint(1, len(members))
        return {"group": f"g{number}", "members": members, "k": k}

    def retire(self):
        name = self.group()
        g = self.escrow.groups[name]
        if self.chance(0.25):
            return {"group": name, "member": self.one(sorted(g.retired)) or "relayer12"}
        if not self.alive(name) and self.chance(0.7):
            return None
        return {"group": name, "member": self.one(sorted(g.live()))} if g.live() else None

    def propose_member(self):
        name = self.group()
        g = self.escrow.groups[name]
        if self.chance(0.25):
            return {"group": name, "member": self.one(sorted(g.members))}
        new = [r for r in RELAYERS if r not in g.members]
        return {"group": name, "member": self.one(new)} if new and not g.adding else None

    def enact_member(self):
        waiting = [(name, m) for name, g in sorted(self.escrow.groups.items()) for m in sorted(g.adding)]
        if not waiting or self.chance(0.1):
            return {"group": self.group(), "member": "relayer12"} if self.chance(0.3) else None
        name, member = self.one(waiting)
        rest = self.escrow.groups[name].adding[member] - self.escrow.now
        if 0 < rest <= ADD_DELAY and self.chance(0.6):
            self.act({"do": "wait", "seconds": rest - (1 if self.chance(0.2) else 0)})
        return {"group": name, "member": member}

    # ---- open
    def create(self):
        if self.created and self.chance(0.06):
            return {key: data for key, data in self.created[self.one(sorted(self.created))].items() if key != "do"}
        if sum(o.open for o in self.escrow.orders.values()) >= self.profile.max_orders and self.chance(0.85):
            return None
        terms = self.terms()
        return {**terms, **self.spoilt(terms)} if self.chance(0.25) else terms

    def lines(self):
        count = self.one([1, 1, 2, 3, 5])
        (low, high), (cheap, dear) = self.profile.quantity, self.profile.price
        lines = []
        for _ in range(count):
            quantity = self.random.randint(low, high)
            total = self.random.randint(quantity * cheap, quantity * dear) // (count if cheap > 1000 else 1)
            lines.append([quantity, total if dear else self.random.randint(0 if count > 1 else 1, quantity // 2)])
        if sum(total for _, total in lines) == 0:
            lines[0][1] = 1
        return lines

    def terms(self):
        now, pick = self.escrow.now, self.random
        due = now + pick.randint(1, 25) * DAY
        expiry = due + self.one([0, pick.randint(1, 20) * DAY])
        buyer = self.one(BUYERS)
        supplier = self.one([name for name in SUPPLIERS if name != buyer])
        by = buyer if self.chance(0.7) else self.one(["stranger", supplier])
        terms = {"order": f"order{len(self.created) + 1}", "by": by, "supplier": supplier, "lines": self.lines(),
                 "due": due, "expiry": expiry, "grace": pick.randint(1, 6) * DAY, "group": self.group()}
        if not self.alive(terms["group"]) and self.chance(0.8):
            terms["group"] = self.one([name for name in sorted(self.escrow.groups) if self.alive(name)]) or "g1"
        if by != buyer:
            terms.update(buyer=buyer, signed=[buyer])
        if self.chance(self.profile.penalty):
            terms["cap_days"] = pick.randint(1, 14)
            terms["rate"] = pick.randint(1, M // terms["cap_days"]) if self.chance(0.5) else pick.randint(500, 20_000)
        inspected, retained = self.chance(self.profile.inspection), self.chance(self.profile.retention)
        if inspected or retained:
            terms.update(arbiter="arbiter", answer=pick.randint(1, 6) * DAY, arbitration=pick.randint(2, 10) * DAY,
                         split=self.one([0, M, M // 2, pick.randint(1, M - 1)]))
        if inspected:
            terms["window"] = pick.randint(1, 8) * DAY
        if retained:
            terms.update(retention=self.one([1, 50_000, 100_000, pick.randint(1, 500_000), M - 1]),
                         retention_until=expiry + self.one([0, pick.randint(1, 10) * DAY, pick.randint(1, 60) * DAY]))
        enough = self.escrow.credits.get(buyer, 0) >= sum(total for _, total in terms["lines"])
        if self.chance(0.45) and (enough or self.chance(0.1)):
            terms["from_balance"] = True
        return terms

    def spoilt(self, terms):
        """What makes good terms bad ones."""
        now, until = self.escrow.now, terms.get("retention_until", 0)
        faults = [{"due": now - 1}, {"expiry": terms["due"] - 1}, {"grace": MAX_WINDOW + 1}, {"supplier": "escrow"},
                  {"supplier": ""}, {"rate": M // 10 + 1, "cap_days": 10}, {"group": "nowhere"},
                  {"lines": [[0, 5]]}, {"lines": [[3, 0]]}, {"lines": [[1 << 39, 1 << 56]]}, {"lines": []},
                  {"lines": [[(1 << 40) - 1, 7]], "rate": 1, "cap_days": 17}, {"by": "stranger", "signed": []},
                  {"lines": [[1, sum(self.escrow.wallets.values()) + 1]]}]
        if terms.get("window"):
            faults += [{"window": MAX_WINDOW + 1}, {"answer": 0}, {"arbitration": 0}, {"split": M + 1}]
        if "arbiter" in terms:
            faults += [{"arbiter": ""}, {"arbiter": terms["supplier"]}, {"arbiter": terms.get("buyer") or terms["by"]}]
        if until:
            faults += 3 * [{"retention": M}, {"retention_until": terms["expiry"] - 1},
                           {"retention_until": terms["expiry"] + 1826 * DAY}]
        fault = self.one(faults)
        if "by" in fault and "buyer" not in terms:
            fault = {**fault, "buyer": terms["by"]}
        return fault

    # ---- delivery
    def confirm(self):
        name = self.order(lambda o: not o.ended and any(x.delivered < x.ordered + x.rejected for x in o.lines))
        if not name:
            return None
        o, now = self.escrow.orders[name], self.escrow.now
        if o.open and not o.ended and now > o.expiry and self.chance(0.3):
            return None
        free = [i for i, x in enumerate(o.lines) if x.delivered < x.ordered + x.rejected]
        line = self.one(free) if free and self.chance(0.95) else self.random.randrange(len(o.lines) + 1)
        x = o.lines[min(line, len(o.lines) - 1)]
        room = x.ordered + x.rejected - x.delivered
        quantity = self.part(max(1, room))
        if self.chance(0.1):
            quantity = room + self.random.randint(1, 1 + x.ordered // 2)
        action = {"order": name, "line": line, "from": x.delivered, "cumulative": x.delivered + quantity}
        if self.chance(0.06):
            action["from"] = max(0, x.delivered + self.one([-1, 1]))
        elif self.chance(0.03):
            action["cumulative"] = x.delivered
        if o.cap_days:
            days = quantity * o.cap_days
            action["late"] = x.late + self.one([0, days, self.random.randint(0, days), self.part(quantity)])
            if self.chance(0.1):
                action["late"] = self.one([0, max(0, x.late - 1), x.late + days + 1])
        action["at"] = o.expiry + 1 if self.chance(0.04) else min(now, o.expiry)
        g = self.escrow.groups[o.group]
        live = sorted(g.live())
        self.random.shuffle(live)
        few = sorted(g.retired) + live[:g.k - 1]
        return {**action, "signers": few if self.chance(0.05) else live[:g.k], **self.claims(name), **self.caller()}

    def inspect(self):
        name, lot = self.lot(["pending"], ripe=False)
        if not name or lot == "retention":
            return None
        o = self.escrow.orders[name]
        quantity = o.lots[lot].quantity if lot in o.lots else 1
        reject = quantity + 1 if self.chance(0.05) else self.one([0, 0, quantity, self.part(quantity)])
        return {"order": name, "lot": lot, "reject": reject, "by": o.buyer if self.chance(0.93) else o.supplier,
                **self.claims(name)}

    def claim_retention(self):
        name = self.order(lambda o: o.retention and self.escrow.now < o.retention_until and not o.claimed and o.earned)
        if not name and self.chance(0.2):
            name = self.order()
        if not name:
            return None
        o = self.escrow.orders[name]
        held = o.held_back(self.escrow.now)
        amount = self.one([0, held + 1]) if self.chance(0.12) else max(1, self.part(held))
        return {"order": name, "amount": amount, "by": o.buyer if self.chance(0.93) else "stranger"}

    def dispute(self):
        name, lot = self.lot(["rejected"], ripe=False)
        if not name:
            return None
        o = self.escrow.orders[name]
        parties = [o.supplier, *sorted(o.owners_above(o.paid))]
        return {"order": name, "lot": lot, "by": self.one(parties) if self.chance(0.88) else "stranger"}

    def rule(self):
        name, lot = self.lot(["disputed"], ripe=False)
        if not name:
            return None
        share = M + 1 if self.chance(0.05) else self.one([0, M, M // 2, self.random.randint(0, M)])
        o = self.escrow.orders[name]
        by = "arbiter" if o.arbiter and self.chance(0.92) else self.one([o.buyer, o.supplier])
        return {"order": name, "lot": lot, "share": share, "by": by, **self.claims(name)}

    def resolve(self):
        name, lot = self.lot(["pending", "rejected", "disputed"], ripe=True)
        return {"order": name, "lot": lot, **self.claims(name), **self.caller()} if name else None

    # ---- money out
    def settle(self):
        now = self.escrow.now
        name = self.order(lambda o: o.payable(now) > o.paid or o.finished()) or self.order()
        if not name:
            return None
        o = self.escrow.orders[name]
        would_close = o.finished() and not o.lots and o.paid == o.earned - o.forfeited
        return {"order": name, **self.claims(name, harmless=not would_close), **self.caller()}

    def refund(self):
        now, start = self.escrow.now, self.escrow._refund_from
        name = self.order(lambda o: not o.ended and now >= start(o))
        if not name:
            name = self.order() if self.chance(0.4) else None
            if name and self.escrow.orders[name].open and self.chance(0.35):
                late = max(0, start(self.escrow.orders[name]) - now)
                if 0 < late < 40 * DAY:
                    self.act({"do": "wait", "seconds": late - (1 if self.chance(0.25) else 0)})
        return {"order": name, **self.caller()} if name else None

    def cancel(self):
        name = self.order()
        if not name:
            return None
        o = self.escrow.orders[name]
        most = o.funded - o.refunded
        ends = [c.end for c in o.claims if o.paid < c.end <= most]
        payout = self.one([o.paid, min(max(o.paid, o.earned), most), self.random.randint(o.paid, max(o.paid, most)),
                           self.one(ends) or most])
        if self.chance(0.1):
            payout = self.one([max(0, o.paid - 1), most + 1])
        names = {o.buyer, o.supplier} | o.owners_above(payout)
        return {"order": name, "payout": payout, "seq": self.seq(o), "signed": self.signed(names), **self.deadline(),
                **self.caller()}

    def credit_note(self):
        name = self.one(self.escrow.orders)
        if not name:
            return None
        o = self.escrow.orders[name]
        by = o.supplier if self.chance(0.9) else "stranger"
        has = self.escrow.wallets.get(by, 0)
        if not has and self.chance(0.8):
            return None
        amount = self.one([0, has + 1]) if self.chance(0.15) else max(1, self.part(has // 3))
        return {"order": name, "amount": amount, "by": by}

    # ---- amendment
    def amend(self):
        name = self.order(lambda o: not o.ended)
        if not name:
            return None
        o, now = self.escrow.orders[name], self.escrow.now
        points = self.schedules(o)
        if not points:
            return None
        due = self.one([o.due, o.due, o.due, o.due, max(o.due, now) + 3 * DAY, max(now, o.due - 2 * DAY)])
        expiry = self.one([max(o.expiry, due), max(o.expiry, due), max(o.expiry, due, now) + 5 * DAY, max(due, now, o.expiry - DAY)])
        if o.retention and self.chance(0.95):
            expiry = min(expiry, o.retention_until)
        if self.chance(0.06):
            due, expiry = self.one([(now - 1, expiry), (due, due - 1), (due, now - 1)])
        action = {"order": name, "points": points, "due": due, "expiry": expiry, "seq": self.seq(o)}
        if self.chance(0.03 if self.alive(o.group) else 0.7):
            action["group"] = self.group()
        worse = self.hurts(o, action) and self.chance(0.8)
        names = {o.buyer, o.supplier} | (o.owners_above(0) if worse else set())
        return {**action, "signed": self.signed(names), **self.deadline(), **self.caller()}

    def hurts(self, o, action):
        """Whether the owners have to sign: tries it without them on a copy of the state."""
        try:
            copy.deepcopy(self.escrow).do({"do": "amend", **action, "seq": o.seq, "signed": [o.buyer, o.supplier]})
        except Refused:
            return True
        return False

    def schedules(self, o):
        """New price schedules that leave the past alone (seldom not), with one number of points on all lines."""
        kind = self.one([None, None, 0, 1, 2, 2])                # of each line one of its own, or the same of all
        made = [self.schedule(x, self.random.randrange(6) if kind is None else kind) for x in o.lines]
        wanted = max(len(points) for points in made)
        made = [self.padded(points, wanted, x) for points, x in zip(made, o.lines)]
        if wanted > 9 or any(len(points) != wanted for points in made):
            return None
        if self.chance(0.18):
            self.spoil(made, o)
        return made

    def spoil(self, made, o):
        """Makes one line's schedule one that the past or the form forbids."""
        line = self.random.randrange(len(made))
        points, x = made[line], o.lines[line]
        least, money = x.delivered - x.rejected, points[-1][1]
        if least > len(points) and self.chance(0.5):             # below what was delivered
            made[line] = [(0, 0), *[(q, 0) for q in range(1, len(points) - 1)], (least - 1, money)]
        elif x.good >= M and self.chance(0.7):                   # the past at another price
            made[line] = [(q, 2 * e + q) for q, e in points]
        else:                                                    # does not rise
            made[line] = [*points[:-1], (points[-2][0], money)]

    def schedule(self, x, kind):
        done, worth = x.good, value(x.points, x.good)
        least = max(x.delivered - x.rejected, -(-done // M), 1)
        if kind == 0:                                            # as it is
            return list(x.points)
        if kind == 1 and x.ordered < (1 << 39):                  # more of it, at any price
            more = self.random.randint(1, 1 + x.ordered // 2)
            money = self.random.randint(0, 1 + 2 * more * x.total // x.ordered)
            return [*x.points, (x.ordered + more, x.total + money)]
        if kind == 2:                                            # less of it, at the same price
            quantity = self.random.randint(min(least, x.ordered), x.ordered)
            kept = [p for p in x.points if p[0] < quantity]
            money = exact(x.points, quantity * M)
            made = [*kept, (quantity, max(kept[-1][1], -int(-money // 1) if self.chance(0.7) else int(money)))]
            return made if value(made, done) == worth else list(x.points)
        quantity = max(least, self.one([x.ordered, self.random.randint(least, max(least, 2 * x.ordered))]))
        quantity = min(quantity, (1 << 40) - 1)
        rest = self.random.randint(0, 1 + 2 * max(0, x.total - worth))
        low, high = done // M, -(-done // M)
        steps = [(q, worth) for q in sorted({low, high}) if 0 < q < quantity]      # flat where the past ends
        made = [(0, 0), *steps, (quantity, worth + rest)]
        return made if value(made, done) == worth else list(x.points)

    def padded(self, points, wanted, x):
        """More points on the last piece, as far as whole quantities lie there and the past stays as it is."""
        points = list(points)
        while len(points) < wanted:
            (q0, e0), (q1, e1) = points[-2:]
            if q1 - q0 < 2:
                return points
            q = self.random.randint(q0 + 1, q1 - 1)
            points.insert(-1, (q, e0 + int(Fraction((e1 - e0) * (q - q0), q1 - q0))))
            if value(points, x.good) != value(x.points, x.good):
                return points[:-2]
        return points

    # ---- claims
    def assign(self):
        name = self.order()
        if not name:
            return None
        o = self.escrow.orders[name]
        claims = [c for c in o.claims if c.slots > 1 or c.end < END]
        c = self.one(claims or o.claims)
        start = max(c.start, o.paid)
        free = max(0, min(c.end, o.funded - o.refunded) - start)
        if not free and self.chance(0.9):
            return None
        amount = free + 1 if self.chance(0.06) else 0 if self.chance(0.03) else max(1, self.part(free))
        if c.slots == 1 and start + free == c.end and self.chance(0.8):
            amount = max(1, free)
        whole = start + amount == c.end
        slots = c.slots if whole else self.random.randint(1, max(1, min(4, c.slots - 1)))
        if self.chance(0.05):
            slots = self.one([0, c.slots, SLOTS + 1])
        to = self.one(["escrow", "", o.arbiter]) if self.chance(0.04) else self.one(PAYEES)
        action = {"order": name, "id": c.id if self.chance(0.94) else max(0, c.id - 1), "amount": amount, "to": to,
                  "max_start": start - 1 if start and self.chance(0.05) else self.one([start, start + 5, END]),
                  "seq": self.seq(o), "slots": slots}
        needed = {c.owner}
        has = self.escrow.wallets.get(to, 0)
        if self.chance(0.6) and (has or self.chance(0.1)):
            action["price"] = has + 1 if self.chance(0.06) else self.random.randint(1, max(1, min(has, amount)))
            needed.add(to)
        signed = self.signed(needed - {"", "escrow"}) if needed - {"", "escrow"} else []
        return {**action, "signed": signed, **self.deadline(), **self.caller()}
