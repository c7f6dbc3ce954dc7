import Sequencer from '@jest/test-sequencer';

/** Minutes long though their files are small, by which Jest tells where it has not run them before (so in every fresh clone). */
const LONGEST = ['suspended-jobs', 'clients', 'scenario-browser', 'replicas', 'linked-inputs'];
const rankOf = ({ path }) => LONGEST.findIndex((name) => path.endsWith(`/${name}.e2e-spec.ts`));

/** Jest's sequencer, with the suites that would end last first: at the end of a run no processor is to wait for one of them. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const longest = sorted.filter((test) => rankOf(test) >= 0).sort((a, b) => rankOf(a) - rankOf(b));
    return [...longest, ...sorted.filter((test) => rankOf(test) < 0)];
  }
}
