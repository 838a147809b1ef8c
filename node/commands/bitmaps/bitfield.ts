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
  args: [{ name: 'key', type: 'key' }, { name: 'encoding_offset', type: 'block', token: 'GET', optional: true, multiple: true, args: encodingAndOffset }],
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

/** The string first gets as long as the last field written needs it, also where an overflow then leaves it unwritten. */
function changeFields(call: Call, operations: readonly FieldOperation[]): void {
  const { store } = call.node;
  const ref = findString(call, 1);
  if (ref === wrongType) return;
  if (ref !== 0) store.open(ref);
  const oldLength = ref === 0 ? 0 : store.valueLength;
  const needed = operations.reduce((most, { kind, offset, type }) => (kind === 'get' ? most : Math.max(most, Math.ceil((offset + type.bits) / 8))), 0);
  const length = Math.max(oldLength, needed);
  const at = changeString(call, 1, length, stringEncoding.raw);
  if (at < 0) return;
  store.entryBytes.fill(0, at + oldLength, at + length);
  call.reply.array(operations.length);
  let changed = false;
  for (const operation of operations) if (run(call, operation, at, length)) changed = true;
  if (changed || length > oldLength) finishString(call, 1, 'setbit');
  else finishUnchanged(call);
}

/** Runs one operation on the value at `at` and answers it; true when the field has another value now. */
function run(call: Call, operation: FieldOperation, at: number, length: number): boolean {
  const { entryBytes } = call.node.store;
  const { type, offset } = operation;
  const old = readField(entryBytes, at, length, offset, type);
  if (operation.kind === 'get') {
    call.reply.integer64(old);
    return false;
  }
  const { kind, value, overflow } = operation;
  // An unsigned field takes what is set as an unsigned number: -1 is the largest of all.
  const wanted = kind === 'incrby' ? old + value : type.signed ? value : BigInt.asUintN(64, value);
  const fitting = fitField(wanted, type, overflow);
  if (fitting === undefined) {
    call.reply.nil();
    return false;
  }
  call.reply.integer64(kind === 'incrby' ? fitting : old);
  writeField(entryBytes, at, length, offset, type, fitting);
  return fitting !== old;
}
