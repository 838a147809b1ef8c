import { keyReady } from '../blocking-keys.ts';
import { editCollection, keyChanged, optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { scoreOfPoint } from './coordinates.ts';
import { pointAt } from './point-argument.ts';

/** GEOADD: `key [NX|XX] [CH] longitude latitude member …`; all points are looked at before the first change. */
export function addPoints(call: Call): void {
  const { argc, bytes, start, length, reply } = call;
  let ifAbsent = false;
  let ifPresent = false;
  let countsChanged = false;
  let first = 2;
  for (; first < argc; first++) {
    if (optionIs(call, first, 'nx')) ifAbsent = true;
    else if (optionIs(call, first, 'xx')) ifPresent = true;
    else if (optionIs(call, first, 'ch')) countsChanged = true;
    else break;
  }
  if (first === argc || (argc - first) % 3 !== 0 || (ifAbsent && ifPresent)) return reply.error(syntaxErrorLine);
  const scores: number[] = [];
  for (let i = first; i < argc; i += 3) {
    const point = pointAt(call, i);
    if (point === undefined) return;
    scores.push(scoreOfPoint(point));
  }
  const { zsets } = call.node.store.collections;
  if (!editCollection(call, 1, zsets)) return;
  let added = 0;
  let updated = 0;
  scores.forEach((score, k) => {
    const i = first + 3 * k + 2;
    const isThere = zsets.find(bytes, start[i], length[i]);
    if ((isThere && (ifAbsent || zsets.score === score)) || (!isThere && ifPresent)) return;
    zsets.set(bytes, start[i], length[i], score);
    if (isThere) updated += 1;
    else added += 1;
  });
  zsets.done();
  if (added + updated > 0) keyChanged(call, 1, 'z', 'zadd');
  if (added > 0) keyReady(call, 1);
  reply.integer(countsChanged ? added + updated : added);
}
