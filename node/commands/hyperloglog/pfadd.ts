import { stringEncoding } from '../../engine/entry-layout.ts';
import { findKey } from '../key-access.ts';
import { oneInsertKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { changeString, finishString } from '../strings/change-string.ts';
import { hashed, hashElement } from './element-hash.ts';
import { denseBytes, denseRegister, encoding, encodingAt, setDenseRegister, staleAt, staleBit } from './layout.ts';
import { corruptLine, openSketch, sketch, storeSketch } from './sketch-access.ts';

export const pfadd: CommandSpec = {
  name: 'pfadd',
  summary: 'Adds elements to a HyperLogLog. Creates the key if need be.',
  since: '2.8.9',
  group: 'hyperloglog',
  complexity: 'O(1) to add every element.',
  arity: -2,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hyperloglog'],
  keys: oneInsertKey,
  args: [{ name: 'key', type: 'key' }, { name: 'element', type: 'string', optional: true, multiple: true }],
  run(call) {
    const ref = findKey(call, 1);
    if (ref !== 0 && !openSketch(call, ref)) return;
    const { store } = call.node;
    if (ref !== 0 && store.entryBytes[store.valueStart + encodingAt] === encoding.dense) addToDense(call);
    else addToSparse(call, ref === 0);
  },
};

/** The registers are raised where they lie. */
function addToDense(call: Call): void {
  const { argc, bytes, start, length } = call;
  const { store } = call.node;
  let base = store.valueStart;
  let changed = false;
  for (let i = 2; i < argc; i++) {
    hashElement(bytes, start[i], length[i]);
    if (hashed.run <= denseRegister(store.entryBytes, base, hashed.register)) continue;
    if (!changed) {
      base = changeString(call, 1, denseBytes, stringEncoding.raw);
      if (base < 0) return;
      changed = true;
    }
    setDenseRegister(store.entryBytes, base, hashed.register, hashed.run);
  }
  if (changed) {
    store.entryBytes[base + staleAt] |= staleBit;
    finishString(call, 1, 'pfadd');
  }
  call.reply.integer(changed ? 1 : 0);
}

function addToSparse(call: Call, isNew: boolean): void {
  const { argc, bytes, start, length, reply } = call;
  const { store } = call.node;
  const { hllSparseMaxBytes } = store.collections.limits;
  if (isNew) sketch.clear();
  else sketch.load(store.entryBytes, store.valueStart, store.valueLength);
  let changed = isNew;
  for (let i = 2; i < argc; i++) {
    hashElement(bytes, start[i], length[i]);
    const outcome = sketch.raise(hashed.register, hashed.run, hllSparseMaxBytes);
    if (outcome < 0) return reply.error(corruptLine);
    if (outcome > 0) changed = true;
  }
  if (!changed) return reply.integer(0);
  sketch.invalidate();
  if (storeSketch(call, 1)) reply.integer(1);
}
