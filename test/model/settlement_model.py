"""Executable model of the settlement escrow: docs/settlement-rules.md in code. Plain Python, no packages.

Integers only. Quantities are integers in the line's scale, money in minor units, time in seconds,
shares and rates in parts per million (M). A line keeps one number that is worth money, `good`:
accepted quantity in millionths of a unit, less what lateness takes (late unit-days x rate) and
times the share that a ruling granted. Everything paid is a function of these totals:

    earned  = sum over lines of value(points, good)          one floor per line, never falls
    payable = earned - held back (retention before its date, an open claim on it, what was forfeited)

`paid` moves along one axis towards `payable`; claims are intervals of that axis. The buyer gets
`funded - paid - refunded` when the order closes, so every rounding ends with the buyer and the last
accepted unit repairs it. A method checks first and changes afterwards: a refused action does nothing.

    python3 settlement_model.py actions.json        (or on standard input) prints the balances as JSON

In JSON a quantity or an amount may be a decimal string: not every reader keeps 56 bits of a number.
"""
import json
import sys
from dataclasses import dataclass, field
from fractions import Fraction

M = 1_000_000
DAY = 86_400
SLOTS = 16                 # intervals an order can have at most, the supplier's remainder among them
END = 1 << 62              # end of the supplier's remainder
MAX_WAIT = 30 * DAY        # longest that a relayer group below quorum can hold up a refund
ADD_DELAY = 7 * DAY        # a new relayer waits that long
MAX_WINDOW = 90 * DAY      # bound for inspection, answer, arbitration and grace
MAX_RETENTION = 1825 * DAY
QUANTITY_BOUND = 1 << 40   # a line orders less, in its scale
LATE_BOUND = 1 << 44       # unit-days that a line can be late by at most, when nothing is rejected
MONEY_BOUND = (1 << 56) - 1  # an order's total is less, in minor units: above it the contract has no end of a claim


class Refused(Exception):
    """The action is not allowed in this state; nothing changed."""


def need(condition, reason):
    if not condition:
        raise Refused(reason)


def in_time(now, deadline):
    return deadline is None or now <= deadline


def ceil_div(a, b):
    return -(-a // b)


def exact(points, x):
    """Value of x millionths of a unit on a price schedule: points (quantity, cumulative money)."""
    for (q0, e0), (q1, e1) in zip(points, points[1:]):
        if x <= q1 * M:
            return e0 + Fraction((e1 - e0) * (x - q0 * M), (q1 - q0) * M)
    return Fraction(points[-1][1])


def value(points, x):
    return int(exact(points, x))           # floor: never negative


def bounded(schedules, cap_days):
    """What the widths of the contract's state rest on."""
    ends = [points[-1] for points in schedules]
    return (0 < sum(total for _, total in ends) < MONEY_BOUND
            and all(0 < ordered < QUANTITY_BOUND and ordered * cap_days <= LATE_BOUND for ordered, _ in ends))


@dataclass
class Line:
    points: list                            # [(0, 0), ..., (ordered, total)]; more points after an amendment
    delivered: int = 0                      # confirmed; never falls
    late: int = 0                           # unit-days confirmed; never falls
    rejected: int = 0                       # finally; each unit makes room for a replacement
    decided: int = 0                        # accepted, rejected or ruled upon
    good: int = 0                           # see above; never falls

    ordered = property(lambda self: self.points[-1][0])
    total = property(lambda self: self.points[-1][1])
    pending = property(lambda self: self.delivered - self.decided)


@dataclass
class Lot:                                  # goods under inspection, or (line None) the claim on the retention
    line: int | None
    quantity: int
    late: int
    ends: int
    status: str                             # pending -> rejected -> disputed; gone when decided


@dataclass
class Interval:
    start: int
    end: int
    owner: str
    slots: int                              # how many intervals this one may become
    id: int                                 # never used twice: what a signature over a claim binds


@dataclass
class Order:
    # terms; rate: penalty per unit and day late, cap_days: days that count at most (rate x cap_days <= M),
    # window: inspection (0: accepted at once), answer: to contest a rejection, split: when the arbiter is silent
    buyer: str; supplier: str; arbiter: str; group: str
    lines: list
    due: int; expiry: int; grace: int
    rate: int; cap_days: int
    window: int; answer: int; arbitration: int; split: int
    retention: int; retention_until: int
    # state
    open: bool = True
    ended: bool = False                     # the undelivered part went back; no further report counts
    seq: int = 0
    earned: int = 0; paid: int = 0; refunded: int = 0
    forfeited: int = 0                      # of the retention, by the one claim on it
    claimed: bool = False
    next_lot: int = 0
    next_id: int = 1
    lots: dict = field(default_factory=dict)
    claims: list = field(default_factory=list)

    @property
    def funded(self):
        return sum(line.total for line in self.lines)

    @property
    def top(self):
        return max(self.claims[-1].start, self.paid)

    def held_back(self, now):
        kept = ceil_div(self.earned * self.retention, M) if now < self.retention_until else 0
        claim = self.lots.get("retention")
        return max(kept, self.forfeited, claim.quantity if claim else 0)

    def payable(self, now):
        return self.earned - self.held_back(now)

    def finished(self):
        """Nothing is under inspection and nothing more can be delivered."""
        return all(line.pending == 0 and (self.ended or line.delivered == line.ordered + line.rejected)
                   for line in self.lines)

    def owners_above(self, amount):
        """Who would lose if the cumulative payout never went above `amount`; the remainder is the supplier's."""
        return {c.owner for c in self.claims[:-1] if c.end > max(amount, self.paid)}


@dataclass
class Group:
    members: set
    k: int
    retired: set = field(default_factory=set)
    restored: int = 0                       # when it last came back to k live members
    adding: dict = field(default_factory=dict)

    def live(self):
        return self.members - self.retired


class Escrow:
    def __init__(self):
        self.now = 0
        self.wallets = {}                   # token balances; "escrow" is the contract's
        self.credits = {}                   # prefunded balances and failed pushes
        self.refusing = set()               # accounts whose token transfers fail
        self.orders = {}
        self.groups = {}

    # ---- the world
    def do(self, action):
        action = dict(action)
        name = action.pop("do")
        if "from" in action:
            action["from_"] = action.pop("from")     # a word of the language's own
        need(not name.startswith("_") and name not in ("do", "balances"), "unknown action")
        return getattr(self, name)(**action)

    def wait(self, seconds):
        self.now += seconds

    def mint(self, to, amount):
        self.wallets[to] = self.wallets.get(to, 0) + amount

    def refuse(self, account, on=True):
        (self.refusing.add if on else self.refusing.discard)(account)

    def _pull(self, account, amount):
        need(self.wallets.get(account, 0) >= amount, "balance")
        self.wallets[account] -= amount
        self.mint("escrow", amount)

    def _push(self, account, amount):
        if account in self.refusing:
            self.credits[account] = self.credits.get(account, 0) + amount
        elif amount:
            self.wallets["escrow"] -= amount
            self.mint(account, amount)

    # ---- prefunded balance and credit
    def deposit(self, by, amount):
        self._pull(by, amount)
        self.credits[by] = self.credits.get(by, 0) + amount

    def withdraw(self, by, amount, to=None):
        need(0 < amount <= self.credits.get(by, 0), "credit")
        need((to or by) not in self.refusing and to != "escrow", "refused by the receiver")
        self.credits[by] -= amount
        self._push(to or by, amount)

    # ---- relayer groups
    def make_group(self, group, members, k):
        need(group not in self.groups and 0 < k <= len(set(members)), "group")
        self.groups[group] = Group(set(members), k)

    def retire(self, group, member):
        need(member in self.groups[group].live(), "not a member")
        self.groups[group].retired.add(member)

    def propose_member(self, group, member):
        g = self.groups[group]
        need(member not in g.members, "member")      # a retired member stays retired
        g.adding[member] = self.now + ADD_DELAY

    def enact_member(self, group, member):
        g = self.groups[group]
        need(self.now >= g.adding.get(member, self.now + 1), "too early")
        if len(g.live()) == g.k - 1:
            g.restored = self.now
        del g.adding[member]
        g.members.add(member)

    def _refund_from(self, o):
        g, base = self.groups[o.group], o.expiry + o.grace
        if len(g.live()) < g.k:
            return base + MAX_WAIT
        return max(base, min(g.restored + o.grace, base + MAX_WAIT)) if g.restored else base

    # ---- open
    def create(self, order, by, supplier, lines, due, expiry, grace, group, buyer=None, signed=(), arbiter="",
               rate=0, cap_days=0, window=0, answer=0, arbitration=0, split=M, retention=0, retention_until=0,
               from_balance=False):
        buyer = buyer or by
        need(order not in self.orders, "exists")     # closed orders stay known: their reports must stay dead
        need(buyer == by or buyer in signed, "buyer has not signed")
        need(supplier not in ("", "escrow") and group in self.groups, "terms")
        need(all(t >= 0 for _, t in lines) and bounded([[line] for line in lines], cap_days), "lines")
        need(self.now <= due <= expiry and max(window, answer, arbitration, grace) <= MAX_WINDOW, "dates")
        need(rate * cap_days <= M and retention < M and split <= M, "rates")
        need(not arbiter or arbiter not in (buyer, supplier), "arbiter")
        if window or retention:
            need(arbiter and answer and arbitration, "arbiter")
        if retention:
            need(expiry <= retention_until <= expiry + MAX_RETENTION, "retention date")
        total = sum(t for _, t in lines)
        if from_balance:
            need(self.credits.get(buyer, 0) >= total, "credit")
            self.credits[buyer] -= total
        else:
            self._pull(buyer, total)
        self.orders[order] = Order(buyer, supplier, arbiter, group, [Line([(0, 0), (q, t)]) for q, t in lines], due,
                                   expiry, grace, rate, cap_days, window, answer, arbitration, split, retention,
                                   retention_until if retention else 0,
                                   claims=[Interval(0, END, supplier, SLOTS, 0)])

    def _open(self, order):
        need(order in self.orders and self.orders[order].open, "not open")
        return self.orders[order]

    # ---- delivery
    def confirm(self, order, line, cumulative, late=0, at=0, from_=None, signers=None, claims=None, by=""):
        """A report: cumulative quantity, cumulative late unit-days (each unit at most cap_days, against the due
        date in force when it was delivered), time of the latest event, and what it builds on. Anyone submits it,
        any number of times; the contract skips what is refused here, but for a missing quorum."""
        o = self._open(order)
        g = self.groups[o.group]
        need(len(g.live() & set(g.members if signers is None else signers)) >= g.k, "quorum")
        need(not o.ended and at <= o.expiry, "ended")
        need(line < len(o.lines), "line")
        item = o.lines[line]
        need(from_ is None or from_ == item.delivered, "stale")
        reported = cumulative - item.delivered
        quantity = min(reported, item.ordered + item.rejected - item.delivered)
        need(quantity > 0, "nothing new")
        more = min(ceil_div(max(0, late - item.late) * quantity, reported), quantity * o.cap_days)
        item.delivered += quantity
        item.late += more
        if o.window == 0:
            self._accept(o, line, quantity, more)
        else:
            o.lots[str(o.next_lot)] = Lot(line, quantity, more, self.now + o.window, "pending")
            o.next_lot += 1
        self._pay(o, claims)

    def _accept(self, o, line, quantity, late, share=M):
        item = o.lines[line]
        item.decided += quantity
        item.good += (quantity * M - late * o.rate) * share // M
        o.earned = sum(value(x.points, x.good) for x in o.lines)

    def _lot(self, order, lot, status):
        o = self._open(order)
        need(lot in o.lots and o.lots[lot].status == status, "lot")
        need(self.now < o.lots[lot].ends, "too late")
        return o, o.lots[lot]

    def inspect(self, order, lot, reject, by, claims=None):
        """The buyer's one and final answer about a lot: so many rejected, the rest accepted."""
        o, item = self._lot(order, lot, "pending")
        need(by == o.buyer and 0 <= reject <= item.quantity, "buyer")
        accepted = item.quantity - reject
        late = ceil_div(item.late * accepted, item.quantity)
        if accepted:
            self._accept(o, item.line, accepted, late)
        if reject:
            o.lots[lot] = Lot(item.line, reject, item.late - late, self.now + o.answer, "rejected")
            o.seq += 1
        else:
            del o.lots[lot]
        self._pay(o, claims)

    def claim_retention(self, order, amount, by):
        """The retention is one more lot: silence until its date releases it, the buyer may claim once."""
        o = self._open(order)
        need(by == o.buyer and not o.claimed and self.now < o.retention_until, "claim")
        need(0 < amount <= o.held_back(self.now), "amount")
        o.lots["retention"] = Lot(None, amount, 0, self.now + o.answer, "rejected")
        o.claimed = True
        o.seq += 1

    def dispute(self, order, lot, by):
        """Whoever would be paid contests a rejection (or the claim on the retention)."""
        o, item = self._lot(order, lot, "rejected")
        need(by == o.supplier or by in o.owners_above(o.paid), "party")
        item.status, item.ends = "disputed", self.now + o.arbitration
        o.seq += 1

    def rule(self, order, lot, share, by, claims=None):
        o, _ = self._lot(order, lot, "disputed")
        need(by == o.arbiter and 0 <= share <= M, "arbiter")
        self._decide(o, lot, share)
        self._pay(o, claims)

    def resolve(self, order, lot, by="", claims=None):
        """Anyone, when the time is over: silence of the buyer accepts, of the payees agrees, of the arbiter splits."""
        o = self._open(order)
        need(lot in o.lots and self.now >= o.lots[lot].ends, "too early")
        item = o.lots[lot]
        if item.status == "rejected" and item.line is not None:
            o.lines[item.line].rejected += item.quantity
            o.lines[item.line].decided += item.quantity
            del o.lots[lot]
        else:
            self._decide(o, lot, {"pending": M, "rejected": 0, "disputed": o.split}[item.status])
        self._pay(o, claims)

    def _decide(self, o, lot, share):
        item = o.lots.pop(lot)
        if item.line is None:
            o.forfeited = item.quantity - ceil_div(item.quantity * share, M)
        else:
            self._accept(o, item.line, item.quantity, item.late, share)

    # ---- money out
    def _pay(self, o, claims=None):
        """Pays what is payable to the owners of that part of the axis; with a stale list nothing, until `settle`."""
        if claims is not None and claims != self.claims_of(o):
            return
        target = o.payable(self.now)
        for c in o.claims:
            part = min(c.end, target) - max(c.start, o.paid)
            if part > 0:
                self._push(c.owner, part)
                o.paid += part                          # bottom-up: so far as this interval goes
        o.claims[-1].slots += sum(c.slots for c in o.claims if c.end <= o.paid)
        o.claims = [c for c in o.claims if c.end > o.paid]

    @staticmethod
    def claims_of(o):
        """The list whose hash an order keeps once it was split."""
        return [[c.start, c.end, c.owner, c.slots, c.id] for c in o.claims]

    def settle(self, order, by="", claims=None):
        """Anyone: pays what is due by now; closes the order when nothing can change any more."""
        o = self._open(order)
        self._pay(o, claims)
        self._close_if_over(o)

    def _close_if_over(self, o):
        if o.finished() and not o.lots and o.paid == o.earned - o.forfeited:
            self._close(o)

    def _close(self, o):
        rest = o.funded - o.paid - o.refunded
        o.open, o.refunded, o.lots, o.claims = False, o.refunded + rest, {}, o.claims[-1:]
        self._push(o.buyer, rest)

    def refund(self, order, by=""):
        """Anyone, after expiry and grace: what was not delivered goes back; what is under inspection runs out.
        Where nothing is pending or held the order closes with it."""
        o = self._open(order)
        need(not o.ended and self.now >= self._refund_from(o), "too early")
        o.ended = True
        amount = o.funded - o.refunded - sum(value(x.points, x.good + x.pending * M) for x in o.lines)
        o.refunded += amount
        self._push(o.buyer, amount)
        self._close_if_over(o)

    def cancel(self, order, payout, seq, signed, by="", deadline=None):
        """Both, and everyone whose interval it cuts: the cumulative payout ends at `payout`, the rest goes back."""
        o = self._open(order)
        need(seq == o.seq and in_time(self.now, deadline), "stale")
        need({o.buyer, o.supplier} | o.owners_above(payout) <= set(signed), "signatures")
        need(o.paid <= payout <= o.funded - o.refunded, "payout")
        o.earned, o.forfeited, o.retention, o.lots = payout, 0, 0, {}
        self._pay(o)
        self._close(o)

    def amend(self, order, points, due, expiry, seq, signed, group=None, by="", deadline=None):
        """Both sign whole price schedules: the past is not repriced, dates are not in the past and count for what
        is delivered later, so reports in flight keep their worth. Owners sign too unless it cannot hurt them.
        The relayer group may change only while fewer than k members of the present one are alive."""
        o = self._open(order)
        need(seq == o.seq and in_time(self.now, deadline) and not o.ended, "stale")
        need(len(points) == len(o.lines) and all(p[0] == (0, 0) and all(a[0] < b[0] and a[1] <= b[1]
             for a, b in zip(p, p[1:])) and len(p) > 1 for p in points), "schedule")
        need(bounded(points, o.cap_days), "lines")
        group = group or o.group
        need(group in self.groups, "group")
        need(group == o.group or len(self.groups[o.group].live()) < self.groups[o.group].k, "group is alive")
        for new, x in zip(points, o.lines):
            need(new[-1][0] >= x.delivered - x.rejected, "below delivered")
            need(value(new, x.good) == value(x.points, x.good), "the past")
        need((due == o.due or due >= self.now) and (expiry == o.expiry or expiry >= self.now), "dates")
        need(due <= expiry, "dates")
        need(not o.retention or expiry <= o.retention_until, "retention date")
        worse = due < o.due or expiry < o.expiry or any(
            exact(new, q * M) < exact(x.points, q * M) for new, x in zip(points, o.lines)
            for q in {p[0] for p in new + x.points} if q <= new[-1][0])
        if any(new[-1][0] < x.ordered for new, x in zip(points, o.lines)):
            floor = sum(value(new, x.good + (new[-1][0] - x.decided + x.rejected) * (M - o.rate * o.cap_days))
                        for new, x in zip(points, o.lines))
            worse = worse or floor - max(ceil_div(floor * o.retention, M), o.forfeited) < o.top
        need({o.buyer, o.supplier} | (o.owners_above(0) if worse else set()) <= set(signed), "signatures")
        more = sum(new[-1][1] for new in points) - o.funded
        if more > 0:
            self._pull(o.buyer, more)
        for new, x in zip(points, o.lines):
            x.points = new
        o.due, o.expiry, o.group, o.seq = due, expiry, group, o.seq + 1
        if more < 0:
            self._push(o.buyer, -more)

    def credit_note(self, order, amount, by):
        """The supplier gives money back: it passes through and touches no counter of the order."""
        o = self.orders.get(order)
        need(o is not None and by == o.supplier and amount > 0, "supplier")
        self._pull(by, amount)
        self._push(o.buyer, amount)

    # ---- claims
    def assign(self, order, id, amount, to, max_start, seq, signed, slots=1, price=0, deadline=None, by=""):
        """The owner of interval `id` gives the lowest `amount` of its unpaid part away, or sells it for `price`
        (then `to` signs too). The remainder lies on top. Both parts get new ids, so nothing is sold twice."""
        o = self._open(order)
        index = next((i for i, c in enumerate(o.claims) if c.id == id), None)
        need(index is not None and seq == o.seq and in_time(self.now, deadline), "stale")
        need(amount > 0 and price >= 0 and to not in ("escrow", "", o.arbiter), "terms")
        mine = o.claims[index]
        start = max(mine.start, o.paid)
        end = start + amount
        need(mine.owner in signed and (price == 0 or to in signed), "signatures")
        need(start <= max_start and end <= min(mine.end, o.funded - o.refunded), "interval")
        need(slots == mine.slots if end == mine.end else 1 <= slots < mine.slots, "slots")
        if price:
            self._pull(to, price)
        rest = [Interval(end, mine.end, mine.owner, mine.slots - slots, o.next_id + 1)] if end < mine.end else []
        o.claims[index:index + 1] = [Interval(start, end, to, slots, o.next_id)] + rest
        o.next_id += 2
        self._push(mine.owner, price)

    # ---- result
    def balances(self):
        return {"wallets": dict(sorted(self.wallets.items())), "credits": dict(sorted(self.credits.items())),
                "orders": {k: {"open": o.open, "ended": o.ended, "seq": o.seq, "funded": o.funded, "earned": o.earned,
                               "paid": o.paid, "refunded": o.refunded, "held": o.funded - o.paid - o.refunded,
                               "delivered": [x.delivered for x in o.lines], "late": [x.late for x in o.lines],
                               "rejected": [x.rejected for x in o.lines], "good": [x.good for x in o.lines],
                               "lots": {n: [x.line, x.quantity, x.late, x.ends, x.status] for n, x in o.lots.items()},
                               "claims": self.claims_of(o)}
                           for k, o in self.orders.items()}}


def integers(data, key=""):
    """Decimal strings become integers, except a lot's number, which is a name; a price schedule's points, tuples."""
    if isinstance(data, dict):
        return {k: integers(v, k) for k, v in data.items()}
    if key == "points" and isinstance(data, list):
        return [[tuple(integers(list(point))) for point in line] for line in data]
    if isinstance(data, list):
        return [integers(item) for item in data]
    return int(data) if key != "lot" and isinstance(data, str) and data.isdecimal() else data


def run(actions):
    """Runs a JSON list of actions; refused ones are listed with their reason. Returns the balances."""
    escrow, refused = Escrow(), []
    for index, action in enumerate(actions):
        try:
            escrow.do(integers(action))
        except Refused as reason:
            refused.append([index, str(reason)])
        except (KeyError, IndexError, TypeError, AttributeError) as fault:
            refused.append([index, f"malformed: {fault}"])
    return {**escrow.balances(), "refused": refused}


if __name__ == "__main__":
    with (open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin) as source:
        print(json.dumps(run(json.load(source)), indent=1))
