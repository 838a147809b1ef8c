import type { JsonObject } from '../../../shared/resources/admission/json.ts';
import { badRequest } from '../api/errors.ts';

/**
 * Kubernetes' protobuf, as far as kubectl insists on it: `create configmap|secret|namespace|serviceaccount` and deletes send it whatever
 * the server says it speaks. Field numbers are those of the published generated.proto files.
 */
type Field =
  | { readonly name: string; readonly type: 'string' | 'bytes' | 'bool' | 'integer' }
  | { readonly name: string; readonly type: 'map'; readonly of: 'string' | 'bytes' }
  | { readonly name: string; readonly type: 'strings' }
  | { readonly name: string; readonly type: 'message'; readonly of: Message };

type Message = Readonly<Record<number, Field>>;

const text = (name: string): Field => ({ name, type: 'string' });
const texts = (name: string): Field => ({ name, type: 'map', of: 'string' });

const metadata: Field = {
  name: 'metadata',
  type: 'message',
  of: { 1: text('name'), 2: text('generateName'), 3: text('namespace'), 11: texts('labels'), 12: texts('annotations'), 14: { name: 'finalizers', type: 'strings' } },
};

const messages: Readonly<Record<string, Message>> = {
  'v1/ConfigMap': { 1: metadata, 2: texts('data'), 3: { name: 'binaryData', type: 'map', of: 'bytes' }, 4: { name: 'immutable', type: 'bool' } },
  'v1/Secret': { 1: metadata, 2: { name: 'data', type: 'map', of: 'bytes' }, 3: text('type'), 4: texts('stringData'), 5: { name: 'immutable', type: 'bool' } },
  'v1/Namespace': { 1: metadata },
  'v1/ServiceAccount': { 1: metadata },
  DeleteOptions: {
    1: { name: 'gracePeriodSeconds', type: 'integer' },
    2: { name: 'preconditions', type: 'message', of: { 1: text('uid'), 2: text('resourceVersion') } },
    3: { name: 'orphanDependents', type: 'bool' },
    4: text('propagationPolicy'),
    5: { name: 'dryRun', type: 'strings' },
  },
};

const envelope: Message = { 1: { name: 'typeMeta', type: 'message', of: { 1: text('apiVersion'), 2: text('kind') } }, 2: { name: 'raw', type: 'bytes' } };
const magic = Buffer.from('k8s\0');

/** Undefined for a kind that is not among those above; 400 for what is not Kubernetes' protobuf. */
export function decodeProtobuf(body: Buffer): JsonObject | undefined {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest('the body is not in the Kubernetes protobuf encoding');
  const { typeMeta, raw } = decode(body.subarray(4), envelope) as { typeMeta?: { apiVersion?: string; kind?: string }; raw?: string };
  const { apiVersion = '', kind = '' } = typeMeta ?? {};
  const message = messages[kind === 'DeleteOptions' ? kind : `${apiVersion}/${kind}`];
  return message && { apiVersion, kind, metadata: {}, ...decode(Buffer.from(raw ?? '', 'base64'), message) };
}

function decode(bytes: Buffer, message: Message): JsonObject {
  const object: JsonObject = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const field = message[number];
    if (field) put(object, field, value);
  }
  return object;
}

function put(object: JsonObject, field: Field, value: Buffer | number): void {
  const { name } = field;
  const bytes = typeof value === 'number' ? Buffer.alloc(0) : value;
  switch (field.type) {
    case 'string':
      if (bytes.length > 0) object[name] = bytes.toString();
      return;
    case 'bytes':
      object[name] = bytes.toString('base64');
      return;
    case 'bool':
      object[name] = value === 1;
      return;
    case 'integer':
      object[name] = value;
      return;
    case 'strings':
      object[name] = [...((object[name] ?? []) as string[]), bytes.toString()];
      return;
    case 'message':
      object[name] = decode(bytes, field.of);
      return;
    case 'map': {
      const { key = '', value: entry = '' } = decode(bytes, { 1: text('key'), 2: { name: 'value', type: field.of } }) as { key?: string; value?: string };
      object[name] = { ...(object[name] as JsonObject | undefined), [key]: entry };
    }
  }
}

/** Number and content of each field; content of fixed-width fields, of which there are none here, is skipped. */
function* fieldsOf(bytes: Buffer): Generator<readonly [number, Buffer | number]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      if (at >= bytes.length || shift > 2 ** 56) throw badRequest('the protobuf body is cut off');
      const byte = bytes[at];
      at += 1;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    const number = Math.floor(tag / 8);
    if (wire === 0) yield [number, varint()];
    else if (wire === 2) {
      const length = varint();
      if (at + length > bytes.length) throw badRequest('the protobuf body is cut off');
      yield [number, bytes.subarray(at, at + length)];
      at += length;
    } else if (wire === 1 || wire === 5) at += wire === 1 ? 8 : 4;
    else throw badRequest('the protobuf body cannot be read');
  }
}
