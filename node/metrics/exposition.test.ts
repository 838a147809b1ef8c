import { describe, expect, it } from 'vitest';
import { writeMetrics } from './exposition.ts';

describe('the text format of metrics', () => {
  it('escapes labels and help', () => {
    const text = writeMetrics([{ name: 'meridian_x', help: 'a\nb', type: 'gauge', samples: [{ labels: { pod: 'a"b\\c\nd' }, value: 1.5 }, { value: Number.NaN }] }]);
    expect(text).toBe('# HELP meridian_x a\\nb\n# TYPE meridian_x gauge\nmeridian_x{pod="a\\"b\\\\c\\nd"} 1.5\nmeridian_x NaN\n');
  });
});
