/** What the lines of a run say about one test each. */
export interface SuiteOutcome {
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
  /** Set when the run ended before its end. */
  readonly stopped: string | undefined;
}

export interface Failure {
  readonly name: string;
  readonly reason: string;
}

const passedLine = /^\[ok\]: (.*) \(\d+ ms\)$/;
const failedLine = /^\[err\]: (.*) in tests\/\S+\.tcl$/;
const exceptionLine = /^\[exception\]: (.*)$/;
const otherLine = /^(?:\[\w+\]: |\[\d+\/\d+ |Testing |=====|The End|!!! WARNING|\s*$)/;
const endLine = /^\[1\/1 done\]/;

/** Reads the output of `runtest` for one suite. A failed test's reason is in the lines behind it. */
export function readSuiteOutput(lines: readonly string[]): SuiteOutcome {
  const passed: string[] = [];
  const failed: { name: string; reason: string }[] = [];
  let stopped: string | undefined = 'it ended without a word';
  let told: { name: string; reason: string } | undefined;
  for (const line of lines) {
    const ok = passedLine.exec(line);
    const err = failedLine.exec(line);
    const exception = exceptionLine.exec(line);
    if (ok !== null) passed.push(ok[1]);
    if (err !== null && !failed.some(({ name }) => name === err[1])) {
      told = { name: err[1], reason: '' };
      failed.push(told);
    } else if (exception !== null) {
      stopped = exception[1].replace(/^Executing test client: /, '');
      told = undefined;
    } else if (endLine.test(line)) {
      stopped = undefined;
      break;
    } else if (otherLine.test(line) || ok !== null) told = undefined;
    else if (told !== undefined && told.reason === '') told.reason = line.trim();
  }
  return { passed, failed, stopped };
}
