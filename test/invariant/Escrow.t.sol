// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Line, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Certificate, DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {DeliveryTerms, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {EscrowBase} from "../base/EscrowBase.sol";
import {Test} from "../support/Test.sol";

/// @dev Acts on the escrow and keeps what it saw. `fault` says which forbidden thing happened first; empty: none.
contract EscrowHandler is EscrowBase {
    struct Seen {
        Status status;
        uint256 funded;
        uint256 returned; // to the buyer, wallet and credit together
        uint256 lines;
        bytes32 closedAs; // hash of all that the escrow keeps, when it closed
        Order state;
    }

    uint256 private constant MOST_ORDERS = 6;
    uint256 private constant CAP_DAYS = 20;

    string public fault;
    OrderTerms[] private _orders;
    mapping(bytes32 order => Seen) private _seen;
    address[2] private _buyers;
    address[3] private _suppliers;
    address private _sink;
    mapping(address account => uint256) private _credits;
    mapping(address account => uint256) public sunk; // withdrawn to another address

    // The latest batch, to send it again.
    Certificate private _certificate_;
    DeliveryTerms[] private _batchOrders;
    DeliveryReport[] private _batchReports;

    function setUp() public override {
        super.setUp();
        _buyers = [buyer, _account("second buyer")];
        _suppliers = [supplier, other, _account("third supplier")];
        _sink = _account("sink");
        token.mint(_buyers[1], AMPLE);
        vm.prank(_buyers[1]);
        token.approve(address(escrow), type(uint256).max);
    }

    // ---- actions

    function create(uint256 who, uint256 quantity, uint256 money, uint256 days_) external {
        if (_orders.length == MOST_ORDERS) return;
        OrderTerms memory terms;
        terms.buyer = _buyers[who % 2];
        terms.supplier = _suppliers[(who >> 8) % 3];
        terms.conditions = bytes32(_orders.length);
        uint256 due = block.timestamp + (days_ % 10) * 1 days;
        terms.clauses = _clauses(due, due + 5 days, 1 days, CAP_DAYS);
        uint256 lines = 1 + ((who >> 16) % 3);
        uint256 funded = 1;
        terms.lines = "";
        for (uint256 i; i < lines; ++i) {
            uint256 total = (i == 0 ? 1 : 0) + (uint256(keccak256(abi.encode(money, i))) % 1e6);
            terms.lines = bytes.concat(terms.lines, _line(1 + ((quantity >> (i * 8)) % 200), total));
            funded += total;
        }
        bytes32 order = _create(terms);
        _orders.push(terms);
        _seen[order].funded = funded - 1;
        _seen[order].lines = lines;
        _observe();
    }

    function confirm(uint256 first, uint256 count, uint256 seed) external {
        if (_orders.length == 0) return;
        count = 1 + (count % 3);
        DeliveryTerms[] memory orders = new DeliveryTerms[](count);
        DeliveryReport[] memory reports = new DeliveryReport[](count);
        for (uint256 i; i < count; ++i) {
            OrderTerms memory terms = _orders[((first % 8) + i * (seed % 3)) % _orders.length];
            orders[i] = _delivery(terms);
            reports[i] = _randomReport(terms, i, uint256(keccak256(abi.encode(seed, i))));
        }
        _remember(_certify(orders, reports), orders, reports);
        escrow.confirm(_certificate_, orders, reports);
        _observe();
    }

    function replay(uint256 wait) external {
        if (_batchReports.length == 0) return;
        vm.warp(block.timestamp + (wait % 400));
        bytes32 before = _world();
        try escrow.confirm(_certificate_, _batchOrders, _batchReports) {} catch {}
        if (_world() != before) _blame("8: a certificate counted twice");
    }

    function forge(uint256 which, uint32 signers, uint256 seed) external {
        if (_orders.length == 0) return;
        OrderTerms memory terms = _orders[which % _orders.length];
        DeliveryTerms[] memory orders = _only(terms);
        DeliveryReport[] memory reports = _only(_randomReport(terms, 0, seed));
        Certificate memory certificate = _certificate();
        bytes32 digest = _digest(_domain(block.chainid, address(escrow)), certificate, orders, reports);
        uint32[6] memory tooFew = [uint32(0), 1, 2, 3, 5, 24];
        _sign(certificate, digest, tooFew[signers % 6]);
        bytes32 before = _world();
        try escrow.confirm(certificate, orders, reports) {
            _blame("7: below quorum it went through");
        } catch {}
        if (_world() != before) _blame("7: below quorum something changed");
    }

    function settle(uint256 which) external {
        _end(which, IOrderClosing.settle.selector);
    }

    function refund(uint256 which) external {
        _end(which, IOrderClosing.refund.selector);
    }

    function withdraw(uint256 who, uint256 amount, bool away) external {
        address account = _anyone(who);
        uint256 credit = escrow.creditOf(account);
        amount = bound(amount, 1, credit + 2);
        vm.prank(account);
        try escrow.withdraw(amount, away ? _sink : account) {
            _credits[account] -= amount;
            if (away) sunk[account] += amount;
            if (amount > credit) _blame("9: more than the credit was withdrawn");
        } catch {}
        _observe();
    }

    function setMood(uint256 who, uint256 mood) external {
        token.setMood(_anyone(who), MockToken.Mood(mood % 2 == 0 ? 0 : mood % 8));
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + (time % 4 days));
    }

    // ---- what it saw

    function orderCount() external view returns (uint256) {
        return _orders.length;
    }

    function termsAt(uint256 index) external view returns (OrderTerms memory) {
        return _orders[index];
    }

    function seen(bytes32 order) external view returns (Seen memory) {
        return _seen[order];
    }

    function parts() external view returns (ISupplierEscrow, MockToken, address[5] memory, address) {
        address[5] memory accounts = [_buyers[0], _buyers[1], _suppliers[0], _suppliers[1], _suppliers[2]];
        return (escrow, token, accounts, _sink);
    }

    // ---- words

    function _anyone(uint256 who) private view returns (address) {
        return who % 5 < 2 ? _buyers[who % 5] : _suppliers[(who % 5) - 2];
    }

    /// @dev Mostly sensible: three in four build on the state, one in eight names no line of the order.
    function _randomReport(
        OrderTerms memory terms,
        uint256 order,
        uint256 seed
    ) private view returns (DeliveryReport memory) {
        bytes32 id = escrow.orderId(terms);
        uint256 line = seed % 8 == 0 ? 3 : (seed >> 8) % _seen[id].lines;
        uint256 from = escrow.lineOf(terms, uint16(line)).delivered;
        if (seed % 4 == 3) from = (seed >> 16) % 250;
        uint256 to = from + ((seed >> 24) % 120);
        uint256 late = escrow.lineOf(terms, uint16(line)).late + ((seed >> 32) % 3_000);
        return _reportOf(order, line, from, to, late, block.timestamp - ((seed >> 48) % 3 days));
    }

    function _end(uint256 which, bytes4 verb) private {
        if (_orders.length == 0) return;
        OrderTerms memory terms = _orders[which % _orders.length];
        bytes32 order = escrow.orderId(terms);
        bool open = escrow.orderOf(order).status == Status.Open;
        bool over = block.timestamp >= terms.clauses.expiry() + terms.clauses.grace();
        uint256 before = _belongings(terms.buyer);
        bool success;
        if (verb == IOrderClosing.refund.selector) {
            try escrow.refund(terms) {
                success = true;
            } catch {}
            if (success != (open && over)) _blame("6: a refund at the wrong time, or none at the right one");
        } else {
            try escrow.settle(terms, _noClaims()) {
                success = true;
            } catch {}
        }
        if (success) _seen[order].returned = _belongings(terms.buyer) - before;
        _observe();
    }

    function _belongings(address account) private view returns (uint256) {
        return token.balanceOf(account) + escrow.creditOf(account);
    }

    function _remember(
        Certificate memory certificate,
        DeliveryTerms[] memory orders,
        DeliveryReport[] memory reports
    ) private {
        delete _batchOrders;
        delete _batchReports;
        for (uint256 i; i < orders.length; ++i) {
            _batchOrders.push(orders[i]);
            _batchReports.push(reports[i]);
        }
        _certificate_ = certificate;
    }

    /// @dev Looks at every order and every credit, and blames what must not happen between two looks.
    function _observe() private {
        for (uint256 i; i < _orders.length; ++i) {
            bytes32 id = escrow.orderId(_orders[i]);
            Seen storage before = _seen[id];
            Order memory now_ = escrow.orderOf(id);
            if (now_.status == Status.None) _blame("5: an order vanished");
            if (now_.status == Status.Ended) _blame("5: nothing is ever pending here");
            if (now_.status < before.status) _blame("5: an order went back in its life");
            bool fell = now_.delivered < before.state.delivered || now_.late < before.state.late;
            if (fell || now_.earned < before.state.earned || now_.paid < before.state.paid) _blame("5: a total fell");
            if (before.closedAs != 0 && before.closedAs != _stateHash(_orders[i])) _blame("5: a closed order changed");
            if (now_.status == Status.Closed) before.closedAs = _stateHash(_orders[i]);
            before.status = now_.status;
            before.state = now_;
        }
        for (uint256 i; i < 5; ++i) {
            address account = _anyone(i);
            uint256 credit = escrow.creditOf(account);
            if (credit < _credits[account]) _blame("9: a credit fell");
            _credits[account] = credit;
        }
    }

    function _stateHash(OrderTerms memory terms) private view returns (bytes32 hash) {
        bytes32 id = escrow.orderId(terms);
        hash = keccak256(abi.encode(escrow.orderOf(id)));
        for (uint16 i; i < _seen[id].lines; ++i) hash = keccak256(abi.encode(hash, escrow.lineOf(terms, i)));
    }

    /// @dev Everything that a call could change.
    function _world() private view returns (bytes32 hash) {
        for (uint256 i; i < _orders.length; ++i) {
            hash = keccak256(abi.encode(hash, _stateHash(_orders[i])));
        }
        for (uint256 i; i < 5; ++i) {
            address account = _anyone(i);
            hash = keccak256(abi.encode(hash, token.balanceOf(account), escrow.creditOf(account)));
        }
    }

    function _blame(string memory what) private {
        if (bytes(fault).length == 0) fault = what;
    }
}

/// @dev The numbers are those of README.md.
contract EscrowInvariantTest is Test {
    uint256 private constant MINTED = 2e15;

    EscrowHandler private handler;
    ISupplierEscrow private escrow;
    MockToken private token;
    address[5] private accounts;
    address private sink;

    function setUp() external {
        handler = new EscrowHandler();
        handler.setUp();
        (escrow, token, accounts, sink) = handler.parts();
        bytes4[] memory actions = new bytes4[](9);
        actions[0] = EscrowHandler.create.selector;
        actions[1] = EscrowHandler.confirm.selector;
        actions[2] = EscrowHandler.replay.selector;
        actions[3] = EscrowHandler.forge.selector;
        actions[4] = EscrowHandler.settle.selector;
        actions[5] = EscrowHandler.refund.selector;
        actions[6] = EscrowHandler.withdraw.selector;
        actions[7] = EscrowHandler.setMood.selector;
        actions[8] = EscrowHandler.wait.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev 1
    function invariant_TheEscrowHoldsWhatItOwes() external view {
        uint256 owed = _credits();
        for (uint256 i; i < handler.orderCount(); ++i) {
            (bytes32 id, EscrowHandler.Seen memory seen, ) = _order(i);
            Order memory order = escrow.orderOf(id);
            if (order.status == Status.Open) owed += seen.funded - order.paid;
        }
        vm.assertEq(token.balanceOf(address(escrow)), owed);
    }

    /// @dev 2
    function invariant_NothingIsMadeOrLost() external view {
        uint256 sum = token.balanceOf(address(escrow)) + token.balanceOf(sink);
        for (uint256 i; i < accounts.length; ++i) sum += token.balanceOf(accounts[i]);
        vm.assertEq(sum, MINTED);
        for (uint256 i; i < handler.orderCount(); ++i) {
            (bytes32 id, EscrowHandler.Seen memory seen, ) = _order(i);
            if (seen.status != Status.Closed) continue;
            vm.assertEq(seen.returned + escrow.orderOf(id).paid, seen.funded);
        }
    }

    /// @dev 3
    function invariant_OrdersPayTheirFloorsOnce() external view {
        uint256[5] memory due;
        for (uint256 i; i < handler.orderCount(); ++i) {
            (bytes32 id, , OrderTerms memory terms) = _order(i);
            Order memory order = escrow.orderOf(id);
            uint256 earned;
            for (uint16 j; j < terms.lines.length / 12; ++j) {
                (uint256 ordered, uint256 total) = _line(terms.lines, j);
                earned += (total * escrow.lineOf(terms, j).delivered) / ordered;
            }
            vm.assertEq(order.earned, earned);
            vm.assertEq(order.paid, earned);
            for (uint256 j = 2; j < 5; ++j) if (accounts[j] == terms.supplier) due[j] += earned;
        }
        for (uint256 j = 2; j < 5; ++j) {
            uint256 sunk = handler.sunk(accounts[j]);
            vm.assertEq(token.balanceOf(accounts[j]) + escrow.creditOf(accounts[j]) + sunk, due[j]);
        }
    }

    /// @dev 4
    function invariant_LinesStayWithinTheirBounds() external view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (bytes32 id, , OrderTerms memory terms) = _order(i);
            for (uint16 j; j < terms.lines.length / 12; ++j) {
                (uint256 ordered, ) = _line(terms.lines, j);
                Line memory line = escrow.lineOf(terms, j);
                vm.assertLe(line.delivered, ordered);
                vm.assertLe(line.late, line.delivered * terms.clauses.capDays());
                vm.assertEq(line.decided, line.delivered);
                vm.assertEq(line.good, uint256(line.delivered) * 1e6);
            }
        }
    }

    /// @dev 5 to 9: what only shows between two states is blamed by the handler.
    function invariant_NothingForbiddenHappened() external view {
        vm.assertEq(handler.fault(), "");
    }

    function _order(
        uint256 index
    ) private view returns (bytes32 id, EscrowHandler.Seen memory seen, OrderTerms memory terms) {
        terms = handler.termsAt(index);
        id = escrow.orderId(terms);
        seen = handler.seen(id);
    }

    function _credits() private view returns (uint256 sum) {
        for (uint256 i; i < accounts.length; ++i) sum += escrow.creditOf(accounts[i]);
    }

    function _line(bytes memory lines, uint256 index) private pure returns (uint256 ordered, uint256 total) {
        for (uint256 i; i < 5; ++i) ordered = (ordered << 8) | uint8(lines[index * 12 + i]);
        for (uint256 i = 5; i < 12; ++i) total = (total << 8) | uint8(lines[index * 12 + i]);
    }
}
