import { XMLParser, XMLValidator } from "fast-xml-parser";
import { FactoryChainError } from "../lib/errors.ts";

/** An element with its name resolved: whose prefix it had does not matter. Attributes without a namespace only. */
export interface XmlElement {
  namespace: string;
  name: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  /** The element's own text, references resolved, white space kept. */
  text: string;
}

const MAX_BYTES = 5 * 1024 * 1024;
const MAX_DEPTH = 64;
const PREDEFINED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([A-Za-z_:][\w:.-]*));?/g;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  textNodeName: "#text",
  cdataPropName: "#cdata",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // References are resolved below: the five of XML and characters by number, never one that a document defines.
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: MAX_DEPTH,
});

/**
 * Reads an XML document into a tree. A document type is refused, so nothing can be fetched or blown up.
 * @throws FactoryChainError `xml-too-large` (5 MiB), `xml-doctype`, `xml-malformed`
 */
export function parseXml(bytes: Uint8Array): XmlElement {
  if (bytes.length > MAX_BYTES) {
    throw new FactoryChainError("xml-too-large", `The document has ${bytes.length} bytes.`, {
      expected: "at most 5 MiB",
    });
  }
  const text = decode(bytes);

  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) throw malformed("it holds control characters");
  refuseDoctype(text);
  const check = XMLValidator.validate(text);
  if (check !== true) throw malformed(`${check.err.msg} (line ${check.err.line}, column ${check.err.col})`);
  return build(text);
}

/** Children of these names, in document order. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === namespace);
}

/** Every `<!` begins a comment, a CDATA section, or something that is not wanted here. */
function refuseDoctype(text: string): void {
  for (let at = text.indexOf("<!"); at >= 0;) {
    const end = text.startsWith("<!--", at) ? "-->" : text.startsWith("<![CDATA[", at) ? "]]>" : null;
    if (end === null) {
      throw new FactoryChainError("xml-doctype", "The document has a document type declaration.", {
        expected: "XML without <!DOCTYPE: it can define entities and name other files",
        advice: "Remove the declaration; UBL needs none.",
      });
    }
    const closed = text.indexOf(end, at + 4);
    if (closed < 0) throw malformed("a comment or a CDATA section has no end");
    at = text.indexOf("<!", closed);
  }
}

interface RawNode {
  [key: string]: unknown;
}

function build(text: string): XmlElement {
  let nodes: RawNode[];
  try {
    nodes = parser.parse(text) as RawNode[];
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : "it cannot be parsed", cause);
  }
  const roots = elementsOf(nodes, ROOT_SCOPE);
  const [root, second] = roots;
  if (root === undefined || second !== undefined) throw malformed("it has no single root element");
  return root;
}

/** What prefixes stand for: an element's own declarations, then those around it. */
interface Scope {
  own: Map<string, string>;
  outer: Scope | null;
}

const ROOT_SCOPE: Scope = {
  own: new Map([
    ["", ""],
    ["xml", XML_NAMESPACE],
  ]),
  outer: null,
};

function resolve(prefix: string, scope: Scope): string | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const namespace = at.own.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return undefined;
}

function elementsOf(nodes: RawNode[], scope: Scope): XmlElement[] {
  return nodes.flatMap((node) => {
    const tag = Object.keys(node).find((key) => key !== ":@" && !key.startsWith("#") && !key.startsWith("?"));
    return tag === undefined ? [] : [elementOf(tag, node, scope)];
  });
}

function elementOf(tag: string, node: RawNode, outer: Scope): XmlElement {
  const raw = Object.entries((node[":@"] ?? {}) as Record<string, unknown>);
  const scope: Scope = { own: new Map(), outer };
  const attributes = new Map<string, string>();
  for (const [key, value] of raw) {
    const resolved = resolveReferences(String(value));
    if (key === "xmlns") scope.own.set("", resolved);
    else if (key.startsWith("xmlns:")) scope.own.set(key.slice(6), resolved);
    else if (!key.includes(":")) attributes.set(key, resolved);
  }
  const [prefix, name] = tag.includes(":") ? split(tag) : ["", tag];
  const namespace = resolve(prefix, scope);
  if (namespace === undefined) throw malformed(`the prefix "${prefix}" stands for no namespace`);
  const content = node[tag] as RawNode[];
  return {
    namespace,
    name,
    attributes,
    children: elementsOf(content, scope),
    text: content.map(textOf).join(""),
  };
}

function textOf(node: RawNode): string {
  if ("#text" in node) return resolveReferences(String(node["#text"]));
  if (!("#cdata" in node)) return "";
  return (node["#cdata"] as RawNode[]).map((part) => String(part["#text"] ?? "")).join("");
}

function resolveReferences(text: string): string {
  return text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
    if (!whole.endsWith(";")) throw malformed(`"${whole}" is no reference`);
    if (name !== undefined) {
      const character = Object.hasOwn(PREDEFINED, name) ? PREDEFINED[name] : undefined;
      if (character === undefined) throw malformed(`the entity "${name}" is not one of XML's own five`);
      return character;
    }
    const code = decimal !== undefined ? Number(decimal) : parseInt(hex ?? "", 16);
    const legal =
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff));
    if (!legal) throw malformed(`"${whole}" is no character`);
    return String.fromCodePoint(code);
  });
}

function split(qualified: string): [string, string] {
  const at = qualified.indexOf(":");
  return [qualified.slice(0, at), qualified.slice(at + 1)];
}

/** UTF-8 unless a byte order mark or the declaration says otherwise. */
function decode(bytes: Uint8Array): string {
  const declared = /^<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(
    new TextDecoder("latin1").decode(bytes.subarray(0, 200)),
  );
  const label =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : (declared?.[1] ?? "utf-8");
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes).trimStart();
  } catch (cause) {
    throw malformed(`it is not the text in ${label} that it says it is`, cause);
  }
}

function malformed(what: string, cause?: unknown): FactoryChainError {
  return new FactoryChainError("xml-malformed", `The document is not well-formed XML: ${short(what)}.`, {
    expected: "well-formed XML 1.0",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The parser's messages may quote a whole document. */
function short(what: string): string {
  const line = what.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").replace(/[.\s]+$/, "");
  return line.length > 160 ? `${line.slice(0, 160).toWellFormed()}...` : line;
}
