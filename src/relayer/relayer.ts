import type { FastifyInstance } from "fastify";
import type { Kysely, Transaction } from "kysely";
import type { Deployment } from "../chain/deployment.ts";
import type { FollowerStore } from "../chain/follower.ts";
import type { Sender } from "../chain/sender.ts";
import type { BlockRef } from "../chain/transactions.ts";
import { noCrashpoint } from "../lib/crashpoint.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { createBackground } from "../lib/background.ts";
import { describeError } from "../lib/errors.ts";
import { dropCheckpoints, readCheckpoints, writeCheckpoint } from "../store/checkpoints.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import type { CoreSchema } from "../store/schema.ts";
import { createAgreement } from "./agreement.ts";
import { createApi } from "./api.ts";
import { assess } from "./assess.ts";
import { digestOf } from "./batch.ts";
import { createBatchStore } from "./batchStore.ts";
import { applyLogs, rollbackLogs, timesOf } from "./chainIndex.ts";
import { createGossip } from "./gossip.ts";
import { createHeard } from "./heard.ts";
import { createInbox } from "./inbox.ts";
import type { Inbox } from "./inbox.ts";
import type { Log } from "./log.ts";
import type { Limiter } from "./limits.ts";
import type { Peers } from "./peers.ts";
import type { Identify } from "./peerServer.ts";
import { prune } from "./prune.ts";
import type { Quotas } from "./quotas.ts";
import { createRecovery } from "./recovery.ts";
import type { RecoveryState } from "./recovery.ts";
import { createRetention } from "./retention.ts";
import type { RetentionLimits } from "./retention.ts";
import { createSheets } from "./sheets.ts";
import { createSubmitter } from "./submit.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";

/** Blocks between two looks for what can be forgotten. */
const PRUNE_EVERY = 25;

export type RelayerDatabase = Kysely<CoreSchema & RelayerTables>;

export interface Relayer {
  api: FastifyInstance;
  /** Takes a message from a transport; it is durable when the promise resolves. */
  receive: Inbox["receive"];
  /** Keeps a message as refused for which there is no room. */
  turnAway: Inbox["turnAway"];
  trouble: Inbox["trouble"];
  /** What a follower of the chain keeps here. */
  followerStore: FollowerStore;
  /** One round at the chain's head: judge, agree, submit. Only for the one replica that leads. */
  advance(head: BlockRef): Promise<void>;
  /** Whether it may sign by now, and what is missing. */
  standing(): RecoveryState;
  /** For the other replicas, which take messages in and answer: they stand where the leader's store stands. */
  observe(): Promise<void>;
  /** Resolves when nothing goes on in it any more: then its store may be closed. Only when nothing new gets in. */
  ended(): Promise<void>;
}

/** One member of a relayer group, wired from its parts; everything outside is passed in. */
export function createRelayer({
  db: database,
  deployment,
  sender,
  sign,
  peers,
  suspects,
  door = {},
  highest,
  blockAt,
  clock,
  quotas,
  quiet,
  retention: limits,
  fence = unfenced,
  crashpoint = noCrashpoint,
  log,
}: {
  db: RelayerDatabase;
  deployment: Deployment;
  sender: Pick<Sender, "address" | "send" | "rollback">;
  sign: (preimage: string) => Promise<string>;
  peers: Peers;
  suspects: Suspects;
  /** Where peers get in and how they are told apart; empty: with everybody else, and not at all. */
  door?: { server?: FastifyInstance | null; identify?: Identify; limiter?: Limiter };
  /** The highest head that any of this relayer's nodes reports. */
  highest?: (head: BlockRef) => Promise<number>;
  blockAt: (number: number) => Promise<BlockRef | null>;
  clock: () => number;
  quotas?: Quotas;
  /** Milliseconds in which no message comes, after which those that came are committed together. */
  quiet?: number;
  /** How much is kept of what was refused or settled. */
  retention?: RetentionLimits;
  /** Of the lease on the relayer's key, where several processes may run with one store. */
  fence?: Fence;
  crashpoint?: Crashpoint;
  log: Log;
}): Relayer {
  const db = database as unknown as Kysely<RelayerTables>;
  const core = database as unknown as Kysely<CoreSchema>;
  const { chainId } = deployment;
  const { address } = sender;
  let head: BlockRef | null = null;
  /** What blocks from this one on say was not assessed yet. */
  let unassessed = 0;

  const escrows = Object.values(deployment.currencies).map(({ escrow }) => escrow.toLowerCase());
  const sheets = createSheets({ db, chainId, escrows });
  const retention = createRetention({ db, clock, ...(limits ? { limits } : {}) });
  const background = createBackground();
  const inbox = createInbox({
    db,
    clock,
    crashpoint,
    stored: (spare) => tidy(() => retention.noticed(spare)),
    head: () => head?.number ?? -1,
    ...(quotas ? { quotas } : {}),
    ...(quiet === undefined ? {} : { quiet }),
    admitted: (messages) => {
      gossip.spread(messages);
    },
  });
  const batches = createBatchStore({
    db,
    chainId,
    sign,
    suspects,
    fence,
    crashpoint,
    log,
    certified: () => {
      if (head) background.add(submitter.advance(head), notLookedAt);
    },
  });
  const recovery = createRecovery({
    db,
    chainId,
    address,
    peers,
    learn: (messages) => inbox.learn(messages, { handOn: false }),
    ...(highest ? { highest } : {}),
    background,
    crashpoint,
    log,
  });
  const agreement = createAgreement({
    db,
    chainId,
    address,
    batches,
    blockAt,
    standing: recovery,
    suspects,
    log,
    colleagues: {
      propose: (proposal) => {
        gossip.propose(proposal, digestOf({ chainId, batch: proposal.batch }));
      },
      share: (share) => {
        peers.share(share);
      },
    },
  });
  const gossip = createGossip({
    db,
    peers,
    sheets,
    learn: inbox.learn,
    addShare: batches.addShare,
    own: () => batches.own(address),
    heard: createHeard({ db, chainId, address, batches, peers, log }),
    blockAt,
    objected: agreement.objected,
    suspects,
    background,
    log,
  });
  const submitter = createSubmitter({ db, address, sender, background, log });

  /** What keeps the store small is tried again with the next message or block, and holds nothing up. */
  async function tidy(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      log.warn({ error: describeError(error) }, "what is not needed any more could not be removed");
    });
  }

  function notLookedAt(error: unknown): void {
    log.error({ error: describeError(error) }, "a certificate could not be looked at");
  }

  const followerStore: FollowerStore = {
    checkpoints: () => readCheckpoints(core),
    async apply({ head: to, logs }) {
      const times = await timesOf({ logs, blockAt });
      await core.transaction().execute(async (tx) => {
        await fence(tx);
        const isEmpty = async () => (await readCheckpoints(tx)).length === 0;
        await recovery.mark(tx as unknown as Transaction<RelayerTables>, isEmpty);
        await applyLogs(tx as unknown as Transaction<RelayerTables>, deployment, logs, times);
        await writeCheckpoint(tx, to);
      });
    },
    async rollback(to) {
      const [last] = await readCheckpoints(core);
      await core.transaction().execute(async (tx) => {
        await fence(tx);
        await rollbackLogs(tx as unknown as Transaction<RelayerTables>, to?.number ?? null);
        await dropCheckpoints(tx, to);
      });
      await sender.rollback(to);
      unassessed = 0;
      const blocks = (last?.number ?? 0) - (to?.number ?? 0);
      log.error({ block: to?.number ?? null, blocks }, "the chain took back blocks that counted as final");
    },
  };

  return {
    api: createApi({
      db,
      address,
      head: () => head,
      inbox,
      sheets,
      standing: () => ({ recovery: recovery.state(), suspects: suspects.counts() }),
      peers: { ...door, recovering: recovery.recovering, inbox, agreement, batches, suspects },
    }),
    standing: recovery.state,
    receive: inbox.receive,
    turnAway: inbox.turnAway,
    trouble: inbox.trouble,
    followerStore,
    async advance(block) {
      head = block;
      await inbox.reconsider();
      const { opened } = gossip.advance(block);
      await assess({ db, chainId, head: block, since: opened ? 0 : unassessed, fence });
      unassessed = block.number + 1;
      await recovery.advance(block);
      await agreement.advance(block);
      await submitter.advance(block).catch(notLookedAt);
      await tidy(retention.look);
      if (block.number % PRUNE_EVERY === 0) await tidy(() => prune({ db, head: block, fence }));
    },
    async observe() {
      head = (await readCheckpoints(core))[0] ?? head;
      unassessed = 0;
      recovery.restart();
    },
    async ended() {
      await background.ended();
      await inbox.ended();
    },
  };
}
