// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Certificate, DeliveryReport, Progress, Signature} from "../../contracts/oracle/DeliveryReport.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {Order} from "../../contracts/settlement/OrderState.sol";
import {Clauses, DeliveryTerms, OrderTerms, hashAgreement} from "../../contracts/settlement/OrderTerms.sol";
import {Vm} from "../support/Test.sol";

/// @dev A token as small as can be, so that the prover's time goes into the escrow.
contract PlainToken {
    mapping(address account => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
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

/// @dev Everybody is a relayer operator.
contract OpenRegistry {
    function activeOrganisationOf(address account, uint32) external pure returns (uint64) {
        return uint64(uint160(account));
    }
}

/// @dev What every `check_` says holds for all values of its arguments: halmos proves it on the compiled escrow, with
/// `npm run analyze`. No signature is taken for granted: where `ecrecover` answers somebody else, the call reverts.
/// Quantities are constants where money is divided by them, because provers cannot divide by what they do not know.
contract EscrowSymbolicTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant BUYER = address(0xb0b);
    address internal constant SUPPLIER = address(0x5e11e4);
    address internal constant RELAYER = address(0x4e1a7e4);
    uint256 internal constant START = 1_893_456_000;
    uint256 internal constant MINTED = type(uint56).max;

    PlainToken internal token;
    ISupplierEscrow internal escrow;
    uint40 internal group;

    function setUp() public {
        vm.warp(START);
        token = new PlainToken();
        AccessManager manager = new AccessManager(address(this));
        OpenRegistry registry = new OpenRegistry();
        address actions = _deploy("OrderActions.sol:OrderActions", abi.encode(token, manager));
        address services = _deploy("OrderServices.sol:OrderServices", abi.encode(token, manager, registry, actions));
        escrow = ISupplierEscrow(_deploy("SupplierEscrow.sol:SupplierEscrow", abi.encode(token, manager, services)));
        address[] memory members = new address[](1);
        members[0] = RELAYER;
        group = IQuorum(address(escrow)).registerGroup(members, 1);
    }

    /// @dev The compiled escrow itself, as everybody deploys it.
    function _deploy(string memory artifact, bytes memory arguments) private returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
        assert(created != address(0));
    }

    function check_CreatingFundsTheOrder(uint40 ordered, uint56 total) public {
        _create(_terms(ordered, total));
        assert(token.balanceOf(address(escrow)) == total);
    }

    function check_AnyReport(uint56 total, uint240 progress) public {
        OrderTerms memory terms = _terms(3, total);
        bytes32 order = _create(terms);
        _confirm(terms, progress);
        _checkSolvency(order, total);
    }

    function check_TwoReports(uint8 total, uint8 first, uint8 second) public {
        OrderTerms memory terms = _terms(10, total);
        bytes32 order = _create(terms);
        _confirm(terms, uint256(first) << 128);
        _confirm(terms, (uint256(escrow.orderOf(order).delivered) << 176) | (uint256(second) << 128));
        _checkSolvency(order, total);
    }

    function check_RefundLeavesNothingBehind(uint56 total, uint48 delivered) public {
        OrderTerms memory terms = _terms(3, total);
        bytes32 order = _create(terms);
        _confirm(terms, uint256(delivered) << 128);
        escrow.refund(terms);
        uint256 credits = escrow.creditOf(BUYER) + escrow.creditOf(SUPPLIER);
        uint256 paid = token.balanceOf(SUPPLIER) + escrow.creditOf(SUPPLIER);
        assert(token.balanceOf(address(escrow)) == credits);
        assert(paid == escrow.orderOf(order).paid);
        assert(token.balanceOf(BUYER) + escrow.creditOf(BUYER) == MINTED - paid);
    }

    function _checkSolvency(bytes32 order, uint256 total) internal view {
        Order memory state = escrow.orderOf(order);
        assert(state.paid <= state.earned);
        assert(state.earned <= total);
        assert(token.balanceOf(address(escrow)) >= total - state.paid + escrow.creditOf(SUPPLIER));
    }

    function _terms(uint40 ordered, uint56 total) internal view returns (OrderTerms memory) {
        uint256 clauses = (START << 216) | (START << 176) | (uint256(group) << 18) | (1 << 10);
        return
            OrderTerms({
                buyer: BUYER,
                supplier: SUPPLIER,
                clauses: Clauses.wrap(clauses),
                conditions: 0,
                lines: abi.encodePacked(ordered, total)
            });
    }

    function _create(OrderTerms memory terms) internal returns (bytes32) {
        token.mint(BUYER, MINTED);
        vm.prank(BUYER);
        return escrow.createOrder(terms);
    }

    function _confirm(OrderTerms memory terms, uint256 progress) internal {
        Certificate memory certificate;
        certificate.group = group;
        certificate.blockTime = uint40(START);
        certificate.members = abi.encodePacked(RELAYER);
        certificate.signers = 1;
        certificate.signatures = new Signature[](1);
        certificate.signatures[0] = Signature({r: bytes32(uint256(1)), vs: bytes32(uint256(1))});
        DeliveryTerms[] memory orders = new DeliveryTerms[](1);
        orders[0] = DeliveryTerms({
            supplier: terms.supplier,
            clauses: terms.clauses,
            agreement: hashAgreement(terms.buyer, terms.conditions),
            lines: terms.lines
        });
        DeliveryReport[] memory reports = new DeliveryReport[](1);
        reports[0] = DeliveryReport({progress: Progress.wrap(progress), root: 0});
        escrow.confirm(certificate, orders, reports);
    }
}
