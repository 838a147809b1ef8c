import { mostNamespacesParts } from '../kube/names.ts';
import type { NamespaceSettings, NamespacesDocument } from './document.ts';

/** What one ConfigMap holds of a document: an object holds a megabyte at most, and is read whole by whoever reads it. */
export interface NamespacesPart extends NamespacesDocument {
  readonly part: number;
  /** Number of parts. */
  readonly of: number;
}

/** Of the JSON text of a part, in UTF-8; below the 512 kB of architecture.md. */
const partBytes = 480_000;
/** Of the settings of all namespaces: so many fit into the parts that there may be, however they fall. */
export const mostSettingsBytes = (mostNamespacesParts - 1) * partBytes;

/** The document in parts that each fit a ConfigMap, in order; what is retired is in the first. */
export function splitDocument(document: NamespacesDocument): readonly NamespacesPart[] {
  const { namespaces, ...rest } = document;
  const chunks: NamespacesDocument['namespaces'][] = [[]];
  let bytes = sizeOf(rest);
  for (const settings of namespaces) {
    const size = settingsBytes(settings);
    if (bytes + size > partBytes && chunks[chunks.length - 1].length > 0) {
      chunks.push([]);
      bytes = 0;
    }
    chunks[chunks.length - 1].push(settings);
    bytes += size;
  }
  return chunks.map((chunk, part) => ({ ...rest, retired: part === 0 ? rest.retired : [], namespaces: chunk, part, of: chunks.length }));
}

/** Undefined when a part is missing or of another revision. */
export function joinParts(parts: readonly (NamespacesPart | undefined)[]): NamespacesDocument | undefined {
  const [first] = parts;
  if (first === undefined || parts.length !== first.of) return undefined;
  if (!parts.every((part, index) => part?.revision === first.revision && part.part === index && Array.isArray(part.namespaces))) return undefined;
  return { formatVersion: first.formatVersion, revision: first.revision, namespaces: parts.flatMap((part) => part?.namespaces ?? []), retired: first.retired };
}

/** Bytes that a namespace adds to a part. */
export const settingsBytes = (settings: NamespaceSettings): number => sizeOf(settings) + 1;

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
