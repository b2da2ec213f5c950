// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The money of one order as the rules have it, without dates, signatures and quantities: whoever acts, in whatever
/// order and as often as they like, every `assert` holds. The SMTChecker proves it for call sequences of any length, with
/// `npm run analyze`; that the contract computes what this model takes for granted (a line is never worth more than its
/// total, the parts of a payment add up) is what the symbolic tests and the fuzzers are for.
contract SolvencyModel {
    uint256 private constant PPM = 1_000_000;
    uint256 private constant MAX_TOTAL = type(uint56).max;

    bool private open;
    bool private closed; // once, and for ever
    uint256 private funded;
    uint256 private earned;
    uint256 private paid;
    uint256 private refunded; // to the buyer, before the order closed
    uint256 private returned; // to the buyer, when it closed
    uint256 private forfeited; // of the retention, to the buyer
    uint256 private held; // retention, or the open call on it
    uint256 private pending; // value of what is delivered and not yet decided
    uint256 private balance; // of the escrow

    /// @dev One step of an induction: from any state in which this holds, every action leads to a state in which it holds.
    modifier keepsItsWord() {
        require(_isSolvent() && _paysWhatIsEarned() && _promisesOnce() && _endsEmpty());
        _;
        assert(_isSolvent());
        assert(_paysWhatIsEarned());
        assert(_promisesOnce());
        assert(_endsEmpty());
    }

    /// @dev Where the induction begins.
    constructor() {
        assert(_isSolvent());
        assert(_paysWhatIsEarned());
        assert(_promisesOnce());
        assert(_endsEmpty());
    }

    function create(uint256 total) external keepsItsWord {
        require(!open && !closed && total > 0 && total <= MAX_TOTAL);
        (open, funded) = (true, total);
        balance += total;
    }

    /// @dev A delivery opens a lot: its value may become the supplier's.
    function deliver(uint256 value) external keepsItsWord {
        require(open && refunded == 0 && value <= funded - earned - pending);
        pending += value;
    }

    /// @dev Accepted, rejected, ruled upon, or deemed accepted: some of it is earned, no room is left for the rest.
    function decide(uint256 value, uint256 share) external keepsItsWord {
        require(open && value <= pending && share <= PPM);
        uint256 worth = (value * share) / PPM;
        pending -= value;
        earned += worth;
    }

    function hold(uint256 amount) external keepsItsWord {
        require(open && amount >= forfeited && paid + amount <= earned);
        held = amount;
    }

    function release() external keepsItsWord {
        require(open);
        held = forfeited;
    }

    function forfeit(uint256 amount) external keepsItsWord {
        require(open && amount <= held && amount >= forfeited);
        forfeited = amount;
    }

    function settle() external keepsItsWord {
        require(open);
        uint256 payable_ = earned - held;
        if (payable_ > paid) {
            balance -= payable_ - paid;
            paid = payable_;
        }
    }

    /// @dev After expiry and grace: what was not delivered goes back, once.
    function refund() external keepsItsWord {
        require(open && refunded == 0);
        uint256 rest = funded - earned - pending;
        refunded = rest;
        balance -= rest;
    }

    /// @dev Buyer and supplier agree on a last payout.
    function cancel(uint256 payout) external keepsItsWord {
        require(open && payout >= paid && payout <= funded - refunded);
        balance -= payout - paid;
        (earned, paid, pending, held, forfeited) = (payout, payout, 0, 0, 0);
        _close();
    }

    function close() external keepsItsWord {
        require(open && pending == 0 && held == forfeited && paid == earned - forfeited);
        _close();
    }

    function _close() private {
        returned = funded - paid - refunded;
        balance -= returned;
        (open, closed) = (false, true);
    }

    /// @dev The escrow holds what the order did not pay out yet; nothing is made or lost.
    function _isSolvent() private view returns (bool) {
        return balance == funded - paid - refunded - returned;
    }

    function _paysWhatIsEarned() private view returns (bool) {
        return paid + held <= earned && forfeited <= held;
    }

    /// @dev Earned, undecided and refunded are different money.
    function _promisesOnce() private view returns (bool) {
        return earned + pending + refunded <= funded;
    }

    function _endsEmpty() private view returns (bool) {
        return open ? !closed : balance == 0 && (closed || funded == 0);
    }
}

/// @dev What a line is worth: the floor of its share of the line's total.
contract LineModel {
    uint256 private constant MILLIONTHS = 1e6;

    function neverAboveItsTotal(uint56 total, uint40 ordered, uint64 good) external pure {
        require(ordered > 0 && good <= ordered * MILLIONTHS);
        assert((uint256(total) * good) / (ordered * MILLIONTHS) <= total);
    }

    function neverFalls(uint56 total, uint40 ordered, uint64 good, uint64 more) external pure {
        require(ordered > 0 && more >= good && more <= ordered * MILLIONTHS);
        uint256 whole = ordered * MILLIONTHS;
        assert((uint256(total) * good) / whole <= (uint256(total) * more) / whole);
    }
}
