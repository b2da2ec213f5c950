// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FLAG_AMENDED, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {OrderWord, loadWord, storeWord} from "../../contracts/settlement/OrderWord.sol";
import {Test} from "../support/Test.sol";

/// @notice Reading and writing an order's slot as one word is the same as doing it field by field.
contract OrderWordTest is Test {
    Order private _order;

    function testFuzz_FieldsAreReadWhereSolidityPutsThem(
        uint8[2] memory small,
        uint32 seq,
        uint56[2] memory money,
        uint48[2] memory counted
    ) external {
        Status status = Status(small[0] % 4);
        _order = Order(status, small[1], seq, money[0], money[1], counted[0], counted[1]);
        OrderWord word = loadWord(_order);
        vm.assertEq(uint256(word.statusOf()), uint256(status));
        vm.assertEq(word.flagsOf(), small[1]);
        vm.assertEq(word.earnedOf(), money[0]);
        vm.assertEq(word.paidOf(), money[1]);
        vm.assertEq(word.deliveredOf(), counted[0]);
        vm.assertEq(word.lateOf(), counted[1]);
        vm.assertTrue(word.isOpen() == (status == Status.Open));
        vm.assertTrue(word.isOpenAndPlain() == (status == Status.Open && small[1] == 0));
        vm.assertTrue(word.isAmended() == (small[1] & FLAG_AMENDED != 0));
    }

    function testFuzz_FieldsAreWrittenWhereSolidityPutsThem(
        uint8[3] memory small,
        uint32 seq,
        uint48[4] memory before,
        uint48[4] memory more
    ) external {
        for (uint256 i; i < 4; ++i) (before[i], more[i]) = (before[i] >> 1, more[i] >> 1);
        _order = Order(Status(small[0] % 4), small[1], seq, before[0], before[1], before[2], before[3]);
        OrderWord word = loadWord(_order).advancedBy(more[0], more[1]).deliveredBy(more[2], more[3]);
        storeWord(_order, word.withStatus(Status.Closed).withFlag(small[2]));
        vm.assertEq(uint256(_order.status), uint256(Status.Closed));
        vm.assertEq(_order.flags, small[1] | small[2]);
        vm.assertEq(_order.seq, seq);
        vm.assertEq(_order.earned, before[0] + more[0]);
        vm.assertEq(_order.paid, before[1] + more[1]);
        vm.assertEq(_order.delivered, before[2] + more[2]);
        vm.assertEq(_order.late, before[3] + more[3]);
    }

    function test_NoOrderHasAnEmptyWord() external {
        vm.assertTrue(loadWord(_order).isNone());
        _order.late = 1;
        vm.assertTrue(!loadWord(_order).isNone());
    }
}
