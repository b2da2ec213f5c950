// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AXIS_END, Claim, MAX_CLAIMS, claim} from "../../contracts/settlement/Claim.sol";
import {Assignment} from "../../contracts/settlement/IOrderClaims.sol";
import {SymbolicScene} from "./SymbolicScene.sol";

/// @dev Whom the payout goes to: owners of claims from below, then the supplier; and what the parties do together.
contract PayeesSymbolicTest is SymbolicScene {
    /// @dev The list after the supplier passed on `first`, and then `second` above it.
    function _assignTwice(uint56 first, uint56 second) private returns (Claim[] memory claims) {
        _assign(0, first, OWNER, _noClaims());
        claims = new Claim[](2);
        claims[0] = claim(first, OWNER, 1, 1);
        claims[1] = claim(AXIS_END, supplier, MAX_CLAIMS - 1, 2);
        _assign(2, second, SECOND, claims);
        claims = new Claim[](3);
        claims[0] = claim(first, OWNER, 1, 1);
        claims[1] = claim(uint256(first) + second, SECOND, 1, 3);
        claims[2] = claim(AXIS_END, supplier, MAX_CLAIMS - 2, 4);
    }

    function _assign(uint32 id, uint56 amount, address to, Claim[] memory claims) private {
        Assignment memory assignment;
        (assignment.claim, assignment.amount, assignment.to) = (id, amount, to);
        (assignment.maxStart, assignment.slots) = (type(uint56).max, 1);
        vm.prank(supplier);
        escrow.assign(terms, _conditions(), assignment, 0, claims, FOREVER, _noApprovals());
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function check_ClaimsArePaidFromBelow(uint56 first, uint56 second, uint8 delivered) public {
        _open(ORDERED, TOTAL, 0);
        Claim[] memory claims = _assignTwice(first, second);
        _confirmWith(0, 1 + _upTo(1, delivered), claims);
        _isSolvent(TOTAL);
        uint256 paid = escrow.orderOf(order).paid;
        assert(_received(OWNER) == _min(paid, first));
        assert(_received(SECOND) == _min(paid - _received(OWNER), second));
        assert(uint256(first) + second <= TOTAL);
    }

    /// @dev Both parties end the order, whatever was delivered and whatever they agree on.
    function check_CancelPaysWhatWasAgreed(uint56 total, uint8 delivered, uint56 payout) public {
        _open(ORDERED, total, 0);
        _confirm(0, _upTo(2, delivered), 0);
        vm.prank(BUYER);
        escrow.cancel(terms, payout, 0, _noClaims(), FOREVER, _supplierAgrees());
        assert(_received(supplier) == payout);
        assert(token.balanceOf(address(escrow)) == 0);
        _isSolvent(total);
    }

    /// @dev It passes through: neither the order nor what the escrow holds for it changes.
    function check_CreditNotePassesThrough(uint56 total, uint8 delivered, uint56 amount, bool refused) public {
        _open(ORDERED, total, 0);
        _confirm(0, _upTo(1, delivered), 0);
        bytes32 state = keccak256(abi.encode(escrow.orderOf(order)));
        uint256 held = token.balanceOf(address(escrow)) - escrow.creditOf(BUYER);
        (uint256 buyers, uint256 suppliers) = (_received(BUYER), token.balanceOf(supplier));
        if (refused) token.refuse(BUYER);
        vm.prank(supplier);
        escrow.creditNote(terms, amount, FOREVER, _noApprovals());
        assert(keccak256(abi.encode(escrow.orderOf(order))) == state);
        assert(token.balanceOf(address(escrow)) - escrow.creditOf(BUYER) == held);
        assert(_received(BUYER) == buyers + amount);
        assert(token.balanceOf(supplier) == suppliers - amount);
    }
}
