// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Continued} from "../../contracts/settlement/Continued.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

/// @notice The three contracts of an escrow are deployed one after the other; a wrong address among them is found out then,
/// because later every call to it would seem to succeed.
contract DeployTest is EscrowBase {
    function test_RevertWhen_TheServicesAreForAnotherToken() external {
        address foreign = address(new MockToken());
        (address actions, ) = _try("OrderActions", abi.encode(foreign, manager));
        (address services, ) = _try("OrderServices", abi.encode(foreign, manager, registry, actions));
        (address created, bytes memory reason) = _try("SupplierEscrow", abi.encode(token, manager, services));
        vm.assertEq(created, address(0));
        vm.assertEq(reason, abi.encodeWithSignature("ServicesOfOtherToken(address)", foreign));
        (created, ) = _try("SupplierEscrow", abi.encode(foreign, manager, services));
        vm.assertTrue(created != address(0));
    }

    function test_RevertWhen_ThereIsNoCodeWhereTheServicesShouldBe() external {
        _expectNoCode("SupplierEscrow", abi.encode(token, manager, other));
    }

    function test_RevertWhen_ThereIsNoCodeWhereTheActionsShouldBe() external {
        _expectNoCode("OrderServices", abi.encode(token, manager, registry, other));
    }

    function _expectNoCode(string memory name, bytes memory arguments) private {
        (address created, bytes memory reason) = _try(name, arguments);
        vm.assertEq(created, address(0));
        vm.assertEq(reason, abi.encodeWithSelector(Continued.ContinuedWithoutCode.selector, other));
    }

    /// @dev Deploys from the artifact; where that fails, with what it says.
    function _try(string memory name, bytes memory arguments) private returns (address created, bytes memory reason) {
        string memory artifact = string.concat("contracts/settlement/", name, ".sol:", name);
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            created := create(0, add(code, 32), mload(code))
            reason := mload(0x40)
            mstore(reason, returndatasize())
            returndatacopy(add(reason, 32), 0, returndatasize())
            mstore(0x40, add(add(reason, 64), returndatasize()))
        }
    }
}
