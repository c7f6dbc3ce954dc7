/** Jest reporter: ends a run with one line, `NAME: N passed, N failed, N skipped`. */
export default class ClosingLine {
  constructor(_globalConfig, { name }) {
    this.name = name;
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stdout.write(`${this.name}: ${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
