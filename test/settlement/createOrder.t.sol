// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {IOrderCreation, IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {Order, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

contract CreateOrderTest is EscrowBase {
    function test_RevertWhen_TheCallerIsNotTheBuyer() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderFunding.OrderCallerNotBuyer.selector, other, buyer));
        vm.prank(other);
        escrow.createOrder(_terms());
    }

    function testFuzz_RevertWhen_TheTermsAskForWhatIsUnsupported(uint256 bits) external {
        // retentionUntil 40, penaltyRate 20, retention 20, points 8 (but for 1), options 10
        uint256 unsupported =
            (uint256(type(uint40).max) << 136) | (0xfffff << 92) | (0xfffff << 58) | (0xff << 10) | 0x3ff;
        bits &= unsupported;
        vm.assume(bits != 0);
        OrderTerms memory terms = _terms();
        terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) ^ bits);
        _expectCreationRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderNotPlain.selector, terms.clauses));
    }

    function test_RevertWhen_EachUnsupportedBitAsksAlone() external {
        uint256[5] memory lowest = [uint256(1) << 136, 1 << 92, 1 << 58, 1 << 11, 1];
        uint256[5] memory widths = [uint256(40), 20, 20, 7, 10];
        for (uint256 i; i < lowest.length; ++i) {
            for (uint256 bit; bit < widths[i]; ++bit) {
                OrderTerms memory terms = _terms();
                terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) | (lowest[i] << bit));
                _expectCreationRevert(
                    terms,
                    abi.encodeWithSelector(IOrderCreation.OrderNotPlain.selector, terms.clauses)
                );
            }
        }
    }

    function test_RevertWhen_ThereAreNoPoints() external {
        OrderTerms memory terms = _terms();
        terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) & ~(uint256(0xff) << 10));
        _expectCreationRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderNotPlain.selector, terms.clauses));
    }

    function test_RevertWhen_TheDueDateIsPast() external {
        _expectDatesRevert(START - 1, EXPIRY, GRACE);
    }

    function test_RevertWhen_TheExpiryIsBeforeTheDueDate() external {
        _expectDatesRevert(DUE, DUE - 1, GRACE);
    }

    function test_RevertWhen_TheGraceIsLongerThan90Days() external {
        _expectDatesRevert(DUE, EXPIRY, 90 days + 1);
    }

    function test_WhenTheDatesAreAtTheirBounds() external {
        OrderTerms memory terms = _terms();
        terms.clauses = _clauses(START, START, 90 days, 0);
        vm.assertEq(_status(_create(terms)), uint256(Status.Open));
    }

    function test_RevertWhen_ThePayeeIsZero() external {
        _expectPayeeRevert(address(0));
    }

    function test_RevertWhen_ThePayeeIsTheEscrow() external {
        _expectPayeeRevert(address(escrow));
    }

    function test_RevertWhen_ThereIsNoLine() external {
        _expectLinesRevert("", 0);
    }

    function test_RevertWhen_TheLinesAreNotWhole() external {
        _expectLinesRevert(hex"0000000001", 0);
        _expectLinesRevert(bytes.concat(_line(ORDERED, TOTAL), hex"00"), 1);
    }

    function test_RevertWhen_ThereAreMoreThan4096Lines() external {
        bytes memory lines = new bytes(4_097 * 12);
        for (uint256 i = 4; i < lines.length; i += 12) lines[i] = 0x01;
        _expectLinesRevert(lines, 4_097);
    }

    function test_RevertWhen_ALineOrdersNothing() external {
        _expectLinesRevert(bytes.concat(_line(ORDERED, TOTAL), _line(0, 5)), 1);
    }

    function test_RevertWhen_ALineCanBeTooLate() external {
        OrderTerms memory terms = _termsOf(bytes.concat(_line(1, 1), _line((1 << 34) + 1, 1)));
        terms.clauses = _clauses(DUE, EXPIRY, GRACE, 1 << 10);
        uint256 unitDays = (1 << 44) + (1 << 10);
        _expectCreationRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderLateness.selector, 1, unitDays));
        terms.lines = _line(1 << 34, 1);
        _create(terms);
    }

    function test_RevertWhen_TheTotalIsZero() external {
        _expectCreationRevert(
            _termsOf(_line(ORDERED, 0)),
            abi.encodeWithSelector(IOrderCreation.OrderTotal.selector, 0)
        );
    }

    function test_RevertWhen_TheTotalIsTooLarge() external {
        uint256 most = type(uint56).max - 1;
        OrderTerms memory terms = _termsOf(bytes.concat(_line(1, most), _line(1, 1)));
        _expectCreationRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderTotal.selector, most + 1));
        terms.lines = bytes.concat(_line(1, most), _line(1, 0));
        token.mint(buyer, most);
        _create(terms);
    }

    function test_RevertWhen_TheRelayerGroupIsNotRegistered() external {
        OrderTerms memory terms = _terms();
        uint256 unknown = uint256(otherGroup) + 1;
        terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) ^ (uint256(group) << 18) ^ (unknown << 18));
        _expectCreationRevert(terms, abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, unknown));
    }

    function test_RevertGiven_AnOpenOrderWithTheseTerms() external {
        bytes32 order = _create(_terms());
        _expectCreationRevert(_terms(), abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_RevertGiven_AClosedOrderWithTheseTerms() external {
        OrderTerms memory terms = _terms();
        terms.clauses = _clauses(START, START, 0, 0);
        bytes32 order = _create(terms);
        escrow.refund(terms);
        _expectCreationRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_RevertGiven_TheAllowanceIsTooSmall() external {
        vm.prank(buyer);
        token.approve(address(escrow), TOTAL - 1);
        vm.expectRevert(); // the token's own error
        _create(_terms());
        vm.assertEq(_status(escrow.orderId(_terms())), uint256(Status.None));
    }

    function test_RevertGiven_TheTokenSaysNo() external {
        token.setGives(false);
        _expectCreationRevert(
            _terms(),
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token))
        );
    }

    function test_WhenAllIsInOrder() external {
        OrderTerms memory terms = _termsOf(bytes.concat(_line(ORDERED, TOTAL), _line(7, 70)));
        bytes32 expected = _idOf(_delivery(terms));
        vm.expectEmit(address(escrow));
        emit IOrderCreation.OrderCreated(expected, buyer, supplier, terms.clauses, terms.conditions, terms.lines);
        bytes32 order = _create(terms);

        vm.assertEq(order, expected);
        vm.assertEq(escrow.orderId(terms), order);
        Order memory state = escrow.orderOf(order);
        vm.assertEq(uint256(state.status), uint256(Status.Open));
        vm.assertEq(uint256(state.earned) + state.paid + state.delivered + state.late + state.seq + state.flags, 0);
        vm.assertEq(token.balanceOf(address(escrow)), TOTAL + 70);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL - 70);
    }

    function _expectCreationRevert(OrderTerms memory terms, bytes memory reason) private {
        vm.expectRevert(reason);
        _create(terms);
    }

    function _expectDatesRevert(uint256 due, uint256 expiry, uint256 grace) private {
        OrderTerms memory terms = _terms();
        terms.clauses = _clauses(due, expiry, grace, 0);
        _expectCreationRevert(
            terms,
            abi.encodeWithSelector(IOrderCreation.OrderDates.selector, due, expiry, grace, START)
        );
    }

    function _expectPayeeRevert(address payee) private {
        OrderTerms memory terms = _terms();
        terms.supplier = payee;
        _expectCreationRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderPayee.selector, payee));
    }

    function _expectLinesRevert(bytes memory lines, uint256 index) private {
        _expectCreationRevert(
            _termsOf(lines),
            abi.encodeWithSelector(IOrderCreation.OrderLines.selector, index, lines.length)
        );
    }
}
