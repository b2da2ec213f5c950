// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Certificate, DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {DeviceSignature} from "../../contracts/settlement/Consent.sol";
import {Evidence, IEvidencedDelivery, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {DeliveryTerms, OPTION_DEVICES, OPTION_P256, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {hashDeviceDelivery} from "../base/ActionHashes.sol";
import {DeliveryBase} from "../base/DeliveryBase.sol";

/// @dev What holds of both curves. Devices have the private keys 1, 2 and 3, a stranger has 4.
abstract contract ConfirmWithDevicesTest is DeliveryBase {
    uint256 internal constant STRANGER = 4;

    OrderTerms private terms;
    bytes32 private order;
    bytes32 private root;

    function setUp() public override {
        super.setUp();
        root = _pair(_pair(_leaf(1), _leaf(2)), _leaf(3));
        terms = _termsUnder(root);
        order = _open(terms);
    }

    // ---- the curve

    /// @dev OPTION_ bits besides OPTION_DEVICES.
    function _curve() internal pure virtual returns (uint256);

    function _publicKey(uint256 key) internal view virtual returns (bytes32 x, bytes32 y);

    /// @dev With a low s, in the form that the escrow takes; and the same signature with the high s.
    function _signDigest(
        uint256 key,
        bytes32 digest
    ) internal view virtual returns (bytes32 r, bytes32 s, bytes32 high);

    /// @dev A signature by a key of the other curve.
    function _signOnOther(uint256 key, bytes32 digest) internal view virtual returns (DeviceSignature memory);

    // ---- refused

    function test_RevertWhen_ThereIsNoSignatureForAReport() external {
        DeliveryReport[] memory reports = new DeliveryReport[](2);
        (reports[0], reports[1]) = (_report(0, 400), _report(400, 500));
        bytes4 missing = IEvidencedDelivery.DeviceSignatureCount.selector;
        _expectRevert(reports, new DeviceSignature[](0), abi.encodeWithSelector(missing, order, 0));
        DeviceSignature[] memory one = _some(_signed(1, 0, 0, 400));
        _expectRevert(reports, one, abi.encodeWithSelector(missing, order, 1));
        reports[0] = _report(1, 2); // of no use: stale
        _expectRevert(reports, new DeviceSignature[](0), abi.encodeWithSelector(missing, order, 0));
    }

    function test_RevertWhen_TheKeyIsNotAmongThoseOfTheTerms() external {
        DeviceSignature memory device = _signed(STRANGER, 0, 0, 400);
        _expectUnknown(device); // with no proof
        device.proof = _proof(1);
        _expectUnknown(device);
        device.proof = new bytes32[](1);
        device.proof[0] = root;
        _expectUnknown(device);
        device = _signed(1, 0, 0, 400);
        device.proof = _proof(2);
        _expectUnknown(device);
        device.proof = new bytes32[](0);
        _expectUnknown(device);
        device = _signed(3, 0, 0, 400);
        device.y = bytes32(uint256(device.y) ^ 1);
        _expectUnknown(device);
    }

    function test_RevertWhen_AnotherKeySigned() external {
        DeviceSignature memory device = _signed(1, 0, 0, 400);
        DeviceSignature memory second = _signed(2, 0, 0, 400);
        (device.r, device.s) = (second.r, second.s);
        _expectInvalid(device);
    }

    function test_RevertWhen_TheSignatureIsAboutSomethingElse() external {
        _expectInvalid(_signed(1, 1, 0, 400));
        _expectInvalid(_signed(1, 0, 1, 400));
        _expectInvalid(_signed(1, 0, 0, 401));
        _expectInvalid(_signedDigest(1, _actionDigest(hashDeviceDelivery(bytes32(0), 0, 0, 400))));
        bytes32 domain = _domain(block.chainid, other);
        bytes32 statement = hashDeviceDelivery(order, 0, 0, 400);
        _expectInvalid(_signedDigest(1, keccak256(abi.encodePacked(hex"1901", domain, statement))));
        _expectInvalid(_signedDigest(1, statement));
    }

    function test_RevertWhen_SIsHigh() external {
        DeviceSignature memory device = _signed(1, 0, 0, 400);
        bytes32 digest = _actionDigest(hashDeviceDelivery(order, 0, 0, 400));
        (, , device.s) = _signDigest(1, digest);
        _expectInvalid(device);
        device.s = bytes32(uint256(type(uint256).max) >> 1);
        _expectInvalid(device);
        device.s = bytes32(type(uint256).max);
        _expectInvalid(device);
    }

    function test_RevertWhen_TheSignatureIsNothing() external {
        DeviceSignature memory device = _signed(1, 0, 0, 400);
        DeviceSignature memory none = _signed(1, 0, 0, 400);
        (none.r, none.s) = (0, 0);
        _expectInvalid(none);
        (none.r, none.s) = (device.r, 0);
        _expectInvalid(none);
        (none.r, none.s) = (0, device.s);
        _expectInvalid(none);
    }

    function test_RevertWhen_TheKeyIsOfTheOtherCurve() external {
        bytes32 statement = hashDeviceDelivery(order, 0, 0, 400);
        DeviceSignature memory device = _signOnOther(1, _actionDigest(statement));
        _expectUnknown(device);
        OrderTerms memory single = _termsUnder(keccak256(bytes.concat(keccak256(abi.encode(device.x, device.y)))));
        bytes32 second = _open(single);
        device = _signOnOther(1, _actionDigest(hashDeviceDelivery(second, 0, 0, 400)));
        bytes4 invalid = IEvidencedDelivery.DeviceSignatureInvalid.selector;
        _expectRevert(_only(single), _only(_report(0, 400)), device, abi.encodeWithSelector(invalid, second, 0));
    }

    function test_RevertWhen_TheSignaturesComeInAnotherOrder() external {
        DeliveryReport[] memory reports = new DeliveryReport[](2);
        (reports[0], reports[1]) = (_report(0, 400), _report(400, 500));
        DeviceSignature[] memory devices = _some(_signed(1, 0, 400, 500), _signed(1, 0, 0, 400));
        bytes4 invalid = IEvidencedDelivery.DeviceSignatureInvalid.selector;
        _expectRevert(reports, devices, abi.encodeWithSelector(invalid, order, 0));
    }

    // ---- counted

    function test_GivenOneDevice_ItsLeafIsTheRoot() external {
        OrderTerms memory single = _termsUnder(_leaf(2));
        bytes32 second = _open(single);
        DeviceSignature memory device = _signedDigest(2, _actionDigest(hashDeviceDelivery(second, 0, 0, 400)));
        device.proof = new bytes32[](0);
        _confirmWith(_only(single), _only(_report(0, 400)), _evidence(_some(device)));
        vm.assertEq(escrow.orderOf(second).delivered, 400);
        vm.assertEq(token.balanceOf(supplier), 400_001);
    }

    function test_GivenSeveralDevices_AnyOfThemSigns() external {
        for (uint256 key = 1; key <= 3; ++key) {
            DeviceSignature memory device = _signed(key, 0, (key - 1) * 100, key * 100);
            _confirmWith(_only(terms), _only(_report((key - 1) * 100, key * 100)), _evidence(_some(device)));
            vm.assertEq(escrow.orderOf(order).delivered, key * 100);
        }
        vm.assertEq(token.balanceOf(supplier), (TOTAL * 300) / ORDERED);
    }

    function test_GivenSeveralDevices_TooManySignaturesAreNotNoticed() external {
        DeviceSignature[] memory devices = _some(_signed(3, 0, 0, 400), _signed(STRANGER, 0, 0, 0));
        _confirmWith(_only(terms), _only(_report(0, 400)), _evidence(devices));
        vm.assertEq(escrow.orderOf(order).delivered, 400);
    }

    function test_GivenTheOrderWasAmended() external {
        bytes memory lines = bytes.concat(root, _line(500, TOTAL));
        OrderTerms memory next = _amended(order, terms, 1, lines);
        _agreeOn(order, terms, next);
        DeviceSignature memory device = _signed(1, 0, 0, 250);
        DeliveryReport[] memory reports = _only(_report(0, 250));
        _expectSkipped(order, reports[0], SkipReason.StaleTerms); // and nobody looks for a signature
        _confirmWith(_only(terms), reports, new Evidence[](1));
        _confirmWith(_only(next), reports, _evidence(_some(device)));
        vm.assertEq(token.balanceOf(supplier), TOTAL / 2);
    }

    function test_WhenOrdersWithAndWithoutDevicesComeTogether() external {
        OrderTerms memory plain = _specialTerms(0);
        bytes32 second = _open(plain);
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(plain), _delivery(terms));
        DeliveryReport[] memory reports = new DeliveryReport[](3);
        reports[0] = _reportOf(1, 0, 0, 400, 0, START);
        reports[1] = _reportOf(0, 0, 0, 400, 0, START);
        reports[2] = _reportOf(1, 0, 400, 500, 0, START);
        Evidence[] memory evidence = new Evidence[](2);
        evidence[1].devices = _some(_signed(1, 0, 0, 400), _signed(2, 0, 400, 500));
        _confirmWith(orders, reports, evidence);
        vm.assertEq(escrow.orderOf(order).delivered, 500);
        vm.assertEq(escrow.orderOf(second).delivered, 400);
        vm.assertEq(token.balanceOf(supplier), (TOTAL * 500) / ORDERED + 400_001);
    }

    // ---- words

    function _termsUnder(bytes32 keys) private view returns (OrderTerms memory) {
        return _specialTerms(OPTION_DEVICES | _curve(), bytes.concat(keys, _line(ORDERED, TOTAL)));
    }

    /// @dev A device's signature under what it says of the order, with its key's proof.
    function _signed(
        uint256 key,
        uint256 line,
        uint256 from,
        uint256 to
    ) private view returns (DeviceSignature memory) {
        return _signedDigest(key, _actionDigest(hashDeviceDelivery(order, line, from, to)));
    }

    function _signedDigest(uint256 key, bytes32 digest) private view returns (DeviceSignature memory device) {
        (device.x, device.y) = _publicKey(key);
        (device.r, device.s, ) = _signDigest(key, digest);
        device.proof = _proof(key);
    }

    function _leaf(uint256 key) private view returns (bytes32) {
        (bytes32 x, bytes32 y) = _publicKey(key);
        return keccak256(bytes.concat(keccak256(abi.encode(x, y))));
    }

    function _pair(bytes32 one, bytes32 two) private pure returns (bytes32) {
        return one < two ? keccak256(abi.encodePacked(one, two)) : keccak256(abi.encodePacked(two, one));
    }

    /// @dev From a key's leaf to the root; nothing for a stranger's.
    function _proof(uint256 key) private view returns (bytes32[] memory proof) {
        if (key == STRANGER) return proof;
        if (key == 3) {
            proof = new bytes32[](1);
            proof[0] = _pair(_leaf(1), _leaf(2));
        } else {
            proof = new bytes32[](2);
            (proof[0], proof[1]) = (_leaf(3 - key), _leaf(3));
        }
    }

    function _some(DeviceSignature memory device) private pure returns (DeviceSignature[] memory devices) {
        devices = new DeviceSignature[](1);
        devices[0] = device;
    }

    function _some(
        DeviceSignature memory first,
        DeviceSignature memory second
    ) private pure returns (DeviceSignature[] memory devices) {
        devices = new DeviceSignature[](2);
        (devices[0], devices[1]) = (first, second);
    }

    function _expectUnknown(DeviceSignature memory device) private {
        bytes4 unknown = IEvidencedDelivery.DeviceKeyUnknown.selector;
        bytes memory reason = abi.encodeWithSelector(unknown, order, device.x, device.y);
        _expectRevert(_only(terms), _only(_report(0, 400)), device, reason);
    }

    function _expectInvalid(DeviceSignature memory device) private {
        bytes memory reason = abi.encodeWithSelector(IEvidencedDelivery.DeviceSignatureInvalid.selector, order, 0);
        _expectRevert(_only(terms), _only(_report(0, 400)), device, reason);
    }

    function _expectRevert(
        DeliveryReport[] memory reports,
        DeviceSignature[] memory devices,
        bytes memory reason
    ) private {
        DeliveryTerms[] memory orders = _only(terms);
        Certificate memory certificate = _certify(orders, reports);
        vm.expectRevert(reason);
        escrow.confirmWith(certificate, orders, reports, _evidence(devices));
    }

    function _expectRevert(
        DeliveryTerms[] memory orders,
        DeliveryReport[] memory reports,
        DeviceSignature memory device,
        bytes memory reason
    ) private {
        Certificate memory certificate = _certify(orders, reports);
        vm.expectRevert(reason);
        escrow.confirmWith(certificate, orders, reports, _evidence(_some(device)));
    }
}

/// @dev The public keys of the private keys 1 to 4 on secp256k1, which no cheatcode tells.
function secp256k1Key(uint256 key) pure returns (bytes32 x, bytes32 y) {
    if (key == 1) {
        x = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
        y = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8;
    } else if (key == 2) {
        x = 0xc6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5;
        y = 0x1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a;
    } else if (key == 3) {
        x = 0xf9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9;
        y = 0x388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672;
    } else {
        x = 0xe493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13;
        y = 0x51ed993ea0d455b75642e2098ea51448d967ae33bfbdfe40cfe97bdc47739922;
    }
}

abstract contract BothCurves is ConfirmWithDevicesTest {
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant N_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;

    function _signK(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs, bytes32 high) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, digest);
        vs = bytes32((uint256(v - 27) << 255) | uint256(s));
        high = bytes32(N - uint256(s));
    }

    function _signP(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 s, bytes32 high) {
        (r, s) = vm.signP256(key, digest);
        high = bytes32(N_P256 - uint256(s));
        if (uint256(s) > N_P256 / 2) (s, high) = (high, s);
    }

    function _keyP(uint256 key) internal pure returns (bytes32, bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return (bytes32(x), bytes32(y));
    }
}

contract ConfirmWithSecp256k1DevicesTest is BothCurves {
    function _curve() internal pure override returns (uint256) {
        return 0;
    }

    function _publicKey(uint256 key) internal pure override returns (bytes32, bytes32) {
        return secp256k1Key(key);
    }

    function _signDigest(uint256 key, bytes32 digest) internal pure override returns (bytes32, bytes32, bytes32) {
        return _signK(key, digest);
    }

    function _signOnOther(uint256 key, bytes32 digest) internal pure override returns (DeviceSignature memory device) {
        (device.x, device.y) = _keyP(key);
        (device.r, device.s, ) = _signP(key, digest);
    }
}

contract ConfirmWithP256DevicesTest is BothCurves {
    function _curve() internal pure override returns (uint256) {
        return OPTION_P256;
    }

    function _publicKey(uint256 key) internal pure override returns (bytes32, bytes32) {
        return _keyP(key);
    }

    function _signDigest(uint256 key, bytes32 digest) internal pure override returns (bytes32, bytes32, bytes32) {
        return _signP(key, digest);
    }

    function _signOnOther(uint256 key, bytes32 digest) internal pure override returns (DeviceSignature memory device) {
        (device.x, device.y) = secp256k1Key(key);
        (device.r, device.s, ) = _signK(key, digest);
    }
}
