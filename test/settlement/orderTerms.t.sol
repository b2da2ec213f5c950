// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clauses, OrderConditions} from "../../contracts/settlement/OrderTerms.sol";
import {Test} from "../support/Test.sol";

contract OrderTermsTest is Test {
    /// @dev The same conditions, and the same hash, stand in test/chain/terms.test.ts.
    function test_ConditionsHashAsInTypeScript() external view {
        bytes32 hash = this.hashOf(
            OrderConditions({
                arbiter: address(0x1111111111111111111111111111111111111111),
                defaultSplit: 1,
                inspection: 2,
                answer: 3,
                arbitration: 4,
                statutoryTerm: 5,
                statutoryInterest: 6,
                sheet: bytes32(0x1212121212121212121212121212121212121212121212121212121212121212),
                documents: bytes32(0x1313131313131313131313131313131313131313131313131313131313131313)
            })
        );
        vm.assertEq(hash, 0x4c55a37db76967e5ee1a1d0715f54eb4140bfb42b1fd3aea6c95086c110d233b);
    }

    function testFuzz_ClausesAreReadWhereTheyLie(
        uint40[4] memory times,
        uint24 grace,
        uint256[4] memory rates,
        uint8 points
    ) external pure {
        (uint256 penaltyRate, uint256 retention) = (rates[0] % (1 << 20), rates[1] % (1 << 20));
        (uint256 capDays, uint256 options) = (rates[2] % (1 << 14), rates[3] % (1 << 10));
        uint256 word = (uint256(times[0]) << 216) | (uint256(times[1]) << 176) | (uint256(times[2]) << 136);
        word |= (uint256(grace) << 112) | (penaltyRate << 92) | (capDays << 78) | (retention << 58);
        Clauses clauses = Clauses.wrap(word | (uint256(times[3]) << 18) | (uint256(points) << 10) | options);
        vm.assertEq(clauses.due(), times[0]);
        vm.assertEq(clauses.expiry(), times[1]);
        vm.assertEq(clauses.retentionUntil(), times[2]);
        vm.assertEq(clauses.group(), times[3]);
        vm.assertEq(clauses.grace(), grace);
        vm.assertEq(clauses.penaltyRate(), penaltyRate);
        vm.assertEq(clauses.retention(), retention);
        vm.assertEq(clauses.capDays(), capDays);
        vm.assertEq(clauses.points(), points);
        vm.assertEq(clauses.options(), options);
    }

    function hashOf(OrderConditions calldata conditions) external pure returns (bytes32) {
        return conditions.hashConditions();
    }
}
