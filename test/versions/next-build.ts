import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { productFiles, repositoryRoot } from '../../tools/image/contents.ts';

/** What the version after this one might be: the product's own files with these lines rewritten. */
interface Rewrite {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A frame that version 1 of the bus refuses and closes the connection for. */
const newFrameType = 31;

const rewrites: readonly Rewrite[] = [
  { file: 'package.json', from: '"version": "0.1.0"', to: '"version": "0.2.0"' },
  { file: 'shared/bus/versions.ts', from: '{ min: 1, max: 1 }', to: '{ min: 1, max: 2 }' },
  // Says something new before every message, but only where the other end knows it …
  { file: 'shared/bus/channel.ts', from: 'post: (type, payload, bulk) => wire.send(type, payload, bulk),', to: `post: (type, payload, bulk) => {\n      if (wire.version >= 2) wire.send(${newFrameType}, new Uint8Array(3));\n      wire.send(type, payload, bulk);\n    },` },
  { file: 'shared/bus/channel.ts', from: 'function take({ type, payload }: Frame): void {', to: `function take({ type, payload }: Frame): void {\n    if (type === ${newFrameType}) return;` },
  // … and writes more into every document that others read.
  { file: 'node/lease/document.ts', from: 'const annotation: LeaseConfig = {', to: 'const annotation: LeaseConfig & { next: string } = {\n    next: "in the Lease",' },
  { file: 'node/figures.ts', from: '    formatVersion: 1,\n    pod:', to: '    formatVersion: 1,\n    ...{ next: "in the status" },\n    pod:' },
  { file: 'shared/kube/documents.ts', from: 'export const nodeConfigSchema = z.object({', to: 'export const nodeConfigSchema = z.object({\n  next: z.string().optional(),' },
  { file: 'operator/resources/config-maps.ts', from: '    formatVersion: 1,\n    cluster:', to: '    formatVersion: 1,\n    ...{ next: "in node.json" },\n    cluster:' },
];

export interface NextBuild {
  readonly folder: string;
  /** Its cli/main.ts. */
  readonly program: string;
  remove(): void;
}

/** Builds a synthetic N+1 in a folder of its own. Throws when a line to rewrite is not there once: then the rewrite has to follow the code. */
export function makeNextBuild(): NextBuild {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-next-'));
  for (const path of productFiles) cpSync(join(repositoryRoot, path), join(folder, path), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of rewrites) {
    const text = readFileSync(join(folder, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`"${from}" is not once in ${file}`);
    writeFileSync(join(folder, file), text.replace(from, () => to));
  }
  return { folder, program: join(folder, 'cli', 'main.ts'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
