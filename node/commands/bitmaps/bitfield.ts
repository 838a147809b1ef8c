import { stringEncoding } from '../../engine/entry-layout.ts';
import { findString, readString, wrongType } from '../key-access.ts';
import { keysAt, oneReadKey } from '../key-specs.ts';
import type { ArgumentDoc, Call, CommandSpec } from '../spec.ts';
import { changeString, finishString, finishUnchanged } from '../strings/change-string.ts';
import { fieldOperations, type FieldOperation } from './field-operations.ts';
import { fitField, readField, writeField } from './field-value.ts';

const encodingAndOffset: readonly ArgumentDoc[] = [{ name: 'encoding', type: 'string' }, { name: 'offset', type: 'integer' }];
const overflowWords: readonly ArgumentDoc[] = ['wrap', 'sat', 'fail'].map((name) => ({ name, type: 'pure-token', token: name.toUpperCase() }));
const shape = { group: 'bitmap', complexity: 'O(1) for each operation', arity: -2, categories: ['bitmap'] } as const satisfies Partial<CommandSpec>;

export const bitfield: CommandSpec = {
  ...shape,
  name: 'bitfield',
  summary: 'Reads and changes integers of any width anywhere in a string.',
  since: '3.2.0',
  flags: ['write', 'denyoom'],
  keys: keysAt(['RW', 'update', 'access', 'variable_flags'], 0),
  args: [
    { name: 'key', type: 'key' },
    {
      name: 'operation',
      type: 'oneof',
      multiple: true,
      optional: true,
      args: [
        { name: 'encoding_offset', type: 'block', token: 'GET', args: encodingAndOffset },
        {
          name: 'write',
          type: 'block',
          args: [
            { name: 'wrap_sat_fail', type: 'oneof', token: 'OVERFLOW', optional: true, args: overflowWords },
            {
              name: 'write_operation',
              type: 'oneof',
              args: [
                { name: 'encoding_offset_value', type: 'block', token: 'SET', args: [...encodingAndOffset, { name: 'value', type: 'integer' }] },
                { name: 'encoding_offset_increment', type: 'block', token: 'INCRBY', args: [...encodingAndOffset, { name: 'increment', type: 'integer' }] },
              ],
            },
          ],
        },
      ],
    },
  ],
  run(call) {
    const operations = fieldOperations(call);
    if (operations === undefined) return;
    if (operations.every(({ kind }) => kind === 'get')) readFields(call, operations);
    else changeFields(call, operations);
  },
};

export const bitfieldRo: CommandSpec = {
  ...shape,
  name: 'bitfield_ro',
  summary: 'Reads integers of any width anywhere in a string.',
  since: '6.0.0',
  flags: ['readonly', 'fast'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'encoding_offset', type: 'block', token: 'GET', optional: true, multiple: true, multipleToken: true, args: encodingAndOffset }],
  run(call) {
    const operations = fieldOperations(call);
    if (operations === undefined) return;
    if (operations.every(({ kind }) => kind === 'get')) readFields(call, operations);
    else call.reply.error('ERR BITFIELD_RO only supports the GET subcommand');
  },
};

function readFields(call: Call, operations: readonly FieldOperation[]): void {
  const ref = readString(call, 1);
  if (ref === wrongType) return;
  const { store } = call.node;
  if (ref !== 0) store.open(ref);
  const length = ref === 0 ? 0 : store.valueLength;
  call.reply.array(operations.length);
  for (const { type, offset } of operations) call.reply.integer64(readField(store.entryBytes, store.valueStart, length, offset, type));
}

/** The bytes that operations touch, bytes[first, behind) of the string. */
interface Span {
  readonly first: number;
  readonly behind: number;
}

function spanOf(operations: readonly FieldOperation[]): Span {
  let first = Infinity;
  let behind = 0;
  for (const { offset, type } of operations) {
    first = Math.min(first, Math.floor(offset / 8));
    behind = Math.max(behind, Math.ceil((offset + type.bits) / 8));
  }
  return { first, behind };
}

/** Runs on a copy of the bytes touched: where they stay as they were, there was no write, but for a value that was not kept as bytes to be changed. The string gets as long as its last field written needs it all the same. */
function changeFields(call: Call, operations: readonly FieldOperation[]): void {
  const { store } = call.node;
  const ref = findString(call, 1);
  if (ref === wrongType) return;
  if (ref !== 0) store.open(ref);
  const oldLength = ref === 0 ? 0 : store.valueLength;
  const written = operations.filter(({ kind }) => kind !== 'get');
  const length = Math.max(oldLength, spanOf(written).behind);
  const { first, behind } = spanOf(operations);
  const scratch = new Uint8Array(behind - first);
  // Of an absent key there are no bytes to look at: the store's view may be of memory that was given back.
  if (ref !== 0) scratch.set(store.entryBytes.subarray(store.valueStart + Math.min(first, oldLength), store.valueStart + Math.min(behind, oldLength)));
  const results = operations.map((operation) => run(operation, scratch, first));
  const changed = length > oldLength || results.some((result) => result.changed);
  if (changed || store.encodingOf(ref) === stringEncoding.plain) {
    const at = changeString(call, 1, length, stringEncoding.raw);
    if (at < 0) return;
    if (length > oldLength) store.entryBytes.fill(0, at + oldLength, at + length);
    store.entryBytes.set(scratch.subarray(0, Math.max(0, length - first)), at + first);
    if (changed) finishString(call, 1, 'setbit');
    else finishUnchanged(call);
  }
  call.reply.array(results.length);
  for (const { answer } of results) {
    if (answer === undefined) call.reply.nil();
    else call.reply.integer64(answer);
  }
}

interface Outcome {
  /** Undefined: it would overflow, and that was to fail. */
  readonly answer: bigint | undefined;
  readonly changed: boolean;
}

/** One operation on bytes of which the first is the string's byte `first`. */
function run(operation: FieldOperation, bytes: Uint8Array, first: number): Outcome {
  const { type } = operation;
  const offset = operation.offset - first * 8;
  const old = readField(bytes, 0, bytes.length, offset, type);
  if (operation.kind === 'get') return { answer: old, changed: false };
  const { kind, value, overflow } = operation;
  // An unsigned field takes what is set as an unsigned number: -1 is the largest of all.
  const wanted = kind === 'incrby' ? old + value : type.signed ? value : BigInt.asUintN(64, value);
  const fitting = fitField(wanted, type, overflow);
  if (fitting === undefined) return { answer: undefined, changed: false };
  writeField(bytes, 0, bytes.length, offset, type, fitting);
  return { answer: kind === 'incrby' ? fitting : old, changed: fitting !== old };
}
