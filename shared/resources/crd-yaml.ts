import { stringify } from 'yaml';
import { allCrds } from './crd.ts';

/** YAML with long lines kept and no anchors: what people diff. */
export const toYaml = (document: unknown): string => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });

/** What `meridian crds` prints: every CRD, to pipe into `kubectl apply --server-side -f -`. */
export const crdsYaml = (): string => allCrds().map(toYaml).join('---\n');
