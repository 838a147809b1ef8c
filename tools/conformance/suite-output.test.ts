import { describe, expect, it } from 'vitest';
import { readSuiteOutput } from './suite-output.ts';

const start = ['Starting test server at port 21079', 'Testing unit/sort'];
const failing = ['[err]: second in tests/unit/sort.tcl', "Expected 'a' to be equal to 'b'", 'more about it'];

describe('output of the suite', () => {
  it('has what passed, and what failed with the reason', () => {
    const outcome = readSuiteOutput([...start, '[ok]: first (3 ms)', ...failing, '[ignore]: third: Tag: needs:debug denied', '[ok]: with (brackets) in it (12 ms)', '[1/1 done]: unit/sort (1 seconds)', '!!! WARNING The following tests failed:', '*** [err]: second in tests/unit/sort.tcl']);
    expect(outcome).toEqual({ passed: ['first', 'with (brackets) in it'], failed: [{ name: 'second', reason: "Expected 'a' to be equal to 'b'" }], stopped: undefined });
  });

  it('says why it ended early', () => {
    expect(readSuiteOutput([...start, '[ok]: first (3 ms)', '[exception]: Executing test client: I/O error reading reply.', 'I/O error reading reply']).stopped).toBe('I/O error reading reply.');
    expect(readSuiteOutput(start).stopped).toBe('it ended without a word');
  });
});
