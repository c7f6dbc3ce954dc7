import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';

const require = createRequire(import.meta.url);

/** Jest's for Node, in which what Node itself loads is loaded once for all suites of a worker, not by Jest, which does it anew for each. */
export default class Environment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.loadedOnce = (name) => require(name);
  }
}
