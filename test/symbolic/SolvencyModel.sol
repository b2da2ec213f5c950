// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The money of one order as the rules have it, without dates, signatures and quantities: whoever acts, in whatever
/// order and as often as they like, every `assert` holds. Each function is one step of an induction, which the SMTChecker
/// proves with `npm run analyze`; so it holds for call sequences of any length. That the contract computes what this model
/// takes for granted is what LineModel, the symbolic tests and the fuzzers are for.
contract SolvencyModel {
    uint256 private constant PPM = 1_000_000;
    uint256 private constant MAX_TOTAL = type(uint56).max;
    uint256 private constant MUCH = type(uint128).max; // above all money of the currency

    enum Status {
        None,
        Open,
        Ended, // the undelivered part went back
        Closed
    }

    Status private status;
    uint256 private funded;
    uint256 private earned;
    uint256 private paid;
    uint256 private refunded; // to the buyer, when the order ended
    uint256 private returned; // to the buyer, when it closed
    uint256 private forfeited; // of the retention, by the call on it
    uint256 private called; // by the open call on the retention
    uint256 private retained; // of what is earned, before the retention date
    uint256 private pending; // value of what is delivered and not yet decided

    uint256 private assigned; // where the assigned claims end on the axis; above is the supplier's remainder
    uint256 private paidOwners;
    uint256 private paidSupplier;

    uint256 private balance; // of the escrow
    uint256 private others; // what it holds for other orders, balances and credits

    /// @dev From any state in which this holds, every action leads to a state in which it holds.
    modifier keepsItsWord() {
        require(_isSolvent() && _paysWhatIsEarned() && _promisesOnce() && _paysFromBelow() && _endsEmpty());
        require(others <= MUCH);
        _;
        assert(_isSolvent());
        assert(_paysWhatIsEarned());
        assert(_promisesOnce());
        assert(_paysFromBelow());
        assert(_endsEmpty());
    }

    /// @dev Where the induction begins.
    constructor() {
        assert(_isSolvent());
        assert(_paysWhatIsEarned());
        assert(_promisesOnce());
        assert(_paysFromBelow());
        assert(_endsEmpty());
    }

    function create(uint256 total) external keepsItsWord {
        require(status == Status.None && total > 0 && total <= MAX_TOTAL);
        (status, funded) = (Status.Open, total);
        balance += total;
    }

    // ---- deliveries and what is decided about them

    /// @dev Without inspection: earned at once, less the penalty for what is late.
    function deliver(uint256 value, uint256 penalty) external keepsItsWord {
        require(status == Status.Open && value <= funded - earned - pending && penalty <= value);
        earned += value - penalty;
    }

    /// @dev With inspection a delivery opens a lot: its value may become the payees'.
    function deliverLot(uint256 value) external keepsItsWord {
        require(status == Status.Open && value <= funded - earned - pending);
        pending += value;
    }

    /// @dev Accepted, or deemed accepted: worth its price, less the penalty.
    function accept(uint256 value, uint256 penalty) external keepsItsWord {
        require(_isLive() && value <= pending && penalty <= value);
        pending -= value;
        earned += value - penalty;
    }

    /// @dev Rejected finally: what it was worth can be earned again by a replacement, or goes back.
    function reject(uint256 value) external keepsItsWord {
        require(_isLive() && value <= pending);
        pending -= value;
    }

    /// @dev A ruling, or the split that was agreed on for an arbiter who is silent.
    function split(uint256 value, uint256 penalty, uint256 share) external keepsItsWord {
        require(_isLive() && value <= pending && penalty <= value && share <= PPM);
        pending -= value;
        earned += ((value - penalty) * share) / PPM;
    }

    // ---- retention

    /// @dev Before its date the retention is a part of what is earned, afterwards nothing.
    function retain(uint256 rate) external keepsItsWord {
        require(_isLive() && rate <= PPM);
        retained = (earned * rate + PPM - 1) / PPM;
    }

    /// @dev The buyer's one call.
    function call(uint256 amount) external keepsItsWord {
        require(_isLive() && called == 0 && forfeited == 0 && amount <= retained && paid + retained <= earned);
        called = amount;
    }

    /// @dev How the call ends: part of it is forfeited.
    function endCall(uint256 share) external keepsItsWord {
        require(_isLive() && called > 0 && share <= PPM);
        forfeited = called - (called * share + PPM - 1) / PPM;
        called = 0;
    }

    // ---- payments; a token that refuses a payee makes a credit of it

    /// @dev Pays what is payable by now, to the owners of claims first.
    function settle(bool refuses) external keepsItsWord {
        require(_isLive());
        uint256 held = _heldBack();
        if (earned >= held && earned - held > paid) _payUpTo(earned - held, refuses);
    }

    /// @dev The lowest unpaid part above what was assigned before, up to what the order can still pay.
    function assign(uint256 amount) external keepsItsWord {
        require(_isLive());
        uint256 start = assigned > paid ? assigned : paid;
        require(amount <= funded - refunded && start <= funded - refunded - amount);
        // What the supplier was paid lies below: the claims that lie there were paid to others.
        if (paid >= assigned) (paidOwners, paidSupplier) = (paid, 0);
        assigned = start + amount;
    }

    /// @dev After expiry and grace: what can no more be earned goes back, once.
    function refund(bool refuses) external keepsItsWord {
        require(status == Status.Open);
        uint256 rest = funded - earned - pending;
        (status, refunded) = (Status.Ended, rest);
        _push(rest, refuses);
    }

    /// @dev Both parties, and whoever owns what lies above, agree on a last payout.
    function cancel(uint256 payout, bool refuses) external keepsItsWord {
        require(_isLive() && payout >= paid && payout <= funded - refunded);
        _payUpTo(payout, refuses);
        (earned, pending, called, forfeited) = (payout, 0, 0, 0);
        _close(refuses);
    }

    function close(bool refuses) external keepsItsWord {
        require(_isLive() && pending == 0 && called == 0 && paid + forfeited == earned);
        _close(refuses);
    }

    /// @dev Passes through from the supplier to the buyer, whatever state the order is in.
    function creditNote(uint256 amount, bool refuses) external keepsItsWord {
        require(status != Status.None && amount <= MUCH);
        balance += amount;
        _push(amount, refuses);
    }

    /// @dev A withdrawal of a credit, or whatever else happens to other money.
    function otherMoney(uint256 amount, bool comes) external keepsItsWord {
        require(comes ? amount <= MUCH - others : amount <= others);
        (balance, others) = comes ? (balance + amount, others + amount) : (balance - amount, others - amount);
    }

    // ---- internal

    function _isLive() private view returns (bool) {
        return status == Status.Open || status == Status.Ended;
    }

    function _heldBack() private view returns (uint256 held) {
        held = retained;
        if (held < forfeited) held = forfeited;
        if (held < called) held = called;
    }

    function _payUpTo(uint256 target, bool refuses) private {
        uint256 amount = target - paid;
        uint256 toOwners = assigned > paid ? (assigned < target ? assigned : target) - paid : 0;
        paidOwners += toOwners;
        paidSupplier += amount - toOwners;
        paid = target;
        _push(amount, refuses);
    }

    function _push(uint256 amount, bool refuses) private {
        if (refuses) others += amount;
        else balance -= amount;
    }

    function _close(bool refuses) private {
        returned = funded - paid - refunded;
        status = Status.Closed;
        _push(returned, refuses);
    }

    // ---- what holds in every state

    /// @dev What is paid, held and refunded is what was funded, and the escrow has what it holds.
    function _isSolvent() private view returns (bool) {
        return paid + refunded + returned <= funded && balance == funded - paid - refunded - returned + others;
    }

    /// @dev What was forfeited or is called on stays unpaid.
    function _paysWhatIsEarned() private view returns (bool) {
        return paid + forfeited <= earned && paid + called <= earned && (called == 0 || forfeited == 0);
    }

    /// @dev Earned, undecided and refunded are different money.
    function _promisesOnce() private view returns (bool) {
        return earned + pending + refunded <= funded && funded <= MAX_TOTAL;
    }

    /// @dev Owners get the axis up to where their claims end, the supplier what lies above, and nobody gets it twice.
    function _paysFromBelow() private view returns (bool) {
        return paidOwners + paidSupplier == paid && paidOwners == (paid < assigned ? paid : assigned);
    }

    function _endsEmpty() private view returns (bool) {
        if (status == Status.None) return funded == 0 && paid == 0;
        if (status == Status.Closed) return balance == others;
        return returned == 0 && (status == Status.Ended || refunded == 0);
    }
}

/// @dev What a line is worth: the floor of its share of the line's total, at what is good of it.
contract LineModel {
    uint256 private constant MILLION = 1e6;

    uint256 private ordered;
    uint256 private delivered;
    uint256 private rejected; // finally
    uint256 private decided;
    uint256 private good; // worth money, in millionths of a unit

    modifier keepsItsBounds() {
        require(ordered <= type(uint40).max && rejected <= type(uint48).max && _isBounded());
        _;
        assert(_isBounded());
    }

    constructor(uint40 quantity) {
        ordered = quantity;
        assert(_isBounded());
    }

    /// @dev What finds room: a final rejection makes room for a replacement.
    function deliver(uint48 quantity) external keepsItsBounds {
        uint256 room = ordered + rejected - delivered;
        delivered += quantity < room ? quantity : room;
    }

    /// @dev Accepted or ruled upon: a share of what the penalty leaves of it.
    function decide(uint256 quantity, uint256 penalty, uint256 share) external keepsItsBounds {
        require(quantity <= delivered - decided && penalty <= quantity * MILLION && share <= MILLION);
        decided += quantity;
        good += ((quantity * MILLION - penalty) * share) / MILLION;
    }

    function reject(uint256 quantity) external keepsItsBounds {
        require(quantity <= delivered - decided);
        decided += quantity;
        rejected += quantity;
    }

    /// @dev So what is good is never more than what is ordered, and what is undecided fits into the rest.
    function _isBounded() private view returns (bool) {
        return
            rejected <= decided &&
            decided <= delivered &&
            delivered <= ordered + rejected &&
            good <= (decided - rejected) * MILLION;
    }

    function neverMoreThanOrdered() external view {
        require(ordered <= type(uint40).max && rejected <= type(uint48).max && _isBounded());
        assert(good + (delivered - decided) * MILLION <= ordered * MILLION);
    }

    function neverAboveItsTotal(uint56 total, uint40 quantity, uint64 worth) external pure {
        require(quantity > 0 && worth <= quantity * MILLION);
        assert((uint256(total) * worth) / (quantity * MILLION) <= total);
    }

    function neverFalls(uint56 total, uint40 quantity, uint64 worth, uint64 more) external pure {
        require(quantity > 0 && more >= worth && more <= quantity * MILLION);
        uint256 whole = quantity * MILLION;
        assert((uint256(total) * worth) / whole <= (uint256(total) * more) / whole);
    }

    /// @dev A unit loses at most its price: rate times capped days is at most a whole.
    function penaltyIsNoMoreThanThePrice(uint40 quantity, uint24 rate, uint16 capDays, uint48 late) external pure {
        require(uint256(rate) * capDays <= MILLION && late <= uint256(quantity) * capDays);
        uint256 most = uint256(quantity) * (uint256(capDays) * rate);
        assert(most <= quantity * MILLION);
        assert(uint256(late) * rate <= most);
    }
}
