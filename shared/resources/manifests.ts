import { type Document, LineCounter, isMap, isNode, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { MeridianError } from '../errors/meridian-error.ts';
import type { FieldError } from './admission/field-error.ts';
import { type JsonObject, isObject } from './admission/json.ts';
import { admit, resourceOf } from './admission.ts';
import { customResources } from './registry.ts';

/** One object of a manifest file, with what is needed to say where a field of it stands. */
export interface Manifest {
  readonly file: string;
  /** Of the object's first line, from 1. */
  readonly line: number;
  readonly object: JsonObject;
  /** Line of the field, or of the nearest one around it that is written down. */
  lineOf(path: string): number;
}

/** All objects of a YAML or JSON text, in order; empty documents are skipped, a List is taken apart. Throws MANIFEST_SYNTAX. */
export function readManifests(file: string, text: string): readonly Manifest[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  // The library's own word for a text without any document.
  if (!Array.isArray(documents)) return [];
  return (documents as Document.Parsed[]).flatMap((document) => manifestsOf(file, document, lines));
}

function manifestsOf(file: string, document: Document.Parsed, lines: LineCounter): readonly Manifest[] {
  const [error] = document.errors;
  if (error !== undefined) {
    throw new MeridianError('MANIFEST_SYNTAX', { file, line: lines.linePos(error.pos[0]).line, detail: error.message.split('\n')[0].replace(/ at line \d+.*$/, '') });
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return [];
  const content: unknown = document.toJS();
  const root = isNode(document.contents) ? lineAt(document.contents, lines) : 1;
  if (!isObject(content)) throw new MeridianError('MANIFEST_SYNTAX', { file, line: root, detail: 'a manifest is an object with apiVersion, kind, metadata and spec' });
  if (content.kind === 'List' && Array.isArray(content.items)) {
    return content.items.map((item, index) => manifestAt(file, document, lines, ['items', index], isObject(item) ? item : {}));
  }
  return [manifestAt(file, document, lines, [], content)];
}

function manifestAt(file: string, document: Document.Parsed, lines: LineCounter, base: readonly (string | number)[], object: JsonObject): Manifest {
  const lineOf = (path: string): number => nearestLine(document, lines, base, segmentsOf(path));
  return { file, line: lineOf(''), object, lineOf };
}

/** `spec.regions[1].name` → spec, regions, 1, name. */
function segmentsOf(path: string): readonly (string | number)[] {
  if (path === '<nil>') return [];
  return [...path.matchAll(/([^.[\]]+)/g)].map(([segment]) => (/^\d+$/.test(segment) ? Number(segment) : segment));
}

/** Walks as far down as the file goes; of a field that is there, the line of its name. */
function nearestLine(document: Document.Parsed, lines: LineCounter, base: readonly (string | number)[], path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let line = isNode(node) ? lineAt(node, lines) : 1;
  for (const segment of [...base, ...path]) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment)) : undefined;
    const place = pair === undefined ? undefined : pair.key;
    node = pair === undefined ? itemOf(node, segment) : pair.value;
    if (isNode(place)) line = lineAt(place, lines);
    else if (isNode(node)) line = lineAt(node, lines);
    else return line;
  }
  return line;
}

const itemOf = (node: unknown, segment: string | number): unknown => (isSeq(node) && typeof segment === 'number' ? node.items[segment] : undefined);

const lineAt = (node: { readonly range?: readonly [number, number, number] | null }, lines: LineCounter): number =>
  node.range ? lines.linePos(node.range[0]).line : 1;

export interface ManifestFault {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  readonly detail: string;
  /** `file:line: path: detail`. */
  readonly sentence: string;
}

/** What is wrong with a manifest, as admission sees it with unknown fields refused; empty when it is admitted. `old` is the stored object. */
export function manifestFaults(manifest: Manifest, old?: JsonObject): readonly ManifestFault[] {
  const unknown = unknownKind(manifest);
  if (unknown !== undefined) return [unknown];
  const result = admit(manifest.object, old, { fieldValidation: 'Strict' });
  return result.admitted ? [] : result.errors.map((error) => faultOf(manifest, error));
}

function faultOf(manifest: Manifest, { path, detail }: FieldError): ManifestFault {
  return fault(manifest, path === '<nil>' ? manifestName(manifest) : path, detail, manifest.lineOf(path));
}

function fault({ file }: Manifest, path: string, detail: string, line: number): ManifestFault {
  const error = new MeridianError('MANIFEST_INVALID', { file, line, path, detail });
  return { file, line, path, detail, sentence: error.message };
}

const manifestName = ({ object }: Manifest): string => {
  const name = isObject(object.metadata) ? object.metadata.name : undefined;
  return [object.kind, name].filter((part) => typeof part === 'string').join(' ');
};

function unknownKind(manifest: Manifest): ManifestFault | undefined {
  const { object } = manifest;
  if (resourceOf(object) !== undefined) return undefined;
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof object[field] !== 'string') return fault(manifest, field, 'Required value', manifest.line);
  }
  const known = customResources.find(({ kind }) => kind === object.kind);
  if (known !== undefined) {
    const detail = `Unsupported value: ${JSON.stringify(object.apiVersion)}: write ${known.group}/${known.version} for a ${known.kind}`;
    return fault(manifest, 'apiVersion', detail, manifest.lineOf('apiVersion'));
  }
  const kinds = customResources.map(({ kind, group, version }) => `${kind} (${group}/${version})`).join(', ');
  const detail = `Unsupported value: ${JSON.stringify(object.kind)}: Meridian's kinds are ${kinds}; other kinds are for kubectl`;
  return fault(manifest, 'kind', detail, manifest.lineOf('kind'));
}
