// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../../contracts/mocks/MockToken.sol";
import {DeliveryReport} from "../../../contracts/oracle/DeliveryReport.sol";
import {IQuorum} from "../../../contracts/oracle/IQuorum.sol";
import {Evidence} from "../../../contracts/settlement/IOrderDelivery.sol";
import {Funding, FundingSource} from "../../../contracts/settlement/IOrderFunding.sol";
import {IOrderBook} from "../../../contracts/settlement/IOrderBook.sol";
import {ISupplierEscrow} from "../../../contracts/settlement/ISupplierEscrow.sol";
import {DeliveryTerms} from "../../../contracts/settlement/OrderTerms.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev Declared again: who imports the escrow's contract compiles it into the test.
interface EscrowErrors {
    error ServicesOfOtherToken(address token);
}

/// @dev The code of the escrow lies at three addresses, of which one has the state. The other two are called here as if
/// they were escrows: the parties' allowances and signatures must be worth nothing to them.
contract ImplementationsAttack is AttackBase {
    ISupplierEscrow private services;
    ISupplierEscrow private actions;

    function setUp() public override {
        super.setUp();
        actions = ISupplierEscrow(_at("OrderActions", abi.encode(token, manager)));
        services = ISupplierEscrow(_at("OrderServices", abi.encode(token, manager, registry, actions)));
        _begin(0, _line(ORDERED, TOTAL));
        vm.startPrank(buyer);
        token.approve(address(services), AMPLE);
        token.approve(address(actions), AMPLE);
        vm.stopPrank();
    }

    function test_WhenAnOrderIsOpenedInTheServices() external {
        Funding memory funding = _funding(FundingSource.Allowance);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, group));
        services.openOrder(terms, conditions, funding);
    }

    function test_WhenAGroupIsRegisteredInTheServices() external {
        address[] memory members = new address[](1);
        members[0] = other;
        vm.prank(other);
        vm.expectRevert();
        IQuorum(address(services)).registerGroup(members, 1);
    }

    function test_WhenADeliveryIsConfirmedInTheServices() external {
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (_only(terms), _only(_report(0, 1)));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, group));
        services.confirmWith(_certify(orders, reports), orders, reports, new Evidence[](1));
    }

    function test_WhenAnOrderIsCancelledInTheActions() external {
        bytes32 there = services.orderId(terms);
        vm.assertNotEq(there, order);
        vm.expectRevert();
        actions.cancel(terms, 0, 0, claims, FOREVER, _noApprovals());
    }

    function test_WhenACreditNoteIsIssuedInTheActions() external {
        vm.prank(supplier);
        vm.expectRevert();
        actions.creditNote(terms, 1, FOREVER, _noApprovals());
    }

    function test_WhenAFunctionIsUnknown() external {
        (bool success, bytes memory reason) = address(escrow).call(hex"12345678");
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodeWithSelector(IOrderBook.FunctionUnknown.selector, bytes4(0x12345678)));
        (success, ) = address(escrow).call("");
        vm.assertFalse(success);
    }

    function test_WhenTheServicesAreOfAnotherToken() external {
        bytes memory code = vm.getCode("contracts/settlement/SupplierEscrow.sol:SupplierEscrow");
        code = bytes.concat(code, abi.encode(new MockToken(), manager, services));
        vm.expectRevert(abi.encodeWithSelector(EscrowErrors.ServicesOfOtherToken.selector, token));
        this.deploy(code);
    }

    function deploy(bytes memory code) external returns (address created) {
        assembly {
            created := create(0, add(code, 32), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    /// @dev As the escrow does it when it is deployed.
    function _at(string memory name, bytes memory arguments) private returns (address created) {
        string memory artifact = string.concat("contracts/settlement/", name, ".sol:", name);
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
    }
}
