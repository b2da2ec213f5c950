// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Somebody's signature under an action: EIP-712 in the escrow's domain, of a key or of an ERC-1271 wallet. Whoever
/// sends the transaction itself needs none. What each action's struct looks like is in docs/operations.
struct Approval {
    address account;
    bytes signature;
}

/// @notice A device's signature under a report: EIP-712 `DeviceDelivery` in the escrow's domain.
struct DeviceSignature {
    bytes32 x; // the device's public key
    bytes32 y;
    bytes32 r;
    bytes32 s; // low; with secp256k1 the `vs` of ERC-2098
    bytes32[] proof; // from the leaf, keccak256(bytes.concat(keccak256(abi.encode(x, y)))), to the terms' root of keys
}

bytes32 constant ORDER_CREATION_TYPEHASH = keccak256(
    "OrderCreation(bytes32 order,address supplier,uint256 total,uint40 due,uint40 expiry,uint8 source,uint40 deadline)"
);
bytes32 constant WITHDRAWAL_TYPEHASH = keccak256(
    "Withdrawal(address account,uint256 amount,address to,uint256 nonce,uint40 deadline)"
);
bytes32 constant DEVICE_DELIVERY_TYPEHASH = keccak256(
    "DeviceDelivery(bytes32 order,uint16 line,uint48 from,uint48 to)"
);
bytes32 constant INSPECTION_TYPEHASH = keccak256(
    "Inspection(bytes32 order,uint32 lot,uint56 rejected,bytes32 evidence,uint40 deadline)"
);
bytes32 constant RETENTION_CALL_TYPEHASH = keccak256(
    "RetentionCall(bytes32 order,uint56 amount,bytes32 evidence,uint40 deadline)"
);
bytes32 constant DISPUTE_TYPEHASH = keccak256("Dispute(bytes32 order,uint32 lot,bytes32 evidence,uint40 deadline)");
bytes32 constant RULING_TYPEHASH = keccak256("Ruling(bytes32 order,uint32 lot,uint32 share,uint40 deadline)");
bytes32 constant CANCELLATION_TYPEHASH = keccak256(
    "Cancellation(bytes32 order,uint32 seq,uint56 payout,uint40 deadline)"
);
bytes32 constant AMENDMENT_TYPEHASH = keccak256(
    "Amendment(bytes32 order,uint32 seq,bytes32 terms,uint256 total,uint40 due,uint40 expiry,uint40 deadline)"
);
bytes32 constant ASSIGNMENT_TYPEHASH = keccak256(
    "Assignment(bytes32 order,uint32 seq,uint32 claim,uint56 amount,uint56 maxStart,address to,uint8 slots,uint56 price,uint40 deadline)"
);
bytes32 constant CREDIT_NOTE_TYPEHASH = keccak256(
    "CreditNote(bytes32 order,uint256 amount,uint256 nonce,uint40 deadline)"
);
