import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { expect, it } from 'vitest';
import { installation } from '../../cli/installation.ts';
import { version } from '../../cli/version.ts';
import { ensureBinaries } from '../../tools/kube/ensure.ts';
import { runProgram } from '../clients/run-program.ts';
import { root } from '../local/local-mode.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
}

const byIdentity = (objects: readonly Manifest[]): Map<string, Manifest> => new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));

/** Only Helm says which tool manages an object. */
function withoutToolLabels(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, field: unknown) => (key === 'app.kubernetes.io/managed-by' || key === 'helm.sh/chart' ? undefined : field)));
}

it('meridian manifests gives what the chart gives with its defaults', async () => {
  const { helm } = await ensureBinaries(['helm']);
  const rendered = await runProgram(helm, ['template', 'meridian', join(root, 'charts', 'meridian'), '--namespace', 'meridian-system', '--no-hooks']);
  const chart = byIdentity(parseAllDocuments(rendered).flatMap((document) => (document.toJS() === null ? [] : [document.toJS() as Manifest])));
  const own = byIdentity(installation('meridian-system', `ghcr.io/meridiancache/meridian:${version}`) as unknown as Manifest[]);
  own.delete('Namespace/meridian-system');
  expect([...own.keys()].toSorted()).toEqual([...chart.keys()].toSorted());
  for (const [identity, object] of own) expect(withoutToolLabels(object), identity).toEqual(withoutToolLabels(chart.get(identity)));
});
