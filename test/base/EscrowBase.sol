// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {OrganisationRegistry} from "../../contracts/identity/OrganisationRegistry.sol";
import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {
    Certificate,
    DELIVERY_BATCH_TYPEHASH,
    DELIVERY_REPORT_TYPEHASH,
    DeliveryReport,
    Progress,
    Signature
} from "../../contracts/oracle/DeliveryReport.sol";
import {Claim} from "../../contracts/settlement/Claim.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {book} from "../../contracts/settlement/Booking.sol";
import {IDeliveryCounting, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {Order} from "../../contracts/settlement/OrderState.sol";
import {
    Clauses,
    DeliveryTerms,
    OPTION_AMENDED,
    OrderTerms,
    hashAgreement
} from "../../contracts/settlement/OrderTerms.sol";
import {Test} from "../support/Test.sol";

/// @dev One escrow, its parties, a group of five relayers of which three must sign, and the words to tell what happens.
abstract contract EscrowBase is Test {
    uint256 internal constant START = 1_893_456_000; // 2030-01-01
    uint256 internal constant DUE = START + 30 days;
    uint256 internal constant EXPIRY = START + 60 days;
    uint256 internal constant GRACE = 7 days;
    uint256 internal constant AMPLE = 1e15;

    uint256 internal constant MEMBERS = 5;
    uint256 internal constant THRESHOLD = 3;
    uint32 internal constant FIRST_THREE = 7;

    // One line: not divisible, so that every floor shows.
    uint256 internal constant ORDERED = 1_000;
    uint256 internal constant TOTAL = 1_000_003;

    address internal buyer;
    address internal supplier;
    address internal other;

    AccessManager internal manager;
    OrganisationRegistry internal registry;
    MockToken internal token;
    ISupplierEscrow internal escrow;
    IQuorum internal quorum; // the escrow's relayer groups, at the same address
    uint40 internal group;
    uint40 internal otherGroup;

    function setUp() public virtual {
        vm.warp(START);
        (buyer, supplier, other) = (_account("buyer"), _account("supplier"), _account("other"));
        manager = new AccessManager(address(this));
        registry = new OrganisationRegistry(address(manager));
        token = _currency();
        escrow = _deploy(IERC20(address(token)), manager, registry);
        quorum = IQuorum(address(escrow));
        group = _registerGroup("relayer", MEMBERS, THRESHOLD);
        otherGroup = _registerGroup("other relayer", MEMBERS, THRESHOLD);
        token.mint(buyer, AMPLE);
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
    }

    /// @dev What the escrow pays in.
    function _currency() internal virtual returns (MockToken) {
        return new MockToken();
    }

    /// @dev An escrow with all its code.
    function _deploy(
        IERC20 currency,
        AccessManager authority,
        OrganisationRegistry organisations
    ) internal returns (ISupplierEscrow) {
        address actions = _create("OrderActions", abi.encode(currency, authority));
        address services = _create("OrderServices", abi.encode(currency, authority, organisations, actions));
        return ISupplierEscrow(_create("SupplierEscrow", abi.encode(currency, authority, services)));
    }

    /// @dev From the artifact, as it is deployed: `new` would compile three contracts again into every test.
    function _create(string memory name, bytes memory arguments) private returns (address created) {
        string memory artifact = string.concat("contracts/settlement/", name, ".sol:", name);
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
        require(created != address(0), string.concat(name, " could not be deployed"));
    }

    // ---- parties

    function _account(string memory name) internal pure returns (address) {
        return vm.addr(uint256(keccak256(bytes(name))));
    }

    function _key(string memory name, uint256 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(name, index)));
    }

    function _registerGroup(string memory name, uint256 members, uint256 threshold) internal returns (uint40) {
        address[] memory accounts = new address[](members);
        for (uint256 i; i < members; ++i) {
            accounts[i] = vm.addr(_key(name, i));
            registry.register(OrganisationKinds.RELAYER_OPERATOR, bytes32(0), accounts[i]);
        }
        return quorum.registerGroup(accounts, uint8(threshold));
    }

    /// @dev Retires so many members that the group can confirm nothing.
    function _fall() internal {
        bytes memory members = _certificate().members;
        for (uint256 i; i <= MEMBERS - THRESHOLD; ++i) quorum.retireMember(group, members, i);
    }

    // ---- terms

    function _clauses(uint256 due, uint256 expiry, uint256 grace, uint256 capDays) internal view returns (Clauses) {
        return
            Clauses.wrap(
                (due << 216) | (expiry << 176) | (grace << 112) | (capDays << 78) | (uint256(group) << 18) | (1 << 10)
            );
    }

    function _line(uint256 quantity, uint256 total) internal pure returns (bytes memory) {
        return abi.encodePacked(uint40(quantity), uint56(total));
    }

    function _terms() internal view returns (OrderTerms memory) {
        return _termsOf(_line(ORDERED, TOTAL));
    }

    function _termsOf(bytes memory lines) internal view returns (OrderTerms memory) {
        return
            OrderTerms({
                buyer: buyer,
                supplier: supplier,
                clauses: _clauses(DUE, EXPIRY, GRACE, 0),
                conditions: keccak256("conditions"),
                lines: lines
            });
    }

    function _create(OrderTerms memory terms) internal returns (bytes32) {
        vm.prank(terms.buyer);
        return escrow.createOrder(terms);
    }

    function _noClaims() internal pure returns (Claim[] memory) {
        return new Claim[](0);
    }

    function _settle(OrderTerms memory terms) internal {
        escrow.settle(terms, _noClaims());
    }

    // ---- reports

    function _report(uint256 from, uint256 to) internal view returns (DeliveryReport memory) {
        return _report(0, from, to, 0);
    }

    function _report(
        uint256 line,
        uint256 from,
        uint256 to,
        uint256 late
    ) internal view returns (DeliveryReport memory) {
        return _reportOf(0, line, from, to, late, block.timestamp);
    }

    function _reportOf(
        uint256 order,
        uint256 line,
        uint256 from,
        uint256 to,
        uint256 late,
        uint256 latest
    ) internal pure returns (DeliveryReport memory) {
        uint256 word = (order << 240) | (line << 224) | (from << 176) | (to << 128) | (late << 80) | (latest << 40);
        return DeliveryReport({progress: Progress.wrap(word), root: keccak256(abi.encode(word))});
    }

    function _delivery(OrderTerms memory terms) internal pure returns (DeliveryTerms memory) {
        return
            DeliveryTerms({
                supplier: terms.supplier,
                clauses: terms.clauses,
                agreement: hashAgreement(terms.buyer, terms.conditions),
                lines: terms.lines
            });
    }

    function _only(OrderTerms memory terms) internal pure returns (DeliveryTerms[] memory orders) {
        orders = new DeliveryTerms[](1);
        orders[0] = _delivery(terms);
    }

    function _only(DeliveryReport memory report) internal pure returns (DeliveryReport[] memory reports) {
        reports = new DeliveryReport[](1);
        reports[0] = report;
    }

    // ---- certificates

    /// @dev Everything right but the signatures, which `_sign` adds.
    function _certificate() internal view returns (Certificate memory certificate) {
        bytes memory members;
        for (uint256 i; i < MEMBERS; ++i) {
            members = bytes.concat(members, bytes20(vm.addr(_key("relayer", i))));
        }
        certificate.group = group;
        certificate.blockTime = uint40(block.timestamp);
        certificate.judgement = keccak256("judgement");
        certificate.members = members;
    }

    function _sign(Certificate memory certificate, bytes32 digest, uint32 signers) internal pure {
        certificate.signers = signers;
        certificate.signatures = new Signature[](MEMBERS);
        uint256 count;
        for (uint256 i; i < MEMBERS; ++i) {
            if ((signers >> i) & 1 == 1) certificate.signatures[count++] = _signature(_key("relayer", i), digest);
        }
        certificate.signatures = _first(certificate.signatures, count);
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (Signature memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return Signature({r: r, vs: bytes32((uint256(v - 27) << 255) | uint256(s))});
    }

    function _first(Signature[] memory all, uint256 count) internal pure returns (Signature[] memory some) {
        some = new Signature[](count);
        for (uint256 i; i < count; ++i) some[i] = all[i];
    }

    function _domain(uint256 chainId, address verifier) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("FactoryChain SupplierEscrow"),
                    keccak256("1"),
                    chainId,
                    verifier
                )
            );
    }

    /// @dev The digest that relayers sign: EIP-712, spelled out a second time.
    function _digest(
        bytes32 domain,
        Certificate memory certificate,
        DeliveryTerms[] memory orders,
        DeliveryReport[] memory reports
    ) internal view returns (bytes32) {
        bytes memory hashes;
        for (uint256 i; i < reports.length; ++i) {
            uint256 progress = Progress.unwrap(reports[i].progress);
            bytes32 order = _orderOf(orders[progress >> 240]);
            bytes32 hash = keccak256(
                abi.encode(DELIVERY_REPORT_TYPEHASH, order, (progress << 16) >> 16, reports[i].root)
            );
            hashes = bytes.concat(hashes, hash);
        }
        bytes32 batch = keccak256(
            abi.encode(
                DELIVERY_BATCH_TYPEHASH,
                certificate.group,
                keccak256(certificate.members),
                certificate.blockTime,
                certificate.judgement,
                keccak256(hashes)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, batch));
    }

    /// @dev The order that terms are about: amended ones begin with its id.
    function _orderOf(DeliveryTerms memory terms) internal view returns (bytes32) {
        return terms.clauses.has(OPTION_AMENDED) ? bytes32(terms.lines) : _idOf(terms);
    }

    function _idOf(DeliveryTerms memory terms) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "OrderTerms(address supplier,uint256 clauses,bytes lines,Agreement agreement)Agreement(address buyer,bytes32 conditions)"
        );
        bytes32 struct_ = keccak256(
            abi.encode(typehash, terms.supplier, terms.clauses, keccak256(terms.lines), terms.agreement)
        );
        return keccak256(abi.encodePacked(hex"1901", _domain(block.chainid, address(escrow)), struct_));
    }

    function _certify(
        DeliveryTerms[] memory orders,
        DeliveryReport[] memory reports
    ) internal returns (Certificate memory certificate) {
        certificate = _certificate();
        bytes32 digest = _digest(_domain(block.chainid, address(escrow)), certificate, orders, reports);
        _sign(certificate, digest, FIRST_THREE);
    }

    function _confirm(OrderTerms memory terms, DeliveryReport memory report) internal {
        _confirm(_only(terms), _only(report));
    }

    function _confirm(DeliveryTerms[] memory orders, DeliveryReport[] memory reports) internal {
        escrow.confirm(_certify(orders, reports), orders, reports);
    }

    // ---- expectations

    function _expectBooking(
        bytes32 order,
        uint256 line,
        uint256 delivered,
        uint256 late,
        uint256 amount,
        bytes32 root
    ) internal {
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.DeliveryConfirmed(order, book(line, delivered, late, amount, amount, 0), root);
    }

    function _expectSkip(OrderTerms memory terms, DeliveryReport memory report, SkipReason reason) internal {
        bytes32 order = escrow.orderId(terms);
        Order memory before = escrow.orderOf(order);
        uint256 held = token.balanceOf(address(escrow));
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.ReportSkipped(
            order,
            uint16(Progress.unwrap(report.progress) >> 224),
            reason,
            report.root
        );
        _confirm(terms, report);
        vm.assertEq(keccak256(abi.encode(escrow.orderOf(order))), keccak256(abi.encode(before)));
        vm.assertEq(token.balanceOf(address(escrow)), held);
    }

    function _status(bytes32 order) internal view returns (uint256) {
        return uint256(escrow.orderOf(order).status);
    }
}
