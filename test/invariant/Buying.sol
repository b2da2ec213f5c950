// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {
    Funding,
    FundingSource,
    IOrderCreation,
    IOrderFunding,
    IOrderOpening,
    TokenSignature
} from "../../contracts/settlement/IOrderFunding.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Line, Status} from "../../contracts/settlement/OrderState.sol";
import {
    Clauses,
    OPTION_DEVICES,
    OPTION_INSPECTION,
    OPTION_P256,
    OrderConditions,
    OrderTerms
} from "../../contracts/settlement/OrderTerms.sol";
import {hashConditionsAgain, hashCreation} from "../base/ActionHashes.sol";
import {packOrders} from "../base/PackedOrders.sol";
import {Ghost, Model} from "./Model.sol";
import {linesOf, totalOf} from "./Schedules.sol";

/// @dev Orders are opened in every way, from every source of money.
abstract contract Buying is Model {
    uint256 private constant MOST_LIVE = 5;
    uint256 private constant MOST_EVER = 20;
    uint256 internal constant DEVICE = 1; // the private key of all devices, on P-256

    // ---- actions

    function openPlain(uint256 seed) external action(seed) {
        if (!_hasRoom(1)) return;
        if (_chance(2)) return _openSpecial();
        (OrderTerms memory terms, OrderConditions memory conditions) = _newTerms(0);
        uint256 way = terms.buyer == address(wallet) ? 0 : _pick(3);
        bytes memory data;
        if (way == 0) data = abi.encodeCall(IOrderFunding.createOrder, (terms));
        if (way == 1) data = abi.encodeCall(IOrderFunding.createOrderWithPermit, (terms, _permitFor(terms)));
        if (way == 2) {
            TokenSignature memory authorization = _authorizationFor(
                terms.buyer,
                _totalOf(terms),
                _idOf(_delivery(terms))
            );
            data = abi.encodeCall(IOrderFunding.createOrderWithAuthorization, (terms, authorization));
        }
        if (_refusesNew(terms, way == 2 ? outsider : terms.buyer, data)) return;
        if (way != 2) _mustNot("14: opened by a stranger", outsider, data, IOrderFunding.OrderCallerNotBuyer.selector);
        _must(way == 2 ? outsider : terms.buyer, data);
        if (way == 1) _approveAgain(terms.buyer);
        _opened(terms, conditions);
        _mustNot("11: opened twice", terms.buyer, data, IOrderCreation.OrderExists.selector);
    }

    function openSpecial(uint256 seed) external action(seed) {
        if (_hasRoom(1)) _openSpecial();
    }

    function _openSpecial() private {
        uint256 options = _chance(3) ? 0 : OPTION_INSPECTION;
        if (_chance(4)) options |= OPTION_DEVICES | OPTION_P256;
        (OrderTerms memory terms, OrderConditions memory conditions) = _newTerms(1 | (options << 1));
        Funding memory funding;
        funding.source = FundingSource(terms.buyer == address(wallet) ? 3 * _pick(2) : _pick(4));
        uint256 total = _totalOf(terms);
        if (funding.source == FundingSource.Balance && escrow.creditOf(terms.buyer) < total) {
            funding.source = FundingSource.Allowance;
        }
        bytes32 id = _idOf(_delivery(terms));
        funding.deadline = uint40(block.timestamp + _pick(2));
        address sender = outsider;
        if (funding.source == FundingSource.Authorization) {
            funding.token = _authorizationFor(terms.buyer, total, id);
        } else {
            if (funding.source == FundingSource.Permit) funding.token = _permitFor(terms);
            bytes32 creation = hashCreation(id, terms, total, funding.source, funding.deadline);
            (sender, funding.approvals) = _consent(_parties(terms.buyer), creation);
        }
        bytes memory data = abi.encodeCall(IOrderOpening.openOrder, (terms, conditions, funding));
        if (_refusesNew(terms, sender, data)) return;
        if (funding.source != FundingSource.Authorization) {
            Approval[] memory signed = funding.approvals;
            funding.approvals = _noApprovals();
            bytes memory unsigned = abi.encodeCall(IOrderOpening.openOrder, (terms, conditions, funding));
            _mustNot("14: opened without consent", arbiter, unsigned, IOrderBook.ConsentMissing.selector);
            funding.approvals = signed;
        }
        _must(sender, data);
        if (funding.source == FundingSource.Permit) _approveAgain(terms.buyer);
        _opened(terms, conditions);
    }

    function openFromBalance(uint256 seed) external action(seed) {
        uint256 count = 1 + _pick(2);
        if (!_hasRoom(count)) return;
        if (!_chance(3)) return _openSpecial();
        address buyer_ = buyers[_pick(3)];
        OrderTerms[] memory terms = new OrderTerms[](count);
        OrderConditions[] memory conditions = new OrderConditions[](count);
        uint256 total;
        for (uint256 i; i < count; ++i) {
            (terms[i], conditions[i]) = _newTerms(0);
            terms[i].buyer = buyer_;
            conditions[i].sheet = keccak256(abi.encode(conditions[i].sheet, i));
            terms[i].conditions = hashConditionsAgain(conditions[i]);
            total += _totalOf(terms[i]);
        }
        bytes memory data = _batchFromBalance(terms);
        if (_refusesNew(terms[0], buyer_, data)) return;
        if (count == 2 && _refusesNew(terms[1], buyer_, data)) return;
        if (escrow.creditOf(buyer_) < total) {
            _mustNot("23: spent more than the balance", buyer_, data, IOrderCreation.BalanceTooSmall.selector);
            _deposit(buyer_, total);
        }
        _must(buyer_, data);
        for (uint256 i; i < count; ++i) _opened(terms[i], conditions[i]);
    }

    function deposit(uint256 seed) external action(seed) {
        _deposit(buyers[_pick(3)], 1 + _pick(3e6));
    }

    // ---- calls

    /// @dev The one place that knows how orders are opened from the balance.
    function _batchFromBalance(OrderTerms[] memory terms) private pure returns (bytes memory) {
        return abi.encodeCall(IOrderFunding.createOrdersFromBalance, (packOrders(terms)));
    }

    function _deposit(address account, uint256 amount) private {
        if (account == address(wallet) || _chance(2)) {
            _must(account, abi.encodeCall(IOrderFunding.deposit, (amount)));
            return;
        }
        bytes32 salt = bytes32(_pick(type(uint256).max));
        bytes32 nonce = keccak256(abi.encode("FactoryChain deposit", salt));
        TokenSignature memory authorization = _authorizationFor(account, amount, nonce);
        _must(outsider, abi.encodeCall(IOrderFunding.depositWithAuthorization, (account, amount, salt, authorization)));
    }

    /// @dev A group that is closed takes no new order.
    function _refusesNew(OrderTerms memory terms, address sender, bytes memory data) private returns (bool) {
        if (!_ringOf(terms.clauses.group()).closed) return false;
        _mustNot("21: a closed group took an order", sender, data, IQuorum.QuorumGroupClosed.selector);
        _approveAgain(terms.buyer); // a permit may have been used
        return true;
    }

    function _opened(OrderTerms memory terms, OrderConditions memory conditions) private {
        _touch(ghosts.length);
        Ghost storage ghost = ghosts.push();
        (ghost.id, ghost.terms, ghost.conditions) = (_idOf(_delivery(terms)), terms, conditions);
        (ghost.status, ghost.nextClaim, ghost.funded) = (Status.Open, 1, _totalOf(terms));
        for (uint256 i; i < linesOf(terms.clauses, terms.lines); ++i) ghost.lines.push(Line(0, 0, 0, 0, 0));
        _gives(terms.buyer, ghost.funded);
    }

    // ---- terms

    function _hasRoom(uint256 count) private view returns (bool) {
        uint256 live;
        for (uint256 i; i < ghosts.length; ++i) if (ghosts[i].status != Status.Closed) ++live;
        return live + count <= MOST_LIVE && ghosts.length + count <= MOST_EVER;
    }

    /// @param kind bit 0: with special clauses; above: options
    function _newTerms(uint256 kind) private returns (OrderTerms memory terms, OrderConditions memory conditions) {
        terms.buyer = buyers[_pick(3)];
        terms.supplier = suppliers[_pick(3)];
        uint256 due = block.timestamp + _pick(15) * 1 days;
        uint256 expiry = due + _pick(15) * 1 days;
        uint256 bits = (due << 216) | (expiry << 176) | ((_pick(4) * 1 days) << 112) | (1 << 10) | (kind >> 1);
        uint256 cap = _pick(12);
        bits |= (uint256(rings[_pick(RINGS)].id) << 18) | (cap << 78);
        if (kind != 0 && cap != 0) bits |= (_pick(1e6 / cap + 1) << 92);
        if (kind != 0 && !_chance(3)) bits |= _retention(1 + _pick(400_000), expiry + _pick(40 days));
        terms.clauses = Clauses.wrap(bits);
        conditions = _conditions(terms.clauses);
        conditions.defaultSplit = uint32(_pick(1e6 + 1));
        conditions.sheet = keccak256(abi.encode("sheet", ghosts.length));
        terms.conditions = hashConditionsAgain(conditions);
        if (terms.clauses.has(OPTION_DEVICES)) terms.lines = abi.encodePacked(_devices());
        uint256 count = 1 + _pick(3);
        for (uint256 i; i < count; ++i) {
            uint256 total = i == 0 ? 1 + _pick(1e6) : _pick(1e6);
            terms.lines = bytes.concat(terms.lines, _line(1 + _pick(_chance(4) ? 5 : 1000), total));
        }
    }

    /// @dev One device: its leaf is the root.
    function _devices() private pure returns (bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(DEVICE);
        return keccak256(bytes.concat(keccak256(abi.encode(x, y))));
    }

    function _totalOf(OrderTerms memory terms) private pure returns (uint256) {
        return totalOf(terms.clauses, terms.lines);
    }

    // ---- signatures for the token

    /// @dev Sometimes somebody uses the permit before the order does, which does no harm.
    function _permitFor(OrderTerms memory terms) private returns (TokenSignature memory permit) {
        uint256 total = _totalOf(terms);
        bytes32 kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 nonce = currency.nonces(terms.buyer);
        bytes32 structHash = keccak256(abi.encode(kind, terms.buyer, address(escrow), total, nonce, block.timestamp));
        permit = _tokenSignature(terms.buyer, structHash);
        permit.validBefore = block.timestamp;
        if (!_chance(3)) return permit;
        currency.permit(terms.buyer, address(escrow), total, block.timestamp, permit.v, permit.r, permit.s);
    }

    function _approveAgain(address account) private {
        vm.prank(account);
        token.approve(address(escrow), type(uint256).max);
    }

    function _authorizationFor(
        address account,
        uint256 amount,
        bytes32 nonce
    ) private view returns (TokenSignature memory authorization) {
        bytes32 kind = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        uint256 before = block.timestamp + 1;
        bytes32 structHash = keccak256(abi.encode(kind, account, address(escrow), amount, 0, before, nonce));
        authorization = _tokenSignature(account, structHash);
        authorization.validBefore = before;
    }

    function _tokenSignature(
        address account,
        bytes32 structHash
    ) private view returns (TokenSignature memory signature) {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", currency.DOMAIN_SEPARATOR(), structHash));
        (signature.v, signature.r, signature.s) = vm.sign(keys[account], digest);
    }
}
