// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IdentityTest} from "./IdentityTest.sol";
import {DeviceRegistry} from "../../contracts/identity/DeviceRegistry.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";

contract DeviceRegistryTest is IdentityTest {
    IDeviceRegistry.Curve private constant P256 = IDeviceRegistry.Curve.P256;
    IDeviceRegistry.Curve private constant K256 = IDeviceRegistry.Curve.Secp256k1;

    // The public key of RFC 7515, appendix A.3.
    bytes32 private constant X = 0x7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445;
    bytes32 private constant Y = 0xc7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad;
    bytes32 private constant ID = 0xa0a232c2f194a53553cb1310ddbc0821e414b9d7ebfc290b323084d7d1020fe5;

    // A key of secp256k1.
    bytes32 private constant KX = 0x1bfa352c40ac0bea04f2a10f31df1d74394ce1487c91dbe997a6f6593ba4b869;
    bytes32 private constant KY = 0x1a3c0d57b8fb144651f7099c44948dfa06cbde0ac6158c2361f6fc64b0433cb5;
    bytes32 private constant KID = 0xa32cd5d34601198cafe3f10ebcab85f098c10a3b6f40230bac3782028967c6da;

    bytes32 private constant SITE = keccak256("gate 3");
    uint40 private constant FROM = uint40(NOW - 1 days);
    uint40 private constant UNTIL = uint40(NOW + 365 days);

    event DeviceEnrolled(
        bytes32 indexed device,
        uint64 indexed owner,
        IDeviceRegistry.Curve curve,
        bytes32 x,
        bytes32 y,
        uint40 validFrom,
        uint40 validUntil,
        bytes32 site
    );
    event DeviceRevoked(bytes32 indexed device, uint64 indexed owner);

    DeviceRegistry private devices;
    uint64 private owner;

    function setUp() public override {
        super.setUp();
        devices = new DeviceRegistry(organisations);
        owner = _register(BUYER, 0);
    }

    // ---- thumbprint ----

    function test_thumbprint_whenCurveIsNone() public {
        _expectNoKey(IDeviceRegistry.Curve.None, X, Y);
    }

    function test_thumbprint_whenACoordinateIsZero() public {
        _expectNoKey(P256, 0, 0);
        _expectNoKey(K256, 0, 0);
        // On the curve: y^2 = b.
        _expectNoKey(P256, 0, 0x66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4);
        _expectNoKey(P256, X, 0);
        _expectNoKey(K256, KX, 0);
    }

    function test_thumbprint_whenACoordinateIsNotBelowTheField() public {
        uint256 p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff;
        // The points with x = 5 of P-256 and x = 1 of secp256k1 have a twin that fits into 256 bits: x + p.
        bytes32 y = 0x459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc;
        devices.thumbprint(P256, bytes32(uint256(5)), y);
        _expectNoKey(P256, bytes32(uint256(5) + p), y);
        uint256 k = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
        bytes32 ky = 0x4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee;
        devices.thumbprint(K256, bytes32(uint256(1)), ky);
        _expectNoKey(K256, bytes32(uint256(1) + k), ky);
        // And the one with y = 1.
        bytes32 kx = 0x1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507;
        devices.thumbprint(K256, kx, bytes32(uint256(1)));
        _expectNoKey(K256, kx, bytes32(uint256(1) + k));
    }

    function test_thumbprint_whenNotOnTheCurve(uint256 slip) public {
        slip = bound(slip, 1, type(uint256).max);
        bytes32 y = bytes32(uint256(Y) ^ slip);
        vm.assume(uint256(y) != 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff - uint256(Y));
        _expectNoKey(P256, X, y);
    }

    function test_thumbprint_whenOnTheOtherCurve() public {
        _expectNoKey(K256, X, Y);
        _expectNoKey(P256, KX, KY);
    }

    function test_thumbprint() public view {
        vm.assertEq(devices.thumbprint(P256, X, Y), ID);
        vm.assertEq(devices.thumbprint(K256, KX, KY), KID);
        vm.assertEq(
            devices.thumbprint(
                P256,
                0x7329cb1bbae9f8afc9c529a641fccd8fa0642810b7a0da8d5d8ee1c49ea5c1e4,
                0xd4dea5a37749c9856ddd9cd21212195cbb65afacb2ddc6a5dafb77766d815341
            ),
            0x30960afa44c9b408ba6724e4cc0cb8f8b60975d5a087b4930ba645347479ce06
        );
        vm.assertEq(
            devices.thumbprint(
                K256,
                0xd78b3dc84ba8f06896a104f352deb8bfb1b7b9e666db0e438fa49d2a881522da,
                0xd2e8a6540d6855adb58e436ce4f8862eb4d658abafdbb19579704978faca636d
            ),
            0x4be22f41d20cead3c680e51fca73e64435290be5abd07b86b4f7680abfb62452
        );
    }

    // ---- enrol ----

    function test_enrol_whenCallerIsAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceCallerNotOwner.selector, STRANGER, uint64(0)));
        _enrol(STRANGER);
    }

    function test_enrol_whenSuspended() public {
        _suspend(owner);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceCallerNotOwner.selector, BUYER, uint64(0)));
        _enrol(BUYER);
    }

    function test_enrol_whenNeverValid() public {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceValidity.selector, UNTIL, UNTIL));
        vm.prank(BUYER);
        devices.enrol(P256, X, Y, UNTIL, UNTIL, SITE);
    }

    function test_enrol_whenTheKeyIsNone() public {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceKey.selector, P256, Y, X));
        vm.prank(BUYER);
        devices.enrol(P256, Y, X, FROM, UNTIL, SITE);
    }

    function test_enrol_givenItIsEnrolled() public {
        _enrol(BUYER);
        _register(STRANGER, 0);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceExists.selector, ID, owner));
        _enrol(STRANGER);
        vm.prank(BUYER);
        devices.revoke(ID);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceExists.selector, ID, owner));
        _enrol(BUYER);
    }

    function test_enrol() public {
        vm.expectEmit(true, true, true, true, address(devices));
        emit DeviceEnrolled(ID, owner, P256, X, Y, FROM, UNTIL, SITE);
        vm.assertEq(_enrol(BUYER), ID);

        IDeviceRegistry.Device memory device = devices.deviceOf(ID);
        vm.assertEq(device.owner, owner);
        vm.assertTrue(device.curve == P256);
        vm.assertEq(device.validFrom, FROM);
        vm.assertEq(device.validUntil, UNTIL);
        vm.assertEq(device.revokedAt, 0);
        vm.assertEq(device.site, SITE);
        vm.assertEq(devices.deviceOf(KID).owner, 0);
        vm.assertEq(address(devices.organisations()), address(organisations));
    }

    // ---- revoke ----

    function test_revoke_givenNoSuchDevice() public {
        _expectNotLive();
    }

    function test_revoke_givenItIsRevoked() public {
        _enrol(BUYER);
        vm.prank(BUYER);
        devices.revoke(ID);
        _expectNotLive();
    }

    function test_revoke_whenCallerIsNotTheOwner() public {
        _enrol(BUYER);
        _expectNotOwner(STRANGER);
        _register(STRANGER, 0);
        _expectNotOwner(STRANGER);
        _suspend(owner);
        _expectNotOwner(BUYER);
        vm.assertEq(devices.deviceOf(ID).revokedAt, 0);
    }

    function test_revoke() public {
        _enrol(BUYER);
        _join(owner);
        vm.expectEmit(true, true, true, true, address(devices));
        emit DeviceRevoked(ID, owner);
        vm.prank(CLERK);
        devices.revoke(ID);
        vm.assertEq(devices.deviceOf(ID).revokedAt, NOW);
        vm.assertEq(devices.deviceOf(ID).owner, owner);
    }

    // ---- Internal ----

    function _enrol(address caller) private returns (bytes32) {
        vm.prank(caller);
        return devices.enrol(P256, X, Y, FROM, UNTIL, SITE);
    }

    function _expectNoKey(IDeviceRegistry.Curve curve, bytes32 x, bytes32 y) private {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceKey.selector, curve, x, y));
        devices.thumbprint(curve, x, y);
    }

    function _expectNotLive() private {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceNotLive.selector, ID));
        vm.prank(BUYER);
        devices.revoke(ID);
    }

    function _expectNotOwner(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceCallerNotOwner.selector, caller, owner));
        vm.prank(caller);
        devices.revoke(ID);
    }
}
