import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findMosquitto, startMosquitto } from "../../scripts/services/mosquitto.ts";
import type { BrokerTls, MosquittoServer } from "../../scripts/services/mosquitto.ts";

const program = findMosquitto(process.env["PATH"] ?? "");

/** A broker of one test's own. `remove` ends it and deletes its data. */
export async function startOwnMosquitto(
  p: { tls?: BrokerTls; more?: readonly string[] } = {},
): Promise<MosquittoServer & { remove(): Promise<void> }> {
  if (program === null) throw new Error("There is no Mosquitto on this machine.");
  const folder = mkdtempSync(join(tmpdir(), "factorychain-mosquitto-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  const server = await startMosquitto({ program, folder, ...p });
  const remove = async (): Promise<void> => {
    await server.kill();
    process.off("exit", clean);
    clean();
  };
  return { ...server, remove };
}

/** Tests against the real broker. Without it they are pending and say so; where everything is judged (CI=true) they fail. */
export function describeMosquitto(title: string, tests: (this: Mocha.Suite) => void): void {
  describe(title, function () {
    if (program !== null) {
      tests.call(this);
      return;
    }
    it("is not tested here: there is no Mosquitto on this machine", function () {
      if (process.env["CI"] === "true") throw new Error("Install mosquitto: .ci/install does.");
      this.skip();
    });
  });
}

/** A certificate authority in a folder, by the machine's openssl. */
export function createAuthority(name: string) {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-ca-"));
  const path = (file: string): string => join(folder, file);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "pipe" });
  const key = (file: string): void => openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file);
  const ca = path("ca.pem");
  key(path("ca.key"));
  openssl("req", "-x509", "-new", "-key", path("ca.key"), "-subj", `/CN=${name}`, "-days", "2", "-out", ca);

  /** @param days below zero: it has expired */
  function issue(common: string, days = 1): { cert: string; key: string } {
    const [cert, secret, request, settings] = ["pem", "key", "csr", "cnf"].map((end) => path(`${common}.${end}`)) as [
      string,
      string,
      string,
      string,
    ];
    key(secret);
    openssl("req", "-new", "-key", secret, "-subj", `/CN=${common}`, "-out", request);
    writeFileSync(path("index"), "");
    const extensions = "[names]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n";
    const own = `default_md=sha256\ndatabase=${path("index")}\nnew_certs_dir=${folder}\nrand_serial=yes\nunique_subject=no\n`;
    writeFileSync(settings, `[ca]\ndefault_ca=own\n[own]\n${own}policy=any\n[any]\ncommonName=supplied\n${extensions}`);
    const time = (days: number): string =>
      new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-T:]|\.\d+/g, "");
    const validity = ["-startdate", time(Math.min(days - 1, -1)), "-enddate", time(days)];
    const signer = ["-cert", ca, "-keyfile", path("ca.key"), "-config", settings, "-extensions", "names"];
    openssl("ca", "-batch", "-notext", ...signer, ...validity, "-in", request, "-out", cert);
    return { cert, key: secret };
  }

  return { ca, issue, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
