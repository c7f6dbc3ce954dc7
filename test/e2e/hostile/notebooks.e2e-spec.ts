import { describe, expect, it } from '@jest/globals';
import { HostileBed, leastCost } from '../../support/hostile-bed.js';
import { untilItHolds } from '../../support/tries.js';

/** Prints a notebook of 3,600 pieces of Markdown, of which a page shows 300. */
const PROCESS = `
  prints-notebook:
    type: process
    processor:
      <<: *image
      mimetype: application/x-ipynb+json
      metadata:
        <<: *both
        outputs: { notebook: { schema: { type: object, contentMediaType: application/x-ipynb+json } } }
      command:
        - sh
        - -c
        - |
          echo 'PYGEOAPI_K8S_MANAGER_RESULT_START output=notebook mimetype="application/x-ipynb+json"'
          printf '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "raw", "metadata": {}, "source": ""}'
          i=0; while [ $i -lt 3600 ]; do i=$((i + 1))
          printf ',{"cell_type": "markdown", "metadata": {}, "source": "'
          j=0; while [ $j -lt 40 ]; do j=$((j + 1)); printf '* some **text** with [a link](https://example.org/) and a _table_\\\\n'; done
          printf '"}'; done
          printf ']}'
`;

describe('the page of a notebook', () => {
  let hostile: HostileBed;
  HostileBed.forSuite(
    (bed) => (hostile = bed),
    {},
    { configuration: (text) => text.replace('  unicode:\n', `${PROCESS.slice(1)}  unicode:\n`) },
  );

  it('is rendered once, however many read it, and does not stop the server', async () => {
    const { bed } = hostile;
    const page = async (id: string) => {
      const response = await fetch(`${bed.url}/jobs/${id}?f=html`);
      return [response.status, (await response.text()).includes('<strong>text</strong>')];
    };
    const made = async () => {
      const id = await bed.submit('prints-notebook');
      expect((await bed.ended(id)).status).toBe('successful');
      return id;
    };
    const text = await (await bed.get(`/jobs/${await made()}/results/notebook`)).text();
    await untilItHolds(
      async () => {
        const [first, second] = [await made(), await made()];
        const one = await hostile.costOf(async () => expect(await page(first)).toEqual([200, true]));
        const many = await hostile.costOf(async () => {
          const pages = await Promise.all(Array.from({ length: 10 }, () => page(second)));
          expect(pages).toEqual(Array(10).fill([200, true]));
        });
        return { one, many, stop: await hostile.stopOfParsing(text) };
      },
      (tries) => {
        const [one, many] = [leastCost(tries.map((each) => each.one)), leastCost(tries.map((each) => each.many))];
        expect(many.processorTime).toBeLessThan(3 * one.processorTime);
        expect(Math.min(...tries.map((each) => each.one.longestStop / each.stop))).toBeLessThan(10);
        // Not the ten pages in one go.
        const most = Math.max(...tries.map(({ stop }) => 10 * stop), 3 * one.longestStop);
        expect(many.longestStop).toBeLessThan(most);
        expect(many.memory - one.memory).toBeLessThan(150);
      },
      { most: 4 },
    );
  });
});
