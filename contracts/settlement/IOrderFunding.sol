// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "./Consent.sol";
import {Clauses, OrderConditions, OrderTerms} from "./OrderTerms.sol";

/// @notice Where the money of a new order comes from.
enum FundingSource {
    Allowance, // the buyer's standing allowance
    Permit, // an EIP-2612 permit of the order's total
    Authorization, // an ERC-3009 authorization to receive the total, whose nonce is the order's id
    Balance // the buyer's balance in the escrow
}

/// @notice A signature under a permit or an authorization of the token.
struct TokenSignature {
    uint256 validAfter; // of an authorization; a permit has none
    uint256 validBefore; // of a permit: its deadline
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice How an order with special clauses, or of a buyer who sends no transaction, is funded.
struct Funding {
    FundingSource source;
    uint40 deadline; // of the buyer's signature under OrderCreation, in seconds since 1970
    Approval[] approvals; // that signature; none if the buyer sends the transaction or the source is Authorization
    TokenSignature token; // for Permit and Authorization
}

/// @title What both ways to open an order share
interface IOrderCreation {
    /// @notice An order was created and funded with the sum of its lines' totals. The terms are complete: what is hashed is
    /// what is logged. If no token moved to the escrow in the same transaction, the buyer's balance paid.
    event OrderCreated(
        bytes32 indexed order,
        address indexed buyer,
        address indexed supplier,
        Clauses clauses,
        bytes32 conditions,
        bytes lines
    );

    /// @notice Plain orders were created and funded from their buyer's balance. Their terms are complete: the packed bytes
    /// are those that were given (OrderBatch.sol), and the buyer is the same for all. The id of each is the digest of its
    /// terms, the one that `orderId` computes; it is not logged besides, because everybody can.
    event OrdersCreated(address indexed buyer, bytes orders);

    /// @notice An order with these terms exists; a salt in the order sheet makes equal orders differ.
    error OrderExists(bytes32 order);

    /// @notice Packed orders end within one, or there is none.
    /// @param from where the order that is not whole begins
    /// @param needed bytes up to its end, or to the end of its head where that is cut
    /// @param length bytes of all orders
    error OrderBatchCut(uint256 from, uint256 needed, uint256 length);

    /// @notice The dates must be: now <= due <= expiry, grace <= 90 days.
    error OrderDates(uint256 due, uint256 expiry, uint256 grace, uint256 now_);

    /// @notice These terms have retention, a penalty or options: `openOrder` takes them, and checks the conditions too.
    error OrderNotPlain(Clauses clauses);

    /// @notice The payee may be neither zero nor the escrow. OrderArbiter refuses one who is the arbiter.
    error OrderPayee(address supplier);

    /// @notice Lines are one point of 12 bytes each, 1 to 4,096 of them, each with a quantity above zero.
    /// @param index the line at fault, or how many whole lines there are
    /// @param length bytes of all lines
    error OrderLines(uint256 index, uint256 length);

    /// @notice A line can be late by at most 2^44 unit-days: what was ordered times the days that count.
    error OrderLateness(uint256 index, uint256 unitDays);

    /// @notice The order's total must be above zero and below 2^56 - 1 minor units.
    error OrderTotal(uint256 total);

    /// @notice First terms have one point a line and no options that this version does not know.
    error OrderClauseUnsupported(Clauses clauses);

    /// @notice The currency is no token of ERC-3009.
    error TokenWithoutAuthorizations();

    /// @notice The buyer's balance is smaller than what the orders need.
    error BalanceTooSmall(uint256 balance, uint256 needed);
}

/// @title Opening plain orders, and the buyers' balances
interface IOrderFunding {
    /// @notice Money was added to an account's balance.
    event Deposited(address indexed account, uint256 amount);

    /// @notice Money of an account's balance or credit left the escrow.
    event CreditWithdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice Only the buyer opens an order with the buyer's money; whoever holds its signature uses `openOrder` or
    /// `createOrderWithAuthorization`.
    error OrderCallerNotBuyer(address caller, address buyer);

    /// @notice The credit is smaller than what was asked for, or nothing was asked for.
    error CreditTooSmall(uint256 credit, uint256 amount);

    /// @notice The receiver may be neither zero nor the escrow.
    error CreditReceiver(address to);

    /// @notice A deposit of nothing.
    error DepositZero();

    /// @notice Opens and funds a plain order from the caller's allowance. The caller is the buyer.
    /// @return order its id
    function createOrder(OrderTerms calldata terms) external returns (bytes32 order);

    /// @notice The same with an EIP-2612 permit of exactly the order's total. A permit that somebody used before does no
    /// harm: the allowance that it gave is there.
    function createOrderWithPermit(
        OrderTerms calldata terms,
        TokenSignature calldata permit
    ) external returns (bytes32 order);

    /// @notice The same with an ERC-3009 authorization of the buyer whose nonce is the order's id, so that it binds money
    /// and terms. Anyone may call.
    function createOrderWithAuthorization(
        OrderTerms calldata terms,
        TokenSignature calldata authorization
    ) external returns (bytes32 order);

    /// @notice Opens plain orders of the caller, one or many, from its balance; all or none. An order has the same id as if
    /// it had been opened alone. Reverts with OrderBatchCut unless the bytes are whole orders, at least one.
    /// @param orders packed one after the other: supplier 20 bytes, clauses 32, of which the lowest 18 bits are the number
    /// of lines, conditions 32, and 12 bytes each line
    function createOrdersFromBalance(bytes calldata orders) external;

    /// @notice Adds to the caller's balance from its allowance.
    function deposit(uint256 amount) external;

    /// @notice Adds to an account's balance by its ERC-3009 authorization, whose nonce is `depositNonce(salt)`. Anyone may
    /// call.
    function depositWithAuthorization(
        address account,
        uint256 amount,
        bytes32 salt,
        TokenSignature calldata authorization
    ) external;

    /// @notice Withdraws from the caller's balance to an address of its choice.
    function withdraw(uint256 amount, address to) external;

    /// @notice Withdraws from an account's balance by its signature under Withdrawal, with its next nonce. Anyone may call.
    function withdrawFor(
        address account,
        uint256 amount,
        address to,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Nonce of the authorization for a deposit. It is no order's id, so an order's authorization cannot be spent
    /// on a deposit.
    function depositNonce(bytes32 salt) external pure returns (bytes32);
}

/// @title Opening orders of every kind
interface IOrderOpening {
    /// @notice Inspection, answer, arbitration and grace are at most 90 days; with inspection or retention there is time to
    /// answer and to rule.
    error OrderWindows(uint256 inspection, uint256 answer, uint256 arbitration, uint256 grace);

    /// @notice With inspection or retention there is an arbiter. Whoever is named is neither buyer nor supplier.
    error OrderArbiter(address arbiter);

    /// @notice Penalty rate times capped days is at most 100%, the retention below 100%, the default split at most 100%.
    error OrderRates(uint256 penalty, uint256 retention, uint256 split);

    /// @notice A retention ends between the expiry and 5 years after it; without retention its date is zero.
    error OrderRetentionDate(uint256 until, uint256 expiry);

    /// @notice The option for inspection is set exactly if the conditions have an inspection.
    error OrderInspectionOption(bool option, uint256 inspection);

    /// @notice Device signatures need the root of the devices' keys in front of the lines, and only they may use P-256.
    error OrderDevices(uint256 options, bytes32 root);

    /// @notice This chain had no P-256 precompile (EIP-7951) when the escrow was deployed: its devices sign with secp256k1.
    error OrderP256Unsupported();

    /// @notice Opens an order with any clauses, from any source of money, for the buyer or whoever holds its signature.
    /// @return order its id
    function openOrder(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        Funding calldata funding
    ) external returns (bytes32 order);

    /// @notice Whether the chain verified P-256 signatures when the escrow was deployed.
    function p256Supported() external view returns (bool);
}
