// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CALL, Line, Order} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {SymbolicScene} from "./SymbolicScene.sol";

/// @dev A penalty and a retention: what is late is worth less, what is held back is paid later or goes back.
contract DeductionsSymbolicTest is SymbolicScene {
    uint256 private constant PENALTY = (50_000 << 92) | (8 << 78); // 5% a day, at most 8 days
    uint256 private constant RETENTION = (200_000 << 58) | (RETENTION_UNTIL << 136); // 20%

    function check_PenaltyOfAnyLateness(uint48 late) public {
        _penalty(TOTAL, ORDERED, late);
    }

    function check_PenaltyOfAnyTotal(uint8 total, uint8 delivered, uint8 late) public {
        _penalty(total, 1 + _upTo(1, delivered) * 3, _upTo(2, late) * 7);
    }

    function _penalty(uint256 total, uint256 delivered, uint256 late) private {
        _open(ORDERED, total, PENALTY);
        _confirm(0, delivered, late);
        _isSolvent(total);
        uint256 counted = late < delivered * 8 ? late : delivered * 8; // unit-days
        uint256 good = delivered * 1_000_000 - counted * 50_000; // millionths of a unit
        assert(escrow.orderOf(order).earned == (total * good) / 4_000_000);
        vm.warp(EXPIRY);
        escrow.refund(terms);
        assert(token.balanceOf(address(escrow)) == 0);
        _isSolvent(total);
    }

    function check_RetentionIsPaidAtItsDate(uint8 total, uint8 delivered, uint40 moment) public {
        _open(ORDERED, total, RETENTION);
        _confirm(0, 1 + _upTo(1, delivered) * 3, 0);
        _isSolvent(total);
        Order memory state = escrow.orderOf(order);
        assert(uint256(state.paid) * 10 <= uint256(state.earned) * 8);
        vm.warp(moment);
        escrow.settle(terms, _noClaims());
        _isSolvent(total);
        state = escrow.orderOf(order);
        assert(moment >= RETENTION_UNTIL && state.paid == state.earned);
    }

    /// @dev The buyer calls some of it; nobody answers, or the supplier disputes and the arbiter rules.
    function check_CallOnTheRetention(uint56 amount, bool disputed, uint8 halves) public {
        _open(ORDERED, TOTAL, RETENTION);
        _confirm(0, ORDERED, 0);
        vm.prank(BUYER);
        escrow.callRetention(terms, amount, 0, FOREVER, _noApprovals());
        _isSolvent(TOTAL);
        uint256 granted = disputed ? _upTo(2, halves) : 0; // to the supplier, in halves
        if (disputed) {
            vm.prank(supplier);
            escrow.dispute(terms, _conditions(), CALL, supplier, 0, _noClaims(), FOREVER, _noApprovals());
            vm.prank(ARBITER);
            uint32 share = uint32(granted) * 500_000;
            escrow.rule(terms, _conditions(), CALL, share, _noClaims(), FOREVER, _noApprovals());
        } else {
            vm.warp(START + WINDOW);
            escrow.resolve(terms, _conditions(), CALL, _noClaims());
        }
        _isSolvent(TOTAL);
        vm.warp(RETENTION_UNTIL);
        escrow.settle(terms, _noClaims());
        assert(token.balanceOf(address(escrow)) == 0);
        assert(_received(supplier) == TOTAL - amount + (amount * granted + 1) / 2);
        _isSolvent(TOTAL);
    }
}

/// @dev Goods under inspection: accepted, rejected, disputed, ruled upon.
contract InspectionSymbolicTest is SymbolicScene {
    function _deliverLot(uint256 total) private {
        _open(ORDERED, total, OPTION_INSPECTION);
        _confirm(0, ORDERED, 0);
        assert(escrow.orderOf(order).earned == 0);
    }

    function _reject(uint256 rejected) private {
        vm.prank(BUYER);
        escrow.inspect(terms, _conditions(), 0, uint56(rejected), 0, _noClaims(), FOREVER, _noApprovals());
    }

    function _dispute() private {
        vm.prank(supplier);
        escrow.dispute(terms, _conditions(), 0, supplier, 0, _noClaims(), FOREVER, _noApprovals());
    }

    /// @dev Whatever was rejected finally makes room for as much, and no more.
    function check_RejectionIsReplaced(uint56 total, uint256 rejected, uint48 again) public {
        _deliverLot(total);
        _reject(_upTo(2, rejected) * 2);
        _isSolvent(total);
        vm.warp(START + WINDOW);
        escrow.resolve(terms, _conditions(), 0, _noClaims());
        _isSolvent(total);
        _confirm(ORDERED, again, 0);
        Line memory line = escrow.lineOf(terms, 0);
        assert(line.rejected == rejected * 2 && line.delivered <= ORDERED + line.rejected);
        _isSolvent(total);
    }

    function check_RulingOfAnyPercentage(uint8 percent) public {
        _rule(TOTAL, uint32(percent) * 10_000);
    }

    function check_RulingOnAnyTotal(uint56 total, uint8 third) public {
        _rule(total, uint32(_upTo(1, third)) * 333_333);
    }

    /// @dev Of four units the buyer accepts one, and the arbiter grants a share of the other three.
    function _rule(uint256 total, uint32 share) private {
        _deliverLot(total);
        _reject(3);
        _dispute();
        vm.prank(ARBITER);
        escrow.rule(terms, _conditions(), 0, share, _noClaims(), FOREVER, _noApprovals());
        _isSolvent(total);
        assert(_received(supplier) == (total * (1_000_000 + 3 * uint256(share))) / 4_000_000);
        escrow.settle(terms, _noClaims());
        assert(token.balanceOf(address(escrow)) == 0);
        _isSolvent(total);
    }

    /// @dev Refunded while a rejection is open; then its time runs out, disputed or not.
    function check_RefundBeforeTheDecision(uint56 total, bool disputed) public {
        _open(ORDERED, total, OPTION_INSPECTION);
        vm.warp(EXPIRY - 1);
        _confirm(0, 3, 0);
        _reject(1);
        vm.warp(EXPIRY);
        escrow.refund(terms);
        _isSolvent(total);
        if (disputed) _dispute();
        vm.warp(EXPIRY + WINDOW);
        escrow.resolve(terms, _conditions(), 0, _noClaims());
        escrow.settle(terms, _noClaims());
        assert(token.balanceOf(address(escrow)) == 0);
        _isSolvent(total);
    }
}
