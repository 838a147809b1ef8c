import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tar } from './tar.ts';
import type { Entry } from './tar.ts';

export interface ImageConfig {
  /** `registry/name:tag` under which a container runtime knows it after the import. */
  readonly name: string;
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: number;
  readonly workingDir?: string;
}

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** Writes an OCI image layout as one tar; `ctr images import` and `kind load image-archive` take it. One array of entries a layer, uncompressed. */
export function writeImage(file: string, config: ImageConfig, layers: readonly (readonly Entry[])[]): void {
  const layerBlobs = layers.map((entries) => blob(tar(entries)));
  const configBlob = json({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: config.entrypoint, Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`), WorkingDir: config.workingDir ?? '/', ...(config.user === undefined ? {} : { User: `${config.user}:${config.user}` }) },
    rootfs: { type: 'layers', diff_ids: layerBlobs.map(({ digest }) => `sha256:${digest}`) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor(configBlob, 'application/vnd.oci.image.config.v1+json'),
    layers: layerBlobs.map((layer) => descriptor(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  const annotations = { 'io.containerd.image.name': config.name, 'org.opencontainers.image.ref.name': config.name.split(':').at(-1) };
  const index = json({ schemaVersion: 2, manifests: [{ ...descriptor(manifest, 'application/vnd.oci.image.manifest.v1+json'), annotations }] });
  const blobs = [...layerBlobs, configBlob, manifest].map(({ digest, bytes }): Entry => plain(`blobs/sha256/${digest}`, bytes));
  writeFileSync(file, tar([plain('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')), plain('index.json', index.bytes), ...blobs]));
}

const blob = (bytes: Buffer): Blob => ({ bytes, digest: createHash('sha256').update(bytes).digest('hex') });
const json = (value: object): Blob => blob(Buffer.from(JSON.stringify(value)));
const descriptor = ({ digest, bytes }: Blob, mediaType: string): object => ({ mediaType, digest: `sha256:${digest}`, size: bytes.length });
const plain = (path: string, bytes: Uint8Array): Entry => ({ kind: 'file', path, bytes, executable: false });
