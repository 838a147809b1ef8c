import { optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';

export type ListEnd = 'left' | 'right';

/** LEFT or RIGHT; undefined after answering that it is neither. */
export function listEndAt(call: Call, i: number): ListEnd | undefined {
  if (optionIs(call, i, 'left')) return 'left';
  if (optionIs(call, i, 'right')) return 'right';
  call.reply.error(syntaxErrorLine);
  return undefined;
}
