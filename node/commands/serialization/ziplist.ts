import { fail, partOf, PayloadReader, type Part } from './payload-reader.ts';

const headerBytes = 10;
const endMark = 0xff;
const manyElements = 0xffff;
const longPrevious = 0xfe;
/** How an element begins; 0xf1 … 0xfd are the integers 0 … 12. */
const mark = { string14: 0x40, string32: 0x80, integer16: 0xc0, integer32: 0xd0, integer64: 0xe0, integer24: 0xf0, firstSmall: 0xf1, integer8: 0xfe } as const;

/** The elements of a ziplist, which Redis wrote before 7.0: each has the size of the one before it in front. */
export function readZiplist(part: Part): readonly Part[] {
  const total = part.end - part.start;
  const reader = new PayloadReader(part);
  if (reader.uint32() !== total) fail();
  const tail = reader.uint32();
  const count = reader.uint16();
  const elements: Part[] = [];
  let previous = 0;
  let lastAt = headerBytes;
  while (reader.left > 1) {
    const before = reader.left;
    lastAt = total - before;
    const first = reader.byte();
    if ((first === longPrevious ? reader.uint32() : first) !== previous || first === endMark) fail();
    elements.push(readElement(reader));
    previous = before - reader.left;
  }
  if (reader.byte() !== endMark || tail !== lastAt || (count !== manyElements && count !== elements.length)) fail();
  return elements;
}

function readElement(reader: PayloadReader): Part {
  const first = reader.byte();
  if (first < mark.string14) return reader.part(first);
  if (first < mark.string32) return reader.part(((first & 0x3f) << 8) | reader.byte());
  if (first === mark.string32) return reader.part(reader.byte() * 2 ** 24 + reader.byte() * 2 ** 16 + reader.byte() * 2 ** 8 + reader.byte());
  if (first === mark.integer16) return partOf(String(reader.int(2)));
  if (first === mark.integer32) return partOf(String(reader.int(4)));
  if (first === mark.integer64) return partOf(String(reader.int64()));
  if (first === mark.integer24) return partOf(String(reader.int(3)));
  if (first === mark.integer8) return partOf(String(reader.int(1)));
  if (first >= mark.firstSmall && first < mark.integer8) return partOf(String(first - mark.firstSmall));
  return fail();
}
