import { stringify } from 'yaml';
import type { KubeObject } from '../../kube/port.ts';

/** Objects as a person would write them, one document each: the golden files beside this one. */
export function golden(...objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })).join('---\n');
}
