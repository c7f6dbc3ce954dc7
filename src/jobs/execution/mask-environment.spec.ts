import { expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { maskEnvironment } from './mask-environment.js';

it('values of environment variables with secret names are masked, in every container; references to secrets stay', () => {
  const secretKeyRef = { name: 'store', key: 'password' };
  const jobWith = (password: string): V1Job => ({
    metadata: { name: 'a' },
    spec: {
      template: {
        spec: {
          initContainers: [{ name: 'i', env: [{ name: 'API_KEY', value: password }] }],
          containers: [
            {
              name: 'c',
              env: [
                { name: 'DB_PASSWORD', value: password },
                { name: 'MODE', value: 'fast' },
                { name: 'TOKEN', valueFrom: { secretKeyRef } },
              ],
            },
            { name: 'd' },
          ],
        },
      },
    },
  });
  const given = jobWith('hush');
  expect(maskEnvironment(given)).toEqual(jobWith('*'));
  expect(given).toEqual(jobWith('hush'));
});
