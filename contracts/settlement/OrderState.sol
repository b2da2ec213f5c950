// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// What the chain keeps of an order. Which slot exists when, and why, is in docs/decisions/escrow-state.md.

/// @notice Where an order is in its life.
enum Status {
    None, // never created
    Open, // reports count
    Ended, // the undelivered part went back; what is pending runs out
    Closed // nothing is pending; the slot stays, so old reports stay dead
}

/// @notice The hot slot of an order: all that a delivery without special clauses touches.
struct Order {
    // slot 0
    Status status;
    uint8 flags; // FLAG_ bits: which other slots there are
    uint32 seq; // counts what voids older signatures; deliveries do not
    uint56 earned; // value of everything accepted so far
    uint56 paid; // paid or credited so far
    uint48 delivered; // of line 0, cumulative; zero with inspection
    uint48 late; // of line 0, cumulative unit-days; zero with inspection
}

uint8 constant FLAG_AMENDED = 1; // other terms than the first ones are in force
uint8 constant FLAG_ASSIGNED = 2; // part of the payout belongs, or belonged, to somebody else
uint8 constant FLAG_MONEY = 4; // there is a Money slot
uint8 constant FLAG_CALLED = 8; // the buyer made its one call on the retention
uint8 constant FLAG_CALLING = 16; // that call is open: lot CALL holds money back

/// @notice The slot of a line; with inspection of every line, else of every line but the first.
struct Line {
    // slot 0
    uint48 delivered; // cumulative
    uint48 late; // cumulative unit-days
    uint48 rejected; // finally; makes room for replacements
    uint48 decided; // accepted, rejected or ruled upon
    uint64 good; // worth money, in millionths of a unit
}

/// @notice What happens to a lot, or to the call on the retention.
enum LotStatus {
    None, // unknown, or decided
    Pending, // the buyer may answer
    Rejected, // the payees may dispute
    Disputed // the arbiter may rule
}

/// @notice Goods under inspection, or the call on the retention.
struct Lot {
    // slot 0
    uint16 line; // NO_LINE for the call
    uint56 quantity; // in the line's scale; of the call: minor units
    uint48 late; // unit-days of these goods
    uint40 since; // when its status began, in seconds since 1970
    LotStatus status;
}

uint32 constant CALL = type(uint32).max; // number of the call among an order's lots
uint16 constant NO_LINE = type(uint16).max;

/// @notice What most orders never have.
struct Money {
    // slot 0
    uint56 refunded; // went back to the buyer when the order ended
    uint56 forfeited; // of the retention, by the call on it
    uint32 nextLot;
}

/// @notice Whose the payout is. The list itself travels in calldata.
struct ClaimList {
    // slot 0
    uint224 hash; // low bits of keccak-256 over the list's words
    uint32 nextId; // of claims; never used twice
}
