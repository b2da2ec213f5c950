// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Certificate, DeliveryReport, Progress, Signature} from "../../contracts/oracle/DeliveryReport.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Claim} from "../../contracts/settlement/Claim.sol";
import {DeviceSignature} from "../../contracts/settlement/Consent.sol";
import {Evidence, IEvidencedDelivery, IOrderDelivery} from "../../contracts/settlement/IOrderDelivery.sol";
import {Line, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, DeliveryTerms, OPTION_DEVICES, OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {hashDeviceDelivery} from "../base/ActionHashes.sol";
import {Ghost, GhostLot, Model} from "./Model.sol";
import {Ring} from "./Scene.sol";
import {MILLION, ceilDiv, endOf, smaller} from "./Schedules.sol";

/// @dev A batch of reports, before it is signed.
struct Batch {
    uint256[] which; // orders
    DeliveryReport[] reports;
    Claim[][] lists;
    bool[] present; // the lists are the present ones
    bool withEvidence;
}

/// @dev Relayers confirm deliveries: in batches, twice, too late, too much, and with too few signatures.
abstract contract Delivering is Model {
    uint256 private constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant MAX_AGE = 300;

    bytes private _sent; // the latest batch, to send it again
    uint256 private _sentAt;

    // ---- actions

    function deliver(uint256 seed) external action(seed) {
        _deliver(false);
    }

    function deliverWith(uint256 seed) external action(seed) {
        _deliver(true);
    }

    function replay(uint256 seed) external action(seed) {
        if (_sent.length == 0 || _sentAt + MAX_AGE >= block.timestamp) return;
        _mustNot("20: an old certificate", outsider, _sent, IQuorum.QuorumExpired.selector);
    }

    /// @dev Signed by too few, by retired ones, by another group, for another chain.
    function forge(uint256 seed) external action(seed) {
        (bool found, uint256 index) = _liveOne();
        if (!found) return;
        Batch memory batch = _batchOf(index, false);
        Ring storage ring = _ringOf(ghosts[index].terms.clauses.group());
        uint256 way = _pick(4);
        if (way == 0) {
            // As many as may sign, but one; and all that may not.
            uint256 signers = ring.below ? _living(ring) : _some(ring, ring.threshold - 1);
            bytes memory data = _encode(batch, _signed(batch, ring, signers | ring.retired, block.chainid));
            _mustNot("17: below quorum", outsider, data, IQuorum.QuorumTooFew.selector);
        } else if (way == 1) {
            // Another group's quorum makes reports that do not count.
            Ring storage other_ = rings[0].id == ring.id ? rings[1] : rings[0];
            if (other_.below) return;
            _must(outsider, _encode(batch, _signed(batch, other_, _living(other_), block.chainid)));
        } else if (way == 2) {
            bytes memory data = _encode(batch, _signed(batch, ring, _living(ring), block.chainid + 1));
            _mustNot("18: for another chain", outsider, data, IQuorum.QuorumSignature.selector);
        } else {
            // One member for all.
            Certificate memory certificate = _signed(batch, ring, _living(ring), block.chainid);
            if (certificate.signatures.length < 2) return;
            certificate.signatures[1] = certificate.signatures[0];
            bytes memory data = _encode(batch, certificate);
            _mustNot("17: one signed for two", outsider, data, IQuorum.QuorumSignature.selector);
        }
    }

    // ---- what is sent

    function _deliver(bool withEvidence) private {
        (bool found, uint256 index) = _liveOne();
        if (!found) return;
        if (_chance(12)) index = _pick(ghosts.length); // a closed one, too
        _touch(index);
        Batch memory batch = _batchOf(index, withEvidence);
        Ring storage ring = _ringOf(ghosts[index].terms.clauses.group());
        bytes memory data = _encode(batch, _signed(batch, ring, _living(ring), block.chainid));
        if (ring.below) {
            _mustNot("17: below quorum", outsider, data, IQuorum.QuorumTooFew.selector);
            return;
        }
        _must(outsider, data);
        _count(batch, ring.id);
        (_sent, _sentAt) = (data, block.timestamp);
        if (!_chance(4)) return;
        for (uint256 i; i < batch.which.length; ++i) {
            batch.present[i] =
                keccak256(abi.encode(batch.lists[i])) == keccak256(abi.encode(_list(ghosts[batch.which[i]])));
        }
        _must(outsider, data);
        _count(batch, ring.id);
    }

    /// @dev One to three reports about one or two orders of the same group.
    function _batchOf(uint256 index, bool withEvidence) private returns (Batch memory batch) {
        uint256 orders = 1;
        uint256 second = _pick(ghosts.length);
        uint256 groupId = ghosts[index].terms.clauses.group();
        if (second != index && ghosts[second].terms.clauses.group() == groupId) orders = 2;
        batch.withEvidence = withEvidence;
        batch.which = new uint256[](orders);
        (batch.lists, batch.present) = (new Claim[][](orders), new bool[](orders));
        for (uint256 i; i < orders; ++i) {
            batch.which[i] = i == 0 ? index : second;
            (batch.lists[i], batch.present[i]) = _maybeStale(ghosts[batch.which[i]]);
        }
        if (orders == 2) _touch(second);
        batch.reports = new DeliveryReport[](orders + _pick(2));
        for (uint256 i; i < batch.reports.length; ++i) {
            batch.reports[i] = _randomReport(ghosts[batch.which[i % orders]], i % orders);
        }
    }

    /// @dev Mostly sensible: builds on the state, and may say more than is ordered.
    function _randomReport(Ghost storage ghost, uint256 order) private returns (DeliveryReport memory) {
        uint256 line = _pick(ghost.lines.length);
        Line storage state = ghost.lines[line];
        (uint256 ordered, ) = endOf(ghost.terms.clauses, ghost.terms.lines, line);
        uint256 from = state.delivered;
        if (_chance(8)) from = _pick(ordered + 1);
        uint256 to = from + _pick(_chance(3) ? 2 * ordered : ordered / 2 + 2);
        uint256 late = _chance(2) ? state.late : state.late + _pick(ordered * 14);
        if (_chance(16)) line = ghost.lines.length;
        uint256 latest = smaller(block.timestamp, ghost.terms.clauses.expiry());
        return _reportOf(order, line, from, to, late, _chance(12) ? block.timestamp : latest);
    }

    function _encode(Batch memory batch, Certificate memory certificate) private view returns (bytes memory) {
        DeliveryTerms[] memory orders = _ordersOf(batch);
        if (!batch.withEvidence) {
            return abi.encodeCall(IOrderDelivery.confirm, (certificate, orders, batch.reports));
        }
        Evidence[] memory evidence = new Evidence[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            evidence[i].claims = batch.lists[i];
            if (orders[i].clauses.has(OPTION_DEVICES)) evidence[i].devices = _devicesOf(batch, i);
        }
        return abi.encodeCall(IEvidencedDelivery.confirmWith, (certificate, orders, batch.reports, evidence));
    }

    function _ordersOf(Batch memory batch) private view returns (DeliveryTerms[] memory orders) {
        orders = new DeliveryTerms[](batch.which.length);
        for (uint256 i; i < orders.length; ++i) orders[i] = _delivery(ghosts[batch.which[i]].terms);
    }

    // ---- signatures

    function _living(Ring storage ring) private view returns (uint256) {
        return ((1 << (ring.members.length / 20)) - 1) & ~ring.retired;
    }

    /// @dev So many of the living.
    function _some(Ring storage ring, uint256 count) private view returns (uint256 signers) {
        uint256 living = _living(ring);
        for (uint256 i; count != 0; ++i) {
            if ((living >> i) & 1 == 0) continue;
            signers |= 1 << i;
            --count;
        }
    }

    function _signed(
        Batch memory batch,
        Ring storage ring,
        uint256 signers,
        uint256 chainId
    ) private view returns (Certificate memory certificate) {
        certificate.group = ring.id;
        certificate.blockTime = uint40(block.timestamp);
        certificate.judgement = keccak256("judgement");
        certificate.members = ring.members;
        certificate.signers = uint32(signers);
        bytes32 domain = _domain(chainId, address(escrow));
        bytes32 digest = _digest(domain, certificate, _ordersOf(batch), batch.reports);
        uint256 count;
        for (uint256 bits = signers; bits != 0; bits >>= 1) count += bits & 1;
        certificate.signatures = new Signature[](count);
        count = 0;
        for (uint256 i; signers >> i != 0; ++i) {
            if ((signers >> i) & 1 == 0) continue;
            certificate.signatures[count++] = _signature(keys[_memberAt(certificate.members, i)], digest);
        }
    }

    function _devicesOf(Batch memory batch, uint256 order) private view returns (DeviceSignature[] memory devices) {
        devices = new DeviceSignature[](batch.reports.length); // too many are not noticed
        uint256 count;
        for (uint256 i; i < batch.reports.length; ++i) {
            Progress progress = batch.reports[i].progress;
            if (progress.orderIndex() != order) continue;
            bytes32 statement = hashDeviceDelivery(
                ghosts[batch.which[order]].id,
                progress.line(),
                progress.from(),
                progress.to()
            );
            (bytes32 r, bytes32 s) = vm.signP256(1, _actionDigest(statement));
            if (uint256(s) > P256_ORDER / 2) s = bytes32(P256_ORDER - uint256(s));
            (uint256 x, uint256 y) = vm.publicKeyP256(1);
            devices[count++] = DeviceSignature(bytes32(x), bytes32(y), r, s, new bytes32[](0));
        }
    }

    // ---- what it makes of the orders

    function _count(Batch memory batch, uint256 groupId) private {
        for (uint256 i; i < batch.reports.length; ++i) {
            Progress progress = batch.reports[i].progress;
            Ghost storage ghost = ghosts[batch.which[progress.orderIndex()]];
            bool counts = _counts(ghost, progress, groupId);
            if (ghost.terms.clauses.has(OPTION_DEVICES) && !batch.withEvidence) counts = false;
            if (!counts) continue;
            _countOne(ghost, progress);
            if (!ghost.assigned) _pay(ghost);
        }
        if (!batch.withEvidence) return;
        for (uint256 i; i < batch.which.length; ++i) {
            Ghost storage ghost = ghosts[batch.which[i]];
            if (ghost.assigned && ghost.status != Status.Closed && batch.present[i]) _pay(ghost);
        }
    }

    function _counts(Ghost storage ghost, Progress progress, uint256 groupId) private view returns (bool) {
        Clauses clauses = ghost.terms.clauses;
        if (ghost.status != Status.Open || clauses.group() != groupId) return false;
        if (progress.line() >= ghost.lines.length || progress.latest() > clauses.expiry()) return false;
        Line storage line = ghost.lines[progress.line()];
        (uint256 ordered, ) = endOf(clauses, ghost.terms.lines, progress.line());
        return
            progress.from() == line.delivered &&
            progress.to() > line.delivered &&
            ordered + line.rejected > line.delivered;
    }

    function _countOne(Ghost storage ghost, Progress progress) private {
        Clauses clauses = ghost.terms.clauses;
        uint256 index = progress.line();
        Line storage line = ghost.lines[index];
        (uint256 ordered, ) = endOf(clauses, ghost.terms.lines, index);
        uint256 reported = progress.to() - line.delivered;
        uint256 quantity = smaller(reported, ordered + line.rejected - line.delivered);
        uint256 late = progress.late() > line.late ? progress.late() - line.late : 0;
        late = smaller(ceilDiv(late * quantity, reported), quantity * clauses.capDays());
        line.delivered += uint48(quantity);
        line.late += uint48(late);
        if (clauses.has(OPTION_INSPECTION)) {
            uint256 ends = block.timestamp + ghost.conditions.inspection;
            uint256 number;
            for (uint256 i; i < ghost.lots.length; ++i) if (ghost.lots[i].line != type(uint16).max) ++number;
            ghost.lots.push(GhostLot(uint32(number), index, quantity, late, ends, LotStatus.Pending));
        } else {
            _accept(ghost, index, quantity, late, MILLION);
        }
    }
}
