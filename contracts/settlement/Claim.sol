// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An interval of an order's payout axis and whose it is, one word: end 56 | owner 160 | slots 8 | id 32, from
/// the most significant bit. It begins where the one below it ends, the lowest one where the order is paid up to. The
/// last one of a list is the supplier's remainder, which has no end.
type Claim is uint256;

using {claimEnd, claimOwner, claimSlots, claimId, withSlots} for Claim global;

// Intervals that an order can have at most, the supplier's remainder among them.
uint256 constant MAX_CLAIMS = 16;

// End of the supplier's remainder: above every total.
uint256 constant AXIS_END = type(uint56).max;

function claim(uint256 end, address owner, uint256 slots, uint256 id) pure returns (Claim) {
    return Claim.wrap((end << 200) | (uint256(uint160(owner)) << 40) | (slots << 32) | id);
}

/// @dev Where it ends on the axis, in minor units.
function claimEnd(Claim self) pure returns (uint256) {
    return Claim.unwrap(self) >> 200;
}

function claimOwner(Claim self) pure returns (address) {
    return address(uint160(Claim.unwrap(self) >> 40));
}

/// @dev How many intervals this one may become.
function claimSlots(Claim self) pure returns (uint256) {
    return uint8(Claim.unwrap(self) >> 32);
}

/// @dev What a signature over a claim names; never used twice in an order.
function claimId(Claim self) pure returns (uint256) {
    return uint32(Claim.unwrap(self));
}

function withSlots(Claim self, uint256 slots) pure returns (Claim) {
    return claim(self.claimEnd(), self.claimOwner(), slots, self.claimId());
}

/// @dev What an order keeps of its list: of keccak-256 over its words. They lie in a row in memory already, and copying
/// them to hash them costs 100 gas a claim.
function hashClaims(Claim[] memory list) pure returns (uint224 hash) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        hash := and(
            keccak256(add(list, 32), mul(mload(list), 32)),
            0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff
        )
    }
}

/// @dev The same of a list in calldata.
function hashGiven(Claim[] calldata list) pure returns (uint224 hash) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let copy := mload(0x40)
        let length := mul(list.length, 32)
        calldatacopy(copy, list.offset, length)
        hash := and(keccak256(copy, length), 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
    }
}
