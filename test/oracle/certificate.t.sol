// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {Certificate, DeliveryReport, Progress, Signature} from "../../contracts/oracle/DeliveryReport.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Clauses, DeliveryTerms, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

contract CertificateTest is EscrowBase {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    DeliveryTerms[] private orders;
    DeliveryReport[] private reports;

    function setUp() public override {
        super.setUp();
        _create(_terms());
        orders.push(_delivery(_terms()));
        reports.push(_report(0, 400));
    }

    // ---- time

    function test_RevertWhen_TheBlockIsInTheFuture() external {
        Certificate memory certificate = _signed();
        vm.warp(START - 1);
        _expectRevert(certificate, abi.encodeWithSelector(IQuorum.QuorumExpired.selector, START, START - 1));
    }

    function test_WhenTheBlockIs300SecondsAgo() external {
        Certificate memory certificate = _signed();
        vm.warp(START + 300);
        _expectPaid(certificate);
    }

    function test_RevertWhen_TheBlockIsLongerAgo() external {
        Certificate memory certificate = _signed();
        vm.warp(START + 301);
        _expectRevert(certificate, abi.encodeWithSelector(IQuorum.QuorumExpired.selector, START, START + 301));
    }

    // ---- group

    function test_RevertWhen_TheGroupIsNotRegistered() external {
        Certificate memory certificate = _certificate();
        certificate.group = otherGroup + 1;
        _resign(certificate);
        _expectRevert(certificate, abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, otherGroup + 1));
        certificate.group = 0;
        certificate.members = "";
        _expectRevert(certificate, abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, 0));
    }

    function test_RevertWhen_TheMembersAreNotTheGroups() external {
        bytes memory unknown = abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, group);
        Certificate memory certificate = _signed();
        bytes memory members = certificate.members;
        certificate.members = bytes.concat(members, bytes20(other));
        _expectRevert(certificate, unknown);
        certificate.members = bytes.concat(members, hex"00");
        _expectRevert(certificate, unknown);
        for (uint256 i; i < 20; ++i) (members[i], members[i + 20]) = (members[i + 20], members[i]);
        certificate.members = members;
        _expectRevert(certificate, unknown);
    }

    // ---- signatures

    function test_RevertWhen_FewerThanKMembersSigned() external {
        for (uint32 signers; signers < 32; ++signers) {
            uint256 count = _count(signers);
            if (count >= THRESHOLD) continue;
            _expectRevert(_signedBy(signers), abi.encodeWithSelector(IQuorum.QuorumTooFew.selector, count, THRESHOLD));
        }
    }

    function testFuzz_WhenAnyKOrMoreMembersSigned(uint32 signers) external {
        signers = uint32(bound(signers, 7, 31));
        vm.assume(_count(signers) >= THRESHOLD);
        _expectPaid(_signedBy(signers));
    }

    function test_GivenAGroupOfOne() external {
        Certificate memory certificate = _certificate();
        certificate.group = _registerGroup("single", 1, 1);
        certificate.members = abi.encodePacked(vm.addr(_key("single", 0)));
        OrderTerms memory terms = _terms();
        uint256 change = uint256(group ^ certificate.group) << 18;
        terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) ^ change);
        _create(terms);
        orders[0] = _delivery(terms);
        certificate.signers = 1;
        certificate.signatures = new Signature[](1);
        certificate.signatures[0] = _signature(_key("single", 0), _digestOf(certificate));
        _expectPaid(certificate);
    }

    function test_RevertWhen_ASignatureIsAnotherAccounts() external {
        Certificate memory certificate = _signed();
        bytes32 digest = _digestOf(certificate);
        certificate.signatures[1] = _signature(_key("other relayer", 1), digest);
        _expectRevert(
            certificate,
            abi.encodeWithSelector(
                IQuorum.QuorumSignature.selector,
                vm.addr(_key("relayer", 1)),
                vm.addr(_key("other relayer", 1))
            )
        );
    }

    function test_RevertWhen_OneMemberSignedTwice() external {
        Certificate memory certificate = _signed();
        certificate.signatures[2] = certificate.signatures[1];
        _expectRevert(
            certificate,
            abi.encodeWithSelector(
                IQuorum.QuorumSignature.selector,
                vm.addr(_key("relayer", 2)),
                vm.addr(_key("relayer", 1))
            )
        );
    }

    function test_RevertWhen_BitsAndSignaturesDifferInNumber() external {
        Certificate memory certificate = _signed();
        certificate.signers = 3;
        _expectBitmap(certificate);
        certificate.signers = 15;
        _expectBitmap(certificate);
    }

    function test_RevertWhen_ABitStandsForNoMember() external {
        Certificate memory certificate = _signedBy(7);
        certificate.signers = 3 | (1 << 5);
        _expectBitmap(certificate);
        certificate.signers = 3 | (uint32(1) << 31);
        _expectBitmap(certificate);
    }

    /// @dev Between half the curve's order and 2^255 s is high and fits the compact form all the same.
    function test_RevertWhen_ASignaturesSIsHigh() external {
        Certificate memory certificate = _signed();
        for (uint256 parity; parity < 2; ++parity) {
            bytes32 high = bytes32(CURVE_ORDER / 2 + 1);
            certificate.signatures[0].vs = high | bytes32(parity << 255);
            _expectRevert(certificate, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        }
    }

    /// @dev Above, s covers the bit of v: the twin of a good signature cannot be written down.
    function test_RevertWhen_ASignatureIsTheTwinOfAGoodOne() external {
        Certificate memory certificate = _signed();
        Signature memory good = certificate.signatures[0];
        uint256 s = uint256(good.vs) & (type(uint256).max >> 1);
        for (uint256 parity; parity < 2; ++parity) {
            bytes32 twin = bytes32((CURVE_ORDER - s) | (parity << 255));
            certificate.signatures[0] = Signature({r: good.r, vs: twin});
            _expectNotSigned(certificate);
        }
    }

    function test_RevertWhen_ASignatureIsNoPointOnTheCurve() external {
        Certificate memory certificate = _signed();
        certificate.signatures[0] = Signature({r: bytes32(0), vs: bytes32(uint256(1))});
        _expectRevert(certificate, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
    }

    // ---- what was signed

    function test_RevertWhen_ItWasSignedForAnotherChain() external {
        _expectNotSigned(_signedFor(_domain(block.chainid + 1, address(escrow))));
    }

    function test_RevertWhen_TheChainsIdChanged() external {
        Certificate memory certificate = _signed();
        vm.chainId(block.chainid + 1);
        _expectNotSigned(certificate);
    }

    function test_RevertWhen_ItWasSignedForAnotherEscrow() external {
        _expectNotSigned(_signedFor(_domain(block.chainid, address(token))));
    }

    function test_RevertWhen_ItWasSignedForAnotherGroup() external {
        Certificate memory certificate = _signed();
        bytes memory members;
        for (uint256 i; i < MEMBERS; ++i) {
            members = bytes.concat(members, bytes20(vm.addr(_key("other relayer", i))));
        }
        (certificate.group, certificate.members) = (otherGroup, members);
        _expectNotSigned(certificate);
    }

    function test_RevertWhen_TheBlockTimeWasChanged() external {
        Certificate memory certificate = _signed();
        certificate.blockTime -= 1;
        _expectNotSigned(certificate);
    }

    function test_RevertWhen_TheJudgementWasChanged() external {
        Certificate memory certificate = _signed();
        certificate.judgement = 0;
        _expectNotSigned(certificate);
    }

    function testFuzz_RevertWhen_TheProgressWasChanged(uint240 change) external {
        vm.assume(change != 0);
        Certificate memory certificate = _signed();
        reports[0].progress = Progress.wrap(Progress.unwrap(reports[0].progress) ^ change);
        _expectNotSigned(certificate);
    }

    function test_RevertWhen_ARootWasChanged() external {
        Certificate memory certificate = _signed();
        reports[0].root = 0;
        _expectNotSigned(certificate);
    }

    function test_RevertWhen_AReportWasAddedOrLeftOut() external {
        Certificate memory certificate = _signed();
        reports.push(_report(400, 500));
        _expectNotSigned(certificate);
        reports.pop();
        reports.pop();
        _expectNotSigned(certificate);
    }

    function test_RevertWhen_AnOrderWasChanged() external {
        Certificate memory certificate = _signed();
        orders[0].supplier = other;
        _expectNotSigned(certificate);
        orders[0] = _delivery(_terms());
        orders[0].clauses = Clauses.wrap(Clauses.unwrap(orders[0].clauses) ^ (1 << 216));
        _expectNotSigned(certificate);
        orders[0] = _delivery(_terms());
        orders[0].lines = _line(ORDERED, TOTAL + 1);
        _expectNotSigned(certificate);
        orders[0] = _delivery(_terms());
        orders[0].agreement = 0;
        _expectNotSigned(certificate);
    }

    function test_WhenAnOrderIsAddedThatNoReportIsAbout() external {
        Certificate memory certificate = _signed();
        orders.push(_delivery(_termsOf(_line(1, 1))));
        _expectPaid(certificate);
    }

    // ---- retired

    function testFuzz_GivenMembersAreRetired(uint32 signers, uint32 retired) external {
        (signers, retired) = (uint32(bound(signers, 1, 31)), uint32(bound(retired, 1, 31)));
        _retire(retired);
        uint256 live = _count(signers & ~retired);
        Certificate memory certificate = _signedBy(signers);
        if (live >= THRESHOLD) return _expectPaid(certificate);
        _expectRevert(certificate, abi.encodeWithSelector(IQuorum.QuorumTooFew.selector, live, THRESHOLD));
    }

    // ---- added

    function test_RevertGiven_AMemberWasAdded_WhenTheListIsTheOldOne() external {
        _join();
        _expectRevert(_signed(), abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, group));
    }

    /// @dev The signatures are good ones over the old list: with the new one put in its place they are nobody's.
    function test_RevertGiven_AMemberWasAdded_WhenTheOldListWasSigned() external {
        _join();
        Certificate memory certificate = _signed();
        certificate.members = _withSixth().members;
        _expectNotSigned(certificate);
    }

    function test_GivenAMemberWasAdded_WhenItSignsWithOthers() external {
        uint256 key = _join();
        Certificate memory certificate = _withSixth();
        bytes32 digest = _digestOf(certificate);
        _sign(certificate, digest, 3);
        (Signature memory first, Signature memory second) = (certificate.signatures[0], certificate.signatures[1]);
        certificate.signers = 3 | (1 << 5);
        certificate.signatures = new Signature[](3);
        (certificate.signatures[0], certificate.signatures[1]) = (first, second);
        certificate.signatures[2] = _signature(key, digest);
        _expectPaid(certificate);
    }

    /// @dev Everybody's bit is where it was: a retired member's signature counts no more for the longer list either.
    function test_RevertGiven_AMemberWasAdded_WhenARetiredOneSigns() external {
        _retire(4);
        _join();
        Certificate memory certificate = _withSixth();
        _sign(certificate, _digestOf(certificate), 7);
        _expectRevert(certificate, abi.encodeWithSelector(IQuorum.QuorumTooFew.selector, 2, THRESHOLD));
    }

    // ---- words

    function _signed() private returns (Certificate memory) {
        return _signedBy(FIRST_THREE);
    }

    function _signedBy(uint32 signers) private returns (Certificate memory certificate) {
        certificate = _certificate();
        _sign(certificate, _digestOf(certificate), signers);
    }

    function _signedFor(bytes32 domain) private returns (Certificate memory certificate) {
        certificate = _certificate();
        _sign(certificate, _digest(domain, certificate, orders, reports), FIRST_THREE);
    }

    function _resign(Certificate memory certificate) private {
        _sign(certificate, _digestOf(certificate), FIRST_THREE);
    }

    function _digestOf(Certificate memory certificate) private view returns (bytes32) {
        return _digest(_domain(block.chainid, address(escrow)), certificate, orders, reports);
    }

    function _count(uint32 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits >>= 1) count += bits & 1;
    }

    function _retire(uint32 mask) private {
        bytes memory members = _certificate().members;
        for (uint256 i; i < MEMBERS; ++i) if ((mask >> i) & 1 == 1) quorum.retireMember(group, members, i);
        vm.assertEq(quorum.groupOf(group).retired, mask);
    }

    /// @dev A sixth relayer joins, after seven days. Returns its key.
    function _join() private returns (uint256 key) {
        key = _key("relayer", MEMBERS);
        bytes memory members = _certificate().members;
        registry.register(OrganisationKinds.RELAYER_OPERATOR, bytes32(0), vm.addr(key));
        quorum.proposeMember(group, members, vm.addr(key));
        vm.warp(block.timestamp + 7 days);
        quorum.enactMember(group, members, vm.addr(key));
    }

    function _withSixth() private view returns (Certificate memory certificate) {
        certificate = _certificate();
        certificate.members = bytes.concat(certificate.members, bytes20(vm.addr(_key("relayer", MEMBERS))));
    }

    function _expectPaid(Certificate memory certificate) private {
        escrow.confirm(certificate, orders, reports);
        vm.assertEq(token.balanceOf(supplier), (TOTAL * 400) / ORDERED);
    }

    function _expectRevert(Certificate memory certificate, bytes memory reason) private {
        vm.expectRevert(reason);
        escrow.confirm(certificate, orders, reports);
        vm.assertEq(token.balanceOf(supplier), 0);
    }

    function _expectBitmap(Certificate memory certificate) private {
        _expectRevert(
            certificate,
            abi.encodeWithSelector(IQuorum.QuorumBitmap.selector, certificate.signers, 3, MEMBERS)
        );
    }

    /// @dev The signatures are good ones, but not over this: whoever is recovered is no member, or nobody.
    function _expectNotSigned(Certificate memory certificate) private {
        try escrow.confirm(certificate, orders, reports) {
            vm.assertTrue(false, "it counted");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(IQuorum.QuorumSignature.selector));
        }
    }
}
