import type { RevertText } from "./revertTable.ts";

const UNUSUAL = "This points to a fault of the program: please report it with the transaction.";

/** The errors of OpenZeppelin's contracts that ours build on, by their signature. */
export const STANDARD_REVERTS: Readonly<Record<string, RevertText>> = {
  "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)": {
    message: "{spender} may take {allowance} minor units, {needed} are needed.",
    expected: "an allowance of at least {needed}",
    advice: "Approve the escrow for the order's total first.",
  },
  "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)": {
    message: "{sender} has {balance} minor units, {needed} are needed.",
    expected: "a balance of at least {needed}",
    advice: "Fund the account, or order less.",
  },
  "ERC20InvalidSender(address sender)": {
    message: "{sender} cannot send the currency.",
    advice: UNUSUAL,
  },
  "ERC20InvalidReceiver(address receiver)": {
    message: "{receiver} cannot receive the currency.",
    expected: "an account that is not zero",
    advice: "Name the receiver.",
  },
  "ERC20InvalidApprover(address approver)": {
    message: "{approver} cannot give an allowance.",
    advice: UNUSUAL,
  },
  "ERC20InvalidSpender(address spender)": {
    message: "{spender} cannot be given an allowance.",
    expected: "an account that is not zero",
    advice: "Name the escrow of this currency as the spender.",
  },
  "ERC2612ExpiredSignature(uint256 deadline)": {
    message: "The permit ended at {deadline:time}.",
    expected: "a permit whose deadline is in the future",
    advice: "Have the holder sign a new permit.",
  },
  "ERC2612InvalidSigner(address signer, address owner)": {
    message: "The permit is signed by {signer}, not by the holder {owner}.",
    expected: "the holder's signature over exactly this permit",
    advice: "Sign for this chain and token, with the holder's present nonce.",
  },
  "ERC3009InvalidSignature()": {
    message: "The authorization of the transfer is not signed by the payer.",
    expected: "the payer's signature over exactly this authorization",
    advice: "Sign for this chain and token.",
  },
  "ERC3009InvalidAuthorizationTime(uint256 validAfter, uint256 validBefore)": {
    message: "The authorization counts after {validAfter:time} and before {validBefore:time} only.",
    expected: "a time between the two",
    advice: "Wait, or have the payer sign a new one.",
  },
  "ERC3009UsedAuthorization(address authorizer, bytes32 nonce)": {
    message: "The authorization {nonce} of {authorizer} was used or cancelled.",
    expected: "an authorization that was not used before",
    advice: "Check whether the payment took place; otherwise have the payer sign a new one.",
  },
  "InvalidAccountNonce(address account, uint256 currentNonce)": {
    message: "The signature of {account} is not for its present nonce {currentNonce}.",
    expected: "a signature with nonce {currentNonce}",
    advice: "Read the nonce again and sign anew.",
  },
  "ECDSAInvalidSignature()": {
    message: "The signature is none.",
    expected: "a secp256k1 signature of 65 bytes",
    advice: "Sign again.",
  },
  "ECDSAInvalidSignatureLength(uint256 length)": {
    message: "A signature cannot have {length} bytes.",
    expected: "65 bytes",
    advice: "Sign again; do not use the compact form.",
  },
  "ECDSAInvalidSignatureS(bytes32 s)": {
    message: "The signature's second half is too high: {s}.",
    expected: "the low-s form of the signature",
    advice: "Use a signer that writes low-s signatures.",
  },
  "AccessManagedUnauthorized(address caller)": {
    message: "{caller} may not call this function.",
    expected: "an account that holds the function's role",
    advice: "Use an account with the role, or have the role granted by the administrator.",
  },
  "AccessManagedRequiredDelay(address caller, uint32 delay)": {
    message: "{caller} may call this function only {delay} s after announcing it.",
    expected: "a call that was scheduled {delay} s ago",
    advice: "Schedule the call with the AccessManager, wait, then execute it.",
  },
  "AccessManagedInvalidAuthority(address authority)": {
    message: "{authority} is no contract and cannot be the authority.",
    expected: "the address of an AccessManager",
    advice: "Check the address in the deployment.",
  },
  "AccessManagerAlreadyScheduled(bytes32 operationId)": {
    message: "Operation {operationId} is scheduled already.",
    advice: "Wait until it can be executed, or have it cancelled first.",
  },
  "AccessManagerBadConfirmation()": {
    message: "Giving up a role needs the caller's own address as confirmation.",
    expected: "the caller's address",
    advice: "Name the account that gives up its own role.",
  },
  "AccessManagerExpired(bytes32 operationId)": {
    message: "Operation {operationId} was not executed in time.",
    expected: "an execution within a week of its date",
    advice: "Schedule it again.",
  },
  "AccessManagerInvalidInitialAdmin(address initialAdmin)": {
    message: "{initialAdmin} cannot be the first administrator.",
    expected: "an account that is not zero",
    advice: "Name the administrator in the parameters of the deployment.",
  },
  "AccessManagerLockedFunction(bytes4 selector)": {
    message: "The role of function {selector} cannot be changed.",
    advice: "Leave it; it belongs to the AccessManager itself.",
  },
  "AccessManagerLockedRole(uint64 roleId)": {
    message: "Role {roleId} cannot be changed.",
    expected: "a role other than ADMIN and PUBLIC",
    advice: "Check the role's id.",
  },
  "AccessManagerNotReady(bytes32 operationId)": {
    message: "Operation {operationId} was announced too recently.",
    expected: "an execution after its delay",
    advice: "Wait until its date.",
  },
  "AccessManagerNotScheduled(bytes32 operationId)": {
    message: "Operation {operationId} was not announced.",
    expected: "a call that was scheduled before",
    advice: "Schedule the call first, then wait for its delay.",
  },
  "AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)": {
    message: "{msgsender} does not hold role {roleId}.",
    expected: "an account with role {roleId}",
    advice: "Use an account with the role, or have it granted by the role's administrator.",
  },
  "AccessManagerUnauthorizedCall(address caller, address target, bytes4 selector)": {
    message: "{caller} may not call {selector} of {target}.",
    expected: "an account that holds the function's role",
    advice: "Use an account with the role, or have it granted by the role's administrator.",
  },
  "AccessManagerUnauthorizedCancel(address msgsender, address caller, address target, bytes4 selector)": {
    message: "{msgsender} may not cancel what {caller} announced for {selector} of {target}.",
    expected: "the one who announced it, the role's guardian or the administrator",
    advice: "Ask the guardian.",
  },
  "AccessManagerUnauthorizedConsume(address target)": {
    message: "{target} may not consume an announced operation.",
    advice: UNUSUAL,
  },
  "AddressEmptyCode(address target)": {
    message: "There is no contract at {target}.",
    expected: "the address of a contract on this chain",
    advice: "Check the address and the chain.",
  },
  "FailedCall()": {
    message: "A call to another contract failed without a reason.",
    advice: "See whether the address is the contract that is meant, and give the transaction more gas.",
  },
  "InsufficientBalance(uint256 balance, uint256 needed)": {
    message: "The contract holds {balance} wei, {needed} are needed.",
    advice: UNUSUAL,
  },
  "SafeERC20FailedOperation(address token)": {
    message: "The token {token} refused the transfer.",
    expected: "a token that follows ERC-20",
    advice: "Check the token's address, and balance and allowance of the payer.",
  },
  "SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)": {
    message: "{value} does not fit {bits} bits.",
    expected: "a smaller figure",
    advice: "Check the amounts and quantities.",
  },
  "ReentrancyGuardReentrantCall()": {
    message: "The contract was called while it was at work.",
    advice: "Do not call it from a token or a payee that it is just paying.",
  },
  "InvalidShortString()": {
    message: "A stored text is broken.",
    advice: UNUSUAL,
  },
  "StringTooLong(string str)": {
    message: "The text is too long: {str}.",
    expected: "at most 31 bytes",
    advice: "Shorten it.",
  },
  "MissingPrecompile(address)": {
    message: "The chain lacks a precompiled contract that this needs.",
    expected: "a chain whose precompiles are those of its hard fork",
    advice: "Check the chain's hard fork; P-256 signatures need Osaka (EIP-7951).",
  },
};
