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

/** Makes the reply's buffer large enough for so many bytes at once, so that it is not copied as it grows. What the client may not have is cut off as it is written. */
export function expectReply({ reply }: Call, memory: WorkingMemory, bytes: number): void {
  if (reply.position + bytes > reply.limitBytes) return;
  if (reply.position + bytes > reply.buffer.length) memory.check(reply.position + bytes);
  reply.reserve(bytes);
}
