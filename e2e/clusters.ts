import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProductImage } from '../tools/image/build.ts';
import { ensureBinaries } from '../tools/kube/ensure.ts';
import { startCluster } from './cluster/cluster.ts';
import { kubectlFor } from './cluster/kubectl.ts';
import { direct, forwarding } from './reach.ts';
import { helmFor } from './world.ts';
import type { World } from './world.ts';

/** A Kubernetes cluster to test on, and what to do when done with it. */
export interface Host {
  readonly world: World;
  close(): Promise<void>;
}

type Report = (line: string) => void;

const image = { repository: 'meridian.local/meridian', tag: 'e2e' } as const;
const imageName = `${image.repository}:${image.tag}`;

/** A cluster of three nodes on this machine, labelled as three regions, with the image built from these sources, or that of the archive E2E_ARCHIVE. */
export async function ownCluster(report: Report): Promise<Host> {
  const { helm } = await ensureBinaries(['helm', 'redis-client']);
  const archive = buildImage(report);
  try {
    const cluster = await startCluster({ report });
    await cluster.importImage(archive.file);
    report('image imported on every node');
    return { world: { kubectl: cluster.kubectl, reach: direct, image, helm: helmFor(helm, cluster.kubectl.kubeconfig), machine: cluster }, close: () => cluster.stop() };
  } finally {
    archive.remove();
  }
}

/** Whatever kubectl points at. With kind the image is loaded; elsewhere E2E_IMAGE names one that the cluster can pull. */
export async function currentContext(report: Report): Promise<Host> {
  const { helm } = await ensureBinaries(['helm', 'redis-client']);
  const kubeconfig = process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config');
  const kubectl = kubectlFor('kubectl', kubeconfig);
  const context = kubectl.run('config', 'current-context');
  report(`using the context ${context}`);
  const chosen = process.env.E2E_IMAGE === undefined ? loadIntoKind(context, report) : namedImage(process.env.E2E_IMAGE);
  const reach = forwarding(kubeconfig);
  return { world: { kubectl, reach, image: chosen, helm: helmFor(helm, kubeconfig) }, close: async () => reach.close() };
}

function namedImage(reference: string): World['image'] {
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) throw new Error(`E2E_IMAGE needs a tag: ${reference}`);
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

function loadIntoKind(context: string, report: Report): World['image'] {
  if (!context.startsWith('kind-')) throw new Error(`the context ${context} is not of kind: set E2E_IMAGE to an image that its nodes can pull`);
  const archive = buildImage(report);
  try {
    const done = spawnSync('kind', ['load', 'image-archive', archive.file, '--name', context.slice('kind-'.length)], { stdio: 'inherit' });
    if (done.status !== 0) throw new Error(`kind load image-archive failed (${done.status ?? done.error?.message})`);
    return image;
  } finally {
    archive.remove();
  }
}

function buildImage(report: Report): { readonly file: string; remove(): void } {
  const given = process.env.E2E_ARCHIVE;
  if (given !== undefined) {
    report(`image of ${given}`);
    return { file: given, remove: () => {} };
  }
  const dir = mkdtempSync(join(tmpdir(), 'meridian-e2e-image-'));
  const file = join(dir, 'meridian.tar');
  buildProductImage(file, imageName);
  report('image built');
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
