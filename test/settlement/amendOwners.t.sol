// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

/// @dev Whom an amendment of an assigned order needs besides buyer and supplier.
contract AmendOwnersTest is ActionTest {
    uint256 private constant ACCEPTED = 100_000; // 100 units, at 1000.003 each
    uint256 private constant PAID = 95_000; // less the retention

    // 600 units cost what they did: 600,001.8, rounded up. At worst 100 + 500 * 90% = 550 of them are good, worth
    // 550,001.83, and the retention of 27,500.05 is lost.
    uint256 private constant LESS = 600;
    uint256 private constant PRICE = 600_002;
    uint256 private constant WORST = 550_001 - 27_501;

    uint256 private constant EVEN = 1_000_000;

    bytes private lines = _line(ORDERED, TOTAL);

    function setUp() public override {
        super.setUp();
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 100, 0);
        _assertMoney(order, ACCEPTED, PAID);
    }

    function test_RevertWhen_TheListIsStale() external {
        _give(0, owner, 1_000, 1);
        OrderTerms memory next = _next(_bits(), lines);
        Approval[] memory signed = _approve("buyer", "supplier", _amendment(next, 0));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderClaimsStale.selector, order));
        escrow.amend(terms, next, 0, _noClaims(), deadline, signed);
    }

    // ---- dates

    function test_WhenADateComesNearer() external {
        _assignTwice();
        _needsOwners(_next(_withDates(DUE - 1, EXPIRY), lines));
        _needsOwners(_next(_withDates(DUE, EXPIRY - 1), lines));
        _needsOwners(_next(_withDates(DUE - 1, EXPIRY + 9), lines));
    }

    function test_WhenDatesMoveAway() external {
        _assignTwice();
        _needsNone(_next(_withDates(DUE + 1, EXPIRY + 1), lines));
    }

    // ---- prices

    function test_WhenAPriceFalls() external {
        _assignTwice();
        _needsOwners(_next(_withPoints(2), bytes.concat(_line(100, ACCEPTED), _line(ORDERED, TOTAL - 1))));
    }

    function test_WhenAPriceFallsInTheMiddleOnly() external {
        _assignTwice();
        bytes memory sagging = bytes.concat(_line(100, ACCEPTED), _line(500, 499_999), _line(ORDERED, TOTAL));
        _needsOwners(_next(_withPoints(3), sagging));
    }

    /// @dev The new schedule is straight where the old one rose above it: only the old one's points show that.
    function test_WhenAPriceFallsAtAPointOfTheOldScheduleOnly() external {
        _beginEven();
        bytes memory bulging = bytes.concat(_line(100, ACCEPTED), _line(500, 600_000), _line(ORDERED, EVEN));
        _needsNone(_next(_withPoints(3), bulging));
        _needsOwners(_next(_withPoints(2), bytes.concat(_line(100, ACCEPTED), _line(ORDERED, EVEN))));
    }

    /// @dev 100 units were worth 100,000.3 exactly, if not in money.
    function test_WhenAPriceFallsByLessThanAMinorUnit() external {
        _assignTwice();
        _needsOwners(_next(_withPoints(2), bytes.concat(_line(100, ACCEPTED), _line(ORDERED, TOTAL + 1_000))));
    }

    function test_WhenAPriceOfAnotherLineFalls() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL), bytes.concat(lines, _line(10, 777)));
        _assignTwice();
        _needsOwners(_next(_bits(), bytes.concat(_line(ORDERED, TOTAL + 10), _line(10, 776))));
    }

    function test_WhenPricesRise() external {
        _beginEven();
        _needsNone(_next(_withPoints(2), bytes.concat(_line(100, ACCEPTED), _line(ORDERED, EVEN + 1_000))));
    }

    function test_WhenMoreIsOrderedForNothing() external {
        _assignTwice();
        _needsNone(_next(_withPoints(2), bytes.concat(lines, _line(ORDERED + 100, TOTAL))));
    }

    // ---- groups

    function test_WhenAnotherGroupReports() external {
        _assignTwice();
        _fall();
        _needsNone(_next(_withGroup(otherGroup), lines));
    }

    // ---- less

    function test_GivenTheWorstNetDoesNotCoverTheHighestClaim() external {
        _give(0, owner, 100_000, 1);
        _give(2, bank, WORST - PAID - 100_000 + 1, 1);
        _needsOwners(_next(_bits(), _line(LESS, PRICE)));
    }

    function test_GivenItCoversTheHighestClaim() external {
        _give(0, owner, 100_000, 1);
        _give(2, bank, WORST - PAID - 100_000, 1);
        _needsNone(_next(_bits(), _line(LESS, PRICE)));
    }

    function test_GivenAnotherLineStaysAsItWas() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL), bytes.concat(lines, _line(10, 777)));
        _deliver(0, 0, 100, 0);
        // The second line is worth at least 777 * 90% = 699.3; 5% of 550,700 is 27,535.
        _give(0, owner, 1, 1);
        _give(2, bank, 550_700 - 27_535 - PAID - 1, 1);
        _needsNone(_next(_bits(), bytes.concat(_line(LESS, PRICE), _line(10, 777))));
    }

    function test_GivenTheRetentionWasForfeited() external {
        vm.prank(buyer);
        _callRetention(uint56(ACCEPTED - PAID), _noApprovals());
        vm.warp(START + ANSWER);
        _resolve(type(uint32).max);
        _give(0, owner, 1, 1);
        _give(2, bank, WORST - PAID - 1, 1);
        _needsNone(_next(_bits(), _line(LESS, PRICE)));
    }

    function test_GivenAllClaimsArePaid() external {
        _give(0, owner, 1_000, 1);
        _deliverWith(0, 100, 200, 0);
        _takeOff(1);
        _listIsPresent();
        // Nothing is cheaper, and 200 units are worth 200,000 as before.
        _needsNone(_next(_bits(), _line(300, 300_001)));
    }

    // ---- consent

    function test_RevertWhen_OneOfTheOwnersDidNotAgree() external {
        _assignTwice();
        OrderTerms memory next = _next(_withDates(DUE, EXPIRY - 1), lines);
        bytes32 amendment = _amendment(next, 0);
        Approval[] memory signed = _all(amendment);
        signed[2] = _approval("other", amendment);
        _expectConsent(owner);
        escrow.amend(terms, next, 0, claims, deadline, signed);
        signed[2] = _approval("owner", amendment);
        signed[3] = _approval("bank", _amendment(next, 1));
        _expectConsent(bank);
        escrow.amend(terms, next, 0, claims, deadline, signed);
    }

    // ---- words

    function _assignTwice() private {
        _give(0, owner, 1_000, 1);
        _give(2, bank, 2_000, 1);
    }

    /// @dev Another order, whose price leaves no fractions.
    function _beginEven() private {
        _begin(_retention(RETENTION, RETENTION_UNTIL), _line(ORDERED, EVEN));
        _deliver(0, 0, 100, 0);
        _assignTwice();
    }

    function _needsOwners(OrderTerms memory next) private {
        uint32 seq = _seq();
        Approval[] memory two = _approve("buyer", "supplier", _amendment(next, seq));
        Approval[] memory four = _all(_amendment(next, seq));
        _expectConsent(owner);
        escrow.amend(terms, next, seq, claims, deadline, two);
        escrow.amend(terms, next, seq, claims, deadline, four);
        vm.assertEq(escrow.termsOf(order), _idOf(_delivery(next)));
        terms = next;
    }

    function _needsNone(OrderTerms memory next) private {
        _agreeOn(next);
        vm.assertEq(escrow.termsOf(order), _idOf(_delivery(next)));
    }

    function _all(bytes32 amendment) private view returns (Approval[] memory signed) {
        signed = new Approval[](4);
        (signed[0], signed[1]) = (_approval("buyer", amendment), _approval("supplier", amendment));
        (signed[2], signed[3]) = (_approval("owner", amendment), _approval("bank", amendment));
    }
}
