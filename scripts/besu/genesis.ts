// The chain that FactoryChain is made for: QBFT, one-second blocks, no base fee, the hard fork Osaka.
// Nobody has a balance: gas is free.

const CHAIN_ID = 1337;
const PAST_BLOCKS = [
  "homestead",
  "eip150",
  "eip155",
  "eip158",
  "byzantium",
  "constantinople",
  "petersburg",
  "istanbul",
];
const BLOBS_CANCUN = { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 };
const BLOBS_PRAGUE = { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 };

/** What `besu operator generate-blockchain-config` makes a genesis and the validators' keys from. */
export function networkConfig({ validators }: { validators: number }): object {
  const config = {
    chainId: CHAIN_ID,
    ...Object.fromEntries(PAST_BLOCKS.map((fork) => [`${fork}Block`, 0])),
    berlinBlock: 0,
    londonBlock: 0,
    zeroBaseFee: true,
    contractSizeLimit: 24_576,
    shanghaiTime: 0,
    cancunTime: 0,
    pragueTime: 0,
    osakaTime: 0,
    depositContractAddress: "0x4242424242424242424242424242424242424242",
    blobSchedule: { cancun: BLOBS_CANCUN, prague: BLOBS_PRAGUE, osaka: BLOBS_PRAGUE },
    qbft: { blockperiodseconds: 1, epochlength: 30_000, requesttimeoutseconds: 4 },
  };
  return {
    genesis: {
      config,
      nonce: "0x0",
      timestamp: "0x0",
      gasLimit: "0x3b9aca00",
      difficulty: "0x1",
      mixHash: "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365", // marks a block as QBFT's
      coinbase: `0x${"0".repeat(40)}`,
      alloc: {},
    },
    blockchain: { nodes: { generate: true, count: validators } },
  };
}
