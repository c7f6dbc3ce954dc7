import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from '@jest/globals';
import { parseOutcome } from '../annotations/job-annotations.js';
import { toPodRecord } from '../pod-record.js';
import { parseRan, ranOf } from './ran.js';

const HEX = '0123456789abcdef'.repeat(4);

function podOf(nodeName: string | undefined, imageIds: Readonly<Record<string, string | undefined>>): V1Pod {
  const names = Object.keys(imageIds);
  const statuses = names.map((name) => {
    const state =
      imageIds[name] === undefined
        ? { waiting: { reason: 'PodInitializing' } }
        : { terminated: { exitCode: 0, containerID: `x://${name}` } };
    return { name, image: 'resolved', imageID: imageIds[name] ?? '', state } as unknown as V1ContainerStatus;
  });
  return {
    metadata: { name: 'pod', labels: { 'job-name': 'job' } },
    spec: { nodeName, containers: names.map((name) => ({ name, image: `example.org/${name}:1` })) },
    status: { containerStatuses: statuses },
  };
}
const ran = (nodeName: string | undefined, imageIds: Readonly<Record<string, string | undefined>>) =>
  ranOf(toPodRecord(podOf(nodeName, imageIds)));

describe('what only a pod knows', () => {
  it('is its node, and each image by the digest that the kubelet reports', () => {
    const ids = {
      containerd: `docker.io/library/busybox@sha256:${HEX}`,
      dockershim: `docker-pullable://busybox@sha256:${HEX}`,
      imported: `sha256:${HEX}`,
      unsaid: '',
      embedded: 'embedded:///folder',
      waits: undefined,
    };
    const digest = `sha256:${HEX}`;
    expect(ran('node-1', ids)).toEqual({
      node: 'node-1',
      images: [
        { container: 'containerd', image: 'example.org/containerd:1', digest },
        { container: 'dockershim', image: 'example.org/dockershim:1', digest },
        { container: 'imported', image: 'example.org/imported:1', digest },
        { container: 'unsaid', image: 'example.org/unsaid:1' },
        { container: 'embedded', image: 'example.org/embedded:1' },
      ],
    });
  });

  it('is nothing without a node', () => {
    expect(ran(undefined, { main: undefined })).toBeUndefined();
    expect(ranOf(undefined)).toBeUndefined();
    expect(ran('node-1', { main: undefined })).toEqual({ node: 'node-1', images: [] });
  });

  it('stays small, however many containers there are', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`c${at}`, `sha256:${HEX}`]));
    expect(ran('node-1', many)?.images).toHaveLength(10);
  });

  it('is read back, and held in memory by nobody', () => {
    const noted = ran('node-1', { main: `sha256:${HEX}` });
    const outcome = { status: 'successful', finished: '2026-01-01T00:00:00Z', ran: noted };
    expect(parseRan(JSON.stringify(outcome))).toEqual(noted);
    expect(parseOutcome(JSON.stringify(outcome))).toEqual({ status: outcome.status, finished: outcome.finished });
  });

  it.each([undefined, '', '{}', '{"ran": 5}', '{"ran": {"node": "a"}}'])('is not known from %j', (text) => {
    expect(parseRan(text)).toBeUndefined();
  });

  it('is not believed where it is not as a server writes it', () => {
    const images = [{ container: 'a', image: 'b', digest: 'x' }, { container: 'a' }, 5, { container: 'a', image: 'b' }];
    expect(parseRan(JSON.stringify({ ran: { node: 5, images } }))).toEqual({
      images: [{ container: 'a', image: 'b' }],
    });
  });
});
