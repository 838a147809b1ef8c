import { latin1At, wordAt } from '../arguments.ts';
import { parseInteger64 } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { fieldOffsetAt } from './bit-offset.ts';
import type { FieldType, Overflow } from './field-value.ts';

/** One part of a BITFIELD command. */
export type FieldOperation =
  | { readonly kind: 'get'; readonly type: FieldType; readonly offset: number }
  | { readonly kind: 'set' | 'incrby'; readonly type: FieldType; readonly offset: number; readonly value: bigint; readonly overflow: Overflow };

const badTypeLine = 'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.';
const typePattern = /^([iu])([1-9]\d?)$/;

/** The operations from argument 2 on; undefined after answering what is wrong. */
export function fieldOperations(call: Call): readonly FieldOperation[] | undefined {
  const operations: FieldOperation[] = [];
  let overflow: Overflow = 'wrap';
  for (let i = 2; i < call.argc; ) {
    const behind = call.argc - i - 1;
    if (optionIs(call, i, 'overflow') && behind >= 1) {
      const word = wordAt(call, i + 1);
      if (word !== 'wrap' && word !== 'sat' && word !== 'fail') return refuse(call, 'ERR Invalid OVERFLOW type specified');
      overflow = word;
      i += 2;
      continue;
    }
    const kind = kindAt(call, i, behind);
    if (kind === undefined) return refuse(call, syntaxErrorLine);
    const operation = operationAt(call, i, kind, overflow);
    if (operation === undefined) return undefined;
    operations.push(operation);
    i += kind === 'get' ? 3 : 4;
  }
  return operations;
}

function kindAt(call: Call, i: number, behind: number): FieldOperation['kind'] | undefined {
  if (optionIs(call, i, 'get') && behind >= 2) return 'get';
  if (optionIs(call, i, 'set') && behind >= 3) return 'set';
  return optionIs(call, i, 'incrby') && behind >= 3 ? 'incrby' : undefined;
}

function operationAt(call: Call, i: number, kind: FieldOperation['kind'], overflow: Overflow): FieldOperation | undefined {
  const type = typeAt(call, i + 1);
  if (type === undefined) return refuse(call, badTypeLine);
  const offset = fieldOffsetAt(call, i + 2, type.bits);
  if (offset < 0) return undefined;
  if (kind === 'get') return { kind, type, offset };
  const value = parseInteger64(call.bytes, call.start[i + 3], call.length[i + 3]);
  return value === undefined ? refuse(call, notAnIntegerLine) : { kind, type, offset, value, overflow };
}

function typeAt(call: Call, i: number): FieldType | undefined {
  const parts = typePattern.exec(latin1At(call, i));
  if (parts === null) return undefined;
  const signed = parts[1] === 'i';
  const bits = Number(parts[2]);
  return bits > (signed ? 64 : 63) ? undefined : { signed, bits };
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
