import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { ElementRows } from './element-rows.ts';

/** The elements, behind the header of an array or set that the caller has written. */
export function replyElements(reply: ReplyWriter, rows: ElementRows): void {
  for (let i = 0; i < rows.count; i++) {
    rows.look(i);
    reply.bulk(rows.bytes, rows.start, rows.length);
  }
}

/** What HSCAN and SSCAN answer: where to go on, and what was found. */
export function replyScan(reply: ReplyWriter, next: number, found: ElementRows): void {
  reply.array(2);
  reply.bulkLatin1(String(next));
  reply.array(found.count);
  replyElements(reply, found);
}
