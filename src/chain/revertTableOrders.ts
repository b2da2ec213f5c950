import type { RevertText } from "./revertTable.ts";

/** What opening, delivering, paying and ending an order can be refused with, by the error's signature. */
export const ORDER_REVERTS: Readonly<Record<string, RevertText>> = {
  "OrderCallerNotBuyer(address caller, address buyer)": {
    message: "{caller} cannot open an order with the money of {buyer}.",
    expected: "a transaction from {buyer}",
    advice: "Sign with the buyer's key, or name the signer as the buyer in the terms.",
  },
  "OrderExists(bytes32 order)": {
    message: "Order {order} exists already, with exactly these terms.",
    expected: "terms that were not used before",
    advice: "Look at its status before you repeat it; a new salt in the order sheet makes an equal order a new one.",
  },
  "OrderNotOpen(bytes32 order, uint8 status)": {
    message: "Order {order} is {status:orderStatus}.",
    expected: "an order that is open or ended, and the terms that are in force",
    advice: "Check the order's id, its escrow and its terms: one changed term gives another id.",
  },
  "OrderDates(uint256 due, uint256 expiry, uint256 grace, uint256 now_)": {
    message: "The order's dates do not fit: due {due:time}, expiry {expiry:time}, grace {grace} s, now {now_:time}.",
    expected: "now <= due <= expiry, and a grace of at most 7776000 s (90 days)",
    advice: "Move the delivery date into the future; for a past order of a demonstration use --rebase-dates.",
  },
  "OrderPayee(address supplier)": {
    message: "{supplier} cannot be the supplier that is paid.",
    expected: "an account that is neither zero nor the escrow itself",
    advice: "Name the supplier's own account in the terms.",
  },
  "OrderLines(uint256 index, uint256 length)": {
    message: "Line {index} of the terms is unusable; the lines have {length} bytes.",
    expected: "1 to 4096 lines, 12 bytes each, each with a quantity above zero",
    advice: "Check the quantities of the order's lines.",
  },
  "OrderTotal(uint256 total)": {
    message: "An order over {total} minor units cannot be kept.",
    expected: "a total above zero and below 72057594037927935 minor units",
    advice: "Split the order, or check the amounts of its lines.",
  },
  "OrderLateness(uint256 index, uint256 unitDays)": {
    message: "Line {index} could be late by {unitDays} unit-days, which is more than can be counted.",
    expected: "at most 17592186044416 unit-days: the line's quantity times the days that count",
    advice: "Give the line fewer decimals, split it, or count fewer days of lateness.",
  },
  "OrderClauseUnsupported(uint256 clauses)": {
    message: "The clauses {clauses} are no clauses of first terms that this escrow knows.",
    expected: "one point a line, and no options but inspection, device signatures and P-256",
    advice: "Leave the option out; several points a line come by an amendment only.",
  },
  "OrderRefundTooEarly(uint256 now_, uint256 from)": {
    message: "A refund is possible from {from:time} on; the chain's time is {now_:time}.",
    expected: "a refund after expiry and grace; later, while the relayer group lacks members",
    advice: "Wait until then; deliveries before expiry are still paid.",
  },
  "OrderNothingToSettle(bytes32 order)": {
    message: "Nothing of order {order} can be settled now.",
    expected: "something that became payable, or nothing left to wait for",
    advice: "Look at the order's status; what is pending ends by itself.",
  },
  "CreditTooSmall(uint256 credit, uint256 amount)": {
    message: "{amount} minor units were asked for, the balance in the escrow is {credit}.",
    expected: "from 1 to {credit}",
    advice: "Withdraw no more than the balance: factorychain balance show.",
  },
  "CreditReceiver(address to)": {
    message: "A balance cannot be withdrawn to {to}.",
    expected: "an account that is neither zero nor the escrow itself",
    advice: "Name an account that can receive the currency.",
  },
  "PushGas(uint256 left, uint256 needed)": {
    message: "{left} gas is left, a payment needs {needed}.",
    expected: "enough gas for every payee of the batch",
    advice: "Send the transaction with a higher gas limit, or fewer deliveries in it.",
  },
  "OrderTermsStale(bytes32 terms)": {
    message: "The terms with digest {terms} are not in force.",
    expected: "the terms of the latest amendment, or the first ones where there was none",
    advice: "Read the order again: OrderAmended, else OrderCreated or OrdersCreated, holds the terms in force.",
  },
  "OrderConditionsOther(bytes32 given, bytes32 expected)": {
    message: "The conditions have the hash {given}, the terms name {expected}.",
    expected: "the conditions that were agreed, unchanged",
    advice: "Take the conditions from the order's document; the chain keeps only their hash.",
  },
  "OrderClaimsStale(bytes32 order)": {
    message: "The list of claims on order {order} is not the present one.",
    expected: "the list as ClaimAssigned and OrderPaid left it, from below",
    advice: "Read the claims again and repeat the call.",
  },
  "OrderSequence(bytes32 order, uint32 given, uint32 present)": {
    message: "The signatures are about state {given} of order {order}, which is at {present}.",
    expected: "signatures over state {present}",
    advice: "It was amended, rejected, disputed or called on meanwhile: look at it, then let everybody sign again.",
  },
  "ConsentMissing(address party)": {
    message: "{party} has not agreed to exactly this.",
    expected: "a transaction of {party}, or its EIP-712 signature over these very values",
    advice: "Have {party} sign, for this chain and escrow, with the same deadline as everybody else.",
  },
  "DeadlineOver(uint256 deadline, uint256 now_)": {
    message: "The action had to be done by {deadline:time}; the chain's time is {now_:time}.",
    expected: "a deadline that is not over",
    advice: "Let everybody sign again, with a later deadline.",
  },
  "FunctionUnknown(bytes4 selector)": {
    message: "The escrow has no function {selector}.",
    expected: "a function of ISupplierEscrow or IQuorum",
    advice: "The program may be newer than the contract: check the address and the version.",
  },
  "OrderNotPlain(uint256 clauses)": {
    message: "The clauses {clauses} have retention, a penalty or options.",
    expected: "plain terms: what is delivered is worth its price at once",
    advice: "Open the order with openOrder, which takes every clause and checks the conditions too.",
  },
  "OrderWindows(uint256 inspection, uint256 answer, uint256 arbitration, uint256 grace)": {
    message:
      "The windows do not fit: inspection {inspection} s, answer {answer} s, arbitration {arbitration} s, grace {grace} s.",
    expected: "each at most 7776000 s (90 days); with inspection or retention, time to answer and to rule",
    advice: "Correct the windows.",
  },
  "OrderArbiter(address arbiter)": {
    message: "{arbiter} cannot be the arbiter of this order.",
    expected: "an account that is neither zero, nor the buyer, nor the supplier",
    advice: "With inspection or retention both parties have to agree on a third one.",
  },
  "OrderRates(uint256 penalty, uint256 retention, uint256 split)": {
    message: "The rates are too high: penalty at most {penalty} ppm, retention {retention} ppm, split {split} ppm.",
    expected: "penalty a day times capped days at most 1000000 ppm, retention below that, split at most that",
    advice: "Correct the rates.",
  },
  "OrderRetentionDate(uint256 until, uint256 expiry)": {
    message: "The retention ends at {until:time}, the order expires at {expiry:time}.",
    expected: "an end from the expiry to 5 years after it; without retention none",
    advice: "Correct the date, or leave the retention out.",
  },
  "OrderInspectionOption(bool option, uint256 inspection)": {
    message: "The option for inspection is {option}, the inspection window is {inspection} s.",
    expected: "the option exactly where there is a window",
    advice: "Set both or neither.",
  },
  "OrderDevices(uint256 options, bytes32 root)": {
    message: "The options {options} do not fit the root of the devices' keys {root}.",
    expected: "with device signatures a root in front of the lines; P-256 only with device signatures",
    advice: "Put the Merkle root of the devices' keys in front of the lines, or leave the options out.",
  },
  "TokenWithoutAuthorizations()": {
    message: "The escrow's currency takes no authorizations (ERC-3009).",
    expected: "a token with authorizations, or another source of money",
    advice: "Fund by allowance, by permit, or from the balance.",
  },
  "OrderP256Unsupported()": {
    message: "This chain did not verify P-256 signatures when the escrow was deployed.",
    expected: "devices that sign with secp256k1, or a chain with EIP-7951",
    advice: "Use devices with secp256k1 keys, or leave the signatures to the relayers.",
  },
  "BalanceTooSmall(uint256 balance, uint256 needed)": {
    message: "The balance in the escrow is {balance} minor units, {needed} are needed.",
    expected: "a balance of at least {needed}",
    advice: "Deposit first: factorychain balance deposit.",
  },
  "DepositZero()": {
    message: "Nothing was deposited.",
    expected: "an amount above zero",
    advice: "Name the amount.",
  },
  "EvidenceCount(uint256 evidence, uint256 orders)": {
    message: "{evidence} pieces of evidence came with {orders} orders.",
    expected: "one for each order, also where it is empty",
    advice: "Build the call anew.",
  },
  "DeviceSignatureCount(bytes32 order, uint256 given)": {
    message: "Order {order} demands a device's signature for each report; {given} came.",
    expected: "one signature for each report about the order, in the order of the reports",
    advice: "Have a device of the order sign from where the last confirmation ended.",
  },
  "DeviceKeyUnknown(bytes32 order, bytes32 x, bytes32 y)": {
    message: "({x}, {y}) is no device key of order {order}.",
    expected: "a key under the root in the order's terms, with its Merkle proof",
    advice: "Use a device that the terms name; others need an order of their own.",
  },
  "DeviceSignatureInvalid(bytes32 order, uint256 line)": {
    message: "The device did not sign this report about line {line} of order {order}.",
    expected: "its EIP-712 signature under DeviceDelivery over the same line, from and to, s low",
    advice: "Sign for this chain and escrow; a report that builds on another quantity needs a new signature.",
  },
  "OrderEndedAlready(bytes32 order)": {
    message: "What was not delivered of order {order} went back to the buyer already.",
    expected: "an open order",
    advice: "What is pending runs out by itself; settle pays it.",
  },
  "ContinuedWithoutCode(address next)": {
    message: "There is no contract at {next}, where the escrow's code should go on.",
    expected: "the address of a deployed part of the escrow",
    advice: "Deploy the escrow's parts in the order of the deployment module.",
  },
  "OrderBatchCut(uint256 from, uint256 needed, uint256 length)": {
    message: "The packed orders have {length} bytes; the one that begins at byte {from} ends at {needed}.",
    expected: "whole orders, at least one: supplier 20 bytes, clauses 32, conditions 32, and 12 bytes each line",
    advice: "Pack the orders as docs/operations/balances.md says, or let the SDK do it.",
  },
  "ServicesOfOtherToken(address token)": {
    message: "The parts of the escrow are for different currencies: the services move {token}.",
    expected: "parts that were deployed for one token",
    advice: "Deploy the escrow's parts again, in the order of the deployment module.",
  },
};
