import { redisErrorLine } from '../../../shared/errors/meridian-error.ts';
import type { Call } from '../spec.ts';
import { NoWorkingMemory, type WorkingMemory } from './working-memory.ts';

/** Runs what takes working memory. Where that does not fit it is refused; so all of it is taken before anything is changed or answered. */
export function working(call: Call, run: (memory: WorkingMemory) => void): void {
  const { working: memory } = call.node.server;
  const begin = call.reply.position;
  try {
    run(memory);
  } catch (error) {
    if (!(error instanceof NoWorkingMemory)) throw error;
    call.reply.position = begin;
    call.reply.error(redisErrorLine('WORKING_MEMORY'));
  } finally {
    memory.freeAll();
  }
}

/** Header and line end of a short element in an answer, about. */
const elementOverheadBytes = 8;

/**
 * Makes the reply's buffer large enough at once for so many elements of so many bytes together, with so much more beside each, so that it is not copied as it grows. What the client may not have is cut
 * off as it is written.
 */
export function expectReply({ reply }: Call, memory: WorkingMemory, elements: number, elementBytes: number, besideBytes = 0): void {
  const bytes = elementBytes + elements * (elementOverheadBytes + besideBytes);
  if (reply.position + bytes > reply.limitBytes) return;
  if (reply.position + bytes > reply.buffer.length) memory.check(reply.position + bytes);
  reply.reserve(bytes);
}
