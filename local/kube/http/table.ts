import type { KubeObject } from '../../../operator/kube/port.ts';
import type { PrinterColumn } from '../../../shared/resources/registry.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { computedCell } from './computed-cells.ts';
import { ageText } from './age.ts';
import { evaluateJsonPath } from './json-path.ts';

export interface TableOptions {
  readonly nowMs: number;
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  readonly includeColumns: boolean;
  /** metadata of the table. */
  readonly metadata: Record<string, unknown>;
  /** The object as the API version that was asked for has it; cells are made of the stored one. */
  readonly shown: (object: KubeObject) => KubeObject;
}

/** meta.k8s.io/v1 Table: what kubectl prints. */
export function tableOf(kind: ApiKind, objects: readonly KubeObject[], options: TableOptions): Record<string, unknown> {
  const nameColumn = { name: 'Name', type: 'string', format: 'name', description: 'Name of the object', priority: 0 };
  // Events are known by what they say, not by their names.
  const named = kind.kind !== 'Event';
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.includeColumns ? [...(named ? [nameColumn] : []), ...kind.columns.map(definition)] : [],
    rows: objects.map((object) => ({
      cells: [...(named ? [object.metadata.name] : []), ...kind.columns.map((column) => cell(column, object, options.nowMs))],
      ...(options.includeObject === 'None' ? {} : { object: options.includeObject === 'Object' ? options.shown(object) : partial(object) }),
    })),
  };
}

export const partial = ({ metadata }: KubeObject): Record<string, unknown> => ({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });

const definition = ({ name, type, description = '', priority = 0 }: PrinterColumn): Record<string, unknown> => ({ name, type: type === 'date' ? 'string' : type, format: '', description, priority });

function cell({ jsonPath, type }: PrinterColumn, object: KubeObject, nowMs: number): unknown {
  if (jsonPath.startsWith('=')) return computedCell(jsonPath.slice(1), object, nowMs);
  const values = evaluateJsonPath(object, jsonPath);
  if (values.length === 0) return type === 'date' ? '<unknown>' : '';
  if (type === 'date') return ageText(String(values[0]), nowMs);
  if (values.length === 1 && (type === 'integer' || type === 'boolean')) return values[0];
  return values.map(String).join(',');
}
