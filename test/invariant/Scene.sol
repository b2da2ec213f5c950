// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {Journal} from "./Journal.sol";
import {RefusingCurrency} from "./RefusingCurrency.sol";

/// @dev A relayer group as the suite expects it to be.
struct Ring {
    uint40 id;
    bytes members; // packed
    uint256 threshold;
    uint256 retired; // bit i: member i
    uint256 restored;
    bool below;
    bool closed;
    address candidate;
    uint256 from; // when the candidate may join
}

/// @dev Who acts, how chance decides, and how the escrow is called: each call either must succeed, or must fail with one
/// error. Everything random follows from the seed of an action.
abstract contract Scene is Journal {
    uint256 internal constant RINGS = 2;

    RefusingCurrency internal currency;
    address[3] internal buyers;
    address[3] internal suppliers;
    address[3] internal owners; // financiers and further tiers
    address internal outsider;
    address internal sink; // an address to withdraw to
    address[] internal everyone;
    Ring[RINGS] internal rings;
    mapping(address account => uint256) internal keys;

    mapping(address account => uint256) public belongings; // expected in its wallet and its credit together
    mapping(address account => uint256) public noncesUsed;

    mapping(bytes4 selector => uint256) public successes; // of calls that had to succeed
    mapping(bytes4 error_ => uint256) public refusals; // of calls that had to fail
    uint256 public actions;
    uint256 public calls; // and other deeds: an action without any was idle
    bytes4[] internal verbs; // of what succeeded in the latest action
    uint256 private _entropy;

    function setUp() public virtual override {
        super.setUp();
        currency.setEscrow(address(escrow));
        (outsider, sink) = (_actor("outsider"), _actor("sink"));
        buyers = [_actor("buyer"), _actor("second buyer"), address(wallet)];
        suppliers = [_actor("supplier"), _actor("other"), _actor("third supplier")];
        owners = [_actor("owner"), _actor("bank"), _actor("lowest tier")];
        everyone.push(_actor("arbiter"));
        (keys[address(wallet)], belongings[buyer]) = (_keyOf("wallet owner"), AMPLE);
        everyone.push(address(wallet));
        for (uint256 i; i < 3; ++i) {
            if (i != 0) _endow(buyers[i]);
            _endow(owners[i]);
            _endow(suppliers[i]);
        }
        for (uint256 i; i < RINGS; ++i) {
            string memory name = i == 0 ? "relayer" : "other relayer";
            (rings[i].id, rings[i].threshold) = (i == 0 ? group : otherGroup, THRESHOLD);
            for (uint256 j; j < MEMBERS; ++j) {
                address member = vm.addr(_key(name, j));
                keys[member] = _key(name, j);
                everyone.push(member);
                rings[i].members = bytes.concat(rings[i].members, bytes20(member));
            }
        }
    }

    function _currency() internal override returns (MockToken) {
        currency = new RefusingCurrency(address(manager));
        return MockToken(address(currency));
    }

    function _actor(string memory name) private returns (address account) {
        account = _account(name);
        keys[account] = _keyOf(name);
        everyone.push(account);
    }

    function _endow(address account) private {
        token.mint(account, AMPLE);
        belongings[account] = AMPLE;
        vm.prank(account);
        token.approve(address(escrow), type(uint256).max);
    }

    // ---- what the invariants look at

    function everybody() external view returns (address[] memory) {
        return everyone;
    }

    function strangers() external view returns (address, address) {
        return (outsider, arbiter);
    }

    function ringAt(uint256 index) external view returns (Ring memory) {
        return rings[index];
    }

    function latestVerbs() external view returns (bytes4[] memory) {
        return verbs;
    }

    // ---- chance

    /// @dev Every action begins with it.
    modifier action(uint256 seed) {
        _entropy = uint256(keccak256(abi.encode(seed, ++actions)));
        delete verbs;
        _beforeAction();
        _;
    }

    function _beforeAction() internal virtual;

    /// @dev A number below `count`.
    function _pick(uint256 count) internal returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return (_entropy >> 8) % count;
    }

    /// @dev One time in `count`.
    function _chance(uint256 count) internal returns (bool) {
        return _pick(count) == 0;
    }

    // ---- calls

    function _must(address sender, bytes memory data) internal returns (bytes memory result) {
        bool success;
        vm.recordLogs();
        vm.prank(sender);
        (success, result) = address(escrow).call(data);
        if (!success) {
            // What had to succeed reverts with the escrow's error: with failOnRevert that fails the run.
            assembly {
                revert(add(result, 32), mload(result))
            }
        }
        _read(vm.getRecordedLogs());
        ++calls;
        ++successes[bytes4(data)];
        verbs.push(bytes4(data));
    }

    /// @param rule what would be broken, with its number in README.md
    function _mustNot(string memory rule, address sender, bytes memory data, bytes4 error_) internal {
        vm.prank(sender);
        (bool success, bytes memory result) = address(escrow).call(data);
        vm.assertFalse(success, rule);
        vm.assertEq(bytes32(bytes4(result)), bytes32(error_), string.concat(rule, " (for another reason)"));
        ++calls;
        ++refusals[error_];
    }

    // ---- consent

    /// @dev Who sends an action of these parties, and what the others sign. Anybody relays it, or one of them sends it.
    function _consent(
        address[] memory parties,
        bytes32 structHash
    ) internal returns (address sender, Approval[] memory approvals) {
        uint256 one = _pick(parties.length + 1);
        sender = one == parties.length ? outsider : parties[one];
        approvals = new Approval[](parties.length);
        for (uint256 i; i < parties.length; ++i) {
            if (parties[i] != sender) approvals[i] = Approval(parties[i], _signOf(parties[i], structHash));
        }
    }

    function _signOf(address account, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[account], _actionDigest(structHash));
        return abi.encodePacked(r, s, v);
    }

    function _parties(address first) internal pure returns (address[] memory parties) {
        parties = new address[](1);
        parties[0] = first;
    }

    function _parties(address first, address second) internal pure returns (address[] memory parties) {
        parties = new address[](2);
        (parties[0], parties[1]) = (first, second);
    }

    // ---- money

    function _gets(address account, uint256 amount) internal {
        belongings[account] += amount;
    }

    function _gives(address account, uint256 amount) internal {
        belongings[account] -= amount;
    }

    /// @dev When an order of the group may be refunded.
    function _refundTime(uint256 groupId, uint256 expiry, uint256 grace) internal view returns (uint256 from) {
        Ring storage ring = _ringOf(groupId);
        from = expiry + grace;
        if (ring.below) return from + 30 days;
        uint256 again = ring.restored + grace;
        if (again > from + 30 days) again = from + 30 days;
        if (ring.restored != 0 && again > from) from = again;
    }

    function _ringOf(uint256 groupId) internal view returns (Ring storage) {
        return rings[0].id == groupId ? rings[0] : rings[1];
    }

    function _memberAt(bytes memory members, uint256 index) internal pure returns (address member) {
        assembly {
            member := shr(96, mload(add(add(members, 32), mul(index, 20))))
        }
    }

    function _live(Ring storage ring) internal view returns (uint256 count) {
        count = ring.members.length / 20;
        for (uint256 bits = ring.retired; bits != 0; bits >>= 1) count -= bits & 1;
    }
}
