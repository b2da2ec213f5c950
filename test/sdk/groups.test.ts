import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  cancelMember,
  closeGroup,
  enactMember,
  openOrder,
  proposeMember,
  readGroup,
  reopenGroup,
  retireMember,
} from "../../src/index.ts";
import { DAY, START, partyOf } from "../base/escrow.ts";
import { KRW, codeOf, createSdkScene } from "../support/sdkScene.ts";

describe("relayer groups", () => {
  let scene: Awaited<ReturnType<typeof createSdkScene>>;
  before(async () => void (scene = await createSdkScene()));

  it("lose a member at once and gain one after seven days", async () => {
    const { admin, anybody } = scene;
    const about = { client: admin, currency: KRW, group: scene.group.id };
    const [first] = (await readGroup(about))?.members ?? [];
    await retireMember({ ...about, member: first?.account ?? "" });
    expect(await codeOf(retireMember({ ...about, member: first?.account ?? "" }))).to.equal("quorum-member-retired");
    expect(await codeOf(retireMember({ ...about, member: partyOf("stranger") }))).to.equal("quorum-member-index");
    const member = partyOf("new relayer").toLowerCase();
    expect(await codeOf(proposeMember({ ...about, member }))).to.equal("quorum-member-not-relayer");
    await scene.call(scene.registry, "register", [1 << 8, ZeroHash, member]);
    await proposeMember({ ...about, member });
    await cancelMember({ ...about, member });
    expect((await readGroup(about))?.proposals).to.deep.equal([]);
    await proposeMember({ ...about, member });
    expect(await codeOf(enactMember({ ...about, member }))).to.equal("quorum-too-early");
    await scene.passTo(START + 10 * DAY);
    await enactMember({ ...about, client: anybody.client, member });
    const state = await readGroup(about);
    expect(state).to.deep.include({ threshold: 2, proposals: [], closed: false, below: false });
    expect(state?.members.map(({ retired }) => retired)).to.deep.equal([true, false, false, false]);
    expect(state?.members.at(-1)?.account).to.equal(member);
  });

  it("close to new orders and open again", async () => {
    const { admin, buyer } = scene;
    const about = { client: admin, currency: KRW, group: scene.group.id };
    const order = scene.document({ number: "closed" });
    await closeGroup(about);
    expect((await readGroup(about))?.closed).to.equal(true);
    expect(await codeOf(openOrder({ client: buyer.client, order }))).to.equal("quorum-group-closed");
    await reopenGroup(about);
    expect(await codeOf(reopenGroup(about))).to.equal("quorum-group-not-closed");
    await openOrder({ client: buyer.client, order });
    expect(await readGroup({ ...about, group: 99 })).to.equal(null);
  });
});
