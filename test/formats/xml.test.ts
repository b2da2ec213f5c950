import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { parseUblOrder } from "../../src/formats/ublOrder.ts";
import { parseXml } from "../../src/formats/xml.ts";
import { bytes, line, order } from "./documents.ts";

const refused = (text: string | Uint8Array, code: string) => {
  expect(() => parseXml(typeof text === "string" ? bytes(text) : text))
    .to.throw(FactoryChainError)
    .with.property("code", code);
};

describe("parseXml", () => {
  it("resolves namespaces where they are declared", () => {
    const root = parseXml(
      bytes('<a xmlns="urn:1"><b xmlns="urn:2"><p:c xmlns:p="urn:3" p:x="1" y="&lt;2&#x41;"/></b><d/></a>'),
    );
    const names = (element: typeof root): string[] => [
      `${element.namespace} ${element.name}`,
      ...element.children.flatMap(names),
    ];
    expect(names(root)).to.deep.equal(["urn:1 a", "urn:2 b", "urn:3 c", "urn:1 d"]);
    expect([...(root.children[0]?.children[0]?.attributes ?? [])]).to.deep.equal([["y", "<2A"]]);
  });

  it("reads text in the encoding that is declared", () => {
    const latin = Uint8Array.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e4</a>', (character) =>
      character.charCodeAt(0),
    );
    expect(parseXml(latin).text).to.equal("ä");
    const utf16 = Uint8Array.from(
      [0xff, 0xfe, ..."<a>\u00e4</a>"].flatMap((part) => (typeof part === "number" ? [part] : [part.charCodeAt(0), 0])),
    );
    expect(parseXml(utf16).text).to.equal("ä");
    refused(Uint8Array.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), "xml-malformed");
  });

  it("leaves CDATA and comments alone", () => {
    expect(parseXml(bytes("<!-- <!DOCTYPE a> --><a>1<!-- 2 --><![CDATA[&amp;<!DOCTYPE x>]]></a>")).text).to.equal(
      "1&amp;<!DOCTYPE x>",
    );
  });

  for (const [what, text, code] of [
    ["an entity bomb", '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "xml-doctype"],
    ["an external entity", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml-doctype"],
    ["a document type in small letters", "<!doctype html><a/>", "xml-doctype"],
    ["an entity that is not XML's own", "<a>&nbsp;</a>", "xml-malformed"],
    ["an entity by an object's name", "<a>&constructor;</a>", "xml-malformed"],
    ["a reference to no character", "<a>&#xD800;</a>", "xml-malformed"],
    ["a control character", "<a>\u001b[2J</a>", "xml-malformed"],
    ["an undeclared prefix", "<p:a/>", "xml-malformed"],
    ["two roots", "<a/><b/>", "xml-malformed"],
    ["no root", "", "xml-malformed"],
    ["an open element", "<a><b></a>", "xml-malformed"],
    ["an attribute without quotes", "<a b=c/>", "xml-malformed"],
    ["nesting beyond all reason", `${"<a>".repeat(5000)}${"</a>".repeat(5000)}`, "xml-malformed"],
    ["more than 5 MiB", `<a>${" ".repeat(5 * 1024 * 1024)}</a>`, "xml-too-large"],
    ["no XML at all", "%PDF-1.7", "xml-malformed"],
  ] as const) {
    it(`refuses ${what}`, () => refused(text, code));
  }

  it("does not quote a whole document in its messages", () => {
    for (const text of ["<a>".repeat(5000), "<".repeat(5000)]) {
      expect(() => parseXml(bytes(text))).to.throw(FactoryChainError, /^[^\n]{1,250}$/);
    }
  });

  it("throws nothing but errors of ours, whatever is changed in an order", () => {
    const whole = order({ lines: [line(), line({ id: "2" })] });
    const splice = fc.tuple(
      fc.nat(whole.length),
      fc.nat(40),
      fc.oneof(fc.string(), fc.constantFrom("<", ">", "&", "</", "<![CDATA[", "<!--", '"', "__proto__", "-1")),
    );
    fc.assert(
      fc.property(fc.array(splice, { minLength: 1, maxLength: 4 }), (changes) => {
        const text = changes.reduce((now, [at, gone, added]) => now.slice(0, at) + added + now.slice(at + gone), whole);
        try {
          parseUblOrder(bytes(text));
        } catch (error) {
          if (!(error instanceof FactoryChainError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
