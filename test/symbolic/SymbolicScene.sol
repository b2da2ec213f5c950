// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Certificate, DeliveryReport, Progress, Signature} from "../../contracts/oracle/DeliveryReport.sol";
import {Claim} from "../../contracts/settlement/Claim.sol";
import {Approval, DeviceSignature} from "../../contracts/settlement/Consent.sol";
import {Evidence} from "../../contracts/settlement/IOrderDelivery.sol";
import {Funding} from "../../contracts/settlement/IOrderFunding.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {Order, Status} from "../../contracts/settlement/OrderState.sol";
import {
    Clauses,
    DeliveryTerms,
    OPTION_INSPECTION,
    OrderConditions,
    OrderTerms,
    hashAgreement
} from "../../contracts/settlement/OrderTerms.sol";
import {hashConditionsAgain} from "../base/ActionHashes.sol";
import {Vm} from "../support/Test.sol";

/// @dev A token as small as can be, so that the prover's time goes into the escrow. It can refuse to pay somebody.
contract PlainToken {
    mapping(address account => uint256) public balanceOf;
    address public refused;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function refuse(address to) external {
        refused = to;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (to == refused) return false;
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}

/// @dev Everybody is a relayer operator, and everybody may register groups.
contract OpenRegistry {
    function activeOrganisationOf(address account, uint32) external pure returns (uint64) {
        return uint64(uint160(account));
    }

    function canCall(address, address, bytes4) external pure returns (bool, uint32) {
        return (true, 0);
    }
}

/// @dev A supplier that has signed everything, so that no signature has to be guessed.
contract SigningSupplier {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return this.isValidSignature.selector;
    }
}

/// @dev What every `check_` says holds for all values of its arguments: halmos proves it on the compiled escrow, as it is
/// deployed, with `npm run analyze`. Who acts calls, and of the relayer's signature nothing is taken for granted: where
/// `ecrecover` answers somebody else, the call reverts. What is ordered, rates and dates are constants, because provers
/// cannot divide by what they do not know; and of two factors one is told apart value by value (`_upTo`), or a constant,
/// because they hardly multiply what they do not know. So: all totals with some quantities, or all shares with one total.
abstract contract SymbolicScene {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant BUYER = address(0xb0b);
    address internal constant OWNER = address(0x0111e4); // of a claim
    address internal constant SECOND = address(0x5ec0d); // of another one
    address internal constant ARBITER = address(0xa4b17e4);
    address internal constant RELAYER = address(0x4e1a7e4);
    uint256 internal constant START = 1_893_456_000;
    uint256 internal constant EXPIRY = START + 60 days;
    uint256 internal constant RETENTION_UNTIL = EXPIRY + 365 days;
    uint32 internal constant WINDOW = 5 days; // of inspection, answer and arbitration
    uint32 internal constant SPLIT = 300_000; // 30% when the arbiter is silent
    uint40 internal constant ORDERED = 4;
    uint56 internal constant TOTAL = 1_003; // not divisible, so that every floor shows
    uint256 internal constant MINTED = type(uint56).max; // what the buyer has
    uint40 internal constant FOREVER = type(uint40).max; // a deadline

    PlainToken internal token;
    ISupplierEscrow internal escrow;
    address internal supplier;
    uint40 internal group;
    OrderTerms internal terms;
    bytes32 internal order;

    function setUp() public {
        vm.warp(START);
        token = new PlainToken();
        supplier = address(new SigningSupplier());
        OpenRegistry registry = new OpenRegistry(); // the AccessManager too
        address actions = _deploy("OrderActions", abi.encode(token, registry));
        address services = _deploy("OrderServices", abi.encode(token, registry, registry, actions));
        escrow = ISupplierEscrow(_deploy("SupplierEscrow", abi.encode(token, registry, services)));
        address[] memory members = new address[](1);
        members[0] = RELAYER;
        group = IQuorum(address(escrow)).registerGroup(members, 1);
        token.mint(BUYER, MINTED);
    }

    /// @dev The compiled escrow itself, as everybody deploys it.
    function _deploy(string memory name, bytes memory arguments) private returns (address created) {
        string memory artifact = string.concat("contracts/settlement/", name, ".sol:", name);
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
        assert(created != address(0));
    }

    // ---- orders

    /// @dev One line; `bits` of the clauses come on top of the plain ones.
    function _open(uint40 ordered, uint256 total, uint256 bits) internal {
        uint256 clauses = (START << 216) | (EXPIRY << 176) | (uint256(group) << 18) | (1 << 10) | bits;
        terms.buyer = BUYER;
        terms.supplier = supplier;
        terms.clauses = Clauses.wrap(clauses);
        terms.lines = abi.encodePacked(ordered, uint56(total));
        terms.conditions = hashConditionsAgain(_conditions());
        if (bits == 0) {
            vm.prank(BUYER);
            order = escrow.createOrder(terms);
        } else {
            Funding memory funding;
            funding.deadline = FOREVER;
            vm.prank(BUYER);
            order = escrow.openOrder(terms, _conditions(), funding);
        }
    }

    function _conditions() internal view returns (OrderConditions memory conditions) {
        conditions.arbiter = ARBITER;
        conditions.defaultSplit = SPLIT;
        if (terms.clauses.has(OPTION_INSPECTION)) conditions.inspection = WINDOW;
        (conditions.answer, conditions.arbitration) = (WINDOW, WINDOW);
    }

    // ---- deliveries

    function _confirm(uint256 from, uint256 to, uint256 late) internal {
        _confirmWord((from << 176) | (to << 128) | (late << 80));
    }

    function _confirmWord(uint256 progress) internal {
        escrow.confirm(_certificate(), _deliveryTerms(), _reports(progress));
    }

    /// @dev With the list of claims.
    function _confirmWith(uint256 from, uint256 to, Claim[] memory claims) internal {
        Evidence[] memory evidence = new Evidence[](1);
        evidence[0].claims = claims;
        evidence[0].devices = new DeviceSignature[](0);
        escrow.confirmWith(_certificate(), _deliveryTerms(), _reports((from << 176) | (to << 128)), evidence);
    }

    function _certificate() private view returns (Certificate memory certificate) {
        certificate.group = group;
        certificate.blockTime = uint40(block.timestamp);
        certificate.members = abi.encodePacked(RELAYER);
        certificate.signers = 1;
        certificate.signatures = new Signature[](1);
        certificate.signatures[0] = Signature({r: bytes32(uint256(1)), vs: bytes32(uint256(1))});
    }

    function _deliveryTerms() private view returns (DeliveryTerms[] memory orders) {
        orders = new DeliveryTerms[](1);
        orders[0] = DeliveryTerms({
            supplier: terms.supplier,
            clauses: terms.clauses,
            agreement: hashAgreement(terms.buyer, terms.conditions),
            lines: terms.lines
        });
    }

    function _reports(uint256 progress) private pure returns (DeliveryReport[] memory reports) {
        reports = new DeliveryReport[](1);
        reports[0] = DeliveryReport({progress: Progress.wrap(progress), root: 0});
    }

    function _noClaims() internal pure returns (Claim[] memory) {
        return new Claim[](0);
    }

    function _noApprovals() internal pure returns (Approval[] memory) {
        return new Approval[](0);
    }

    /// @dev The supplier's consent to anything.
    function _supplierAgrees() internal view returns (Approval[] memory approvals) {
        approvals = new Approval[](1);
        approvals[0] = Approval({account: supplier, signature: ""});
    }

    /// @dev The same number, of which the prover follows each value from 0 to `most` by itself. There are no others.
    function _upTo(uint256 most, uint256 value) internal pure returns (uint256) {
        for (uint256 i = 0; i < most; ++i) {
            if (value == i) return i;
        }
        vm.assume(value == most);
        return most;
    }

    // ---- what must hold

    /// @dev What somebody got out of the escrow, in the token or as credit.
    function _received(address account) internal view returns (uint256) {
        unchecked {
            return token.balanceOf(account) + escrow.creditOf(account);
        }
    }

    /// @dev Of an order of this total: what is paid, held and refunded is what was funded, the escrow has what it holds and
    /// nothing else, the payees have what was paid, and no more than was earned.
    function _isSolvent(uint256 total) internal view {
        Order memory state = escrow.orderOf(order);
        uint256 balance = token.balanceOf(address(escrow));
        // Nothing wraps around: all that there is in the token is MINTED, and what is credited is checked first. Checks
        // that cannot fail would double the prover's paths.
        unchecked {
            uint256 credits = escrow.creditOf(BUYER) | escrow.creditOf(supplier);
            assert((credits | escrow.creditOf(OWNER) | escrow.creditOf(SECOND)) >> 64 == 0);
            credits = escrow.creditOf(BUYER) + escrow.creditOf(supplier);
            credits += escrow.creditOf(OWNER) + escrow.creditOf(SECOND);
            assert(credits <= balance);
            uint256 held = balance - credits;
            uint256 refunded = _received(BUYER) + total - MINTED; // the buyer had MINTED, and paid the total
            assert(refunded <= total);
            assert(state.paid <= state.earned);
            assert(state.earned <= total);
            assert(_received(supplier) + _received(OWNER) + _received(SECOND) == state.paid);
            assert(uint256(state.paid) + held + refunded == total);
            if (state.status == Status.Closed) assert(held == 0);
            else assert(held >= uint256(state.earned) - state.paid);
            if (state.status == Status.Open) assert(refunded == 0);
        }
    }
}
