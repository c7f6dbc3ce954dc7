import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { fileName, fileNames, formatZip } from './results-zip.js';

const named = (entries: Record<string, string>) =>
  Object.entries(entries).map(([id, mediaType]) => ({
    id,
    printed: { mediaType, size: 0, body: () => Readable.from([]) },
  }));

describe('files of an archive of results', () => {
  it.each([
    ['image', 'image/tiff; application=geotiff', 'image.tif'],
    ['features', 'application/geo+json', 'features.geojson'],
    ['run', 'application/x-ipynb+json', 'run.ipynb'],
    ['report.csv', 'text/csv; charset=utf-8', 'report.csv'],
    ['odd', 'application/x-nobody-knows', 'odd'],
    ['../../etc/passwd', 'text/plain', '__.._etc_passwd.txt'],
    ['a/b\\c:d', 'text/plain', 'a_b_c_d.txt'],
    ['größe', 'application/json', 'größe.json'],
    ['', 'text/plain', 'result.txt'],
  ])('%j of %s is called %s', (id, mediaType, name) => expect(fileName(id, mediaType)).toBe(name));

  it('are never called the same, by upper and lower case neither', () =>
    expect(fileNames(named({ 'a/b': 'text/plain', a_b: 'text/plain', A_B: 'text/plain' }))).toEqual([
      'a_b.txt',
      '2-a_b.txt',
      '3-A_B.txt',
    ]));

  it('are opened one after another, and the one that is read is closed when the reader goes', async () => {
    const opened: string[] = [];
    const streams: Readable[] = [];
    const endless = (id: string) => () => {
      opened.push(id);
      const stream = new Readable({ read: () => void stream.push(Buffer.alloc(65_536)) });
      streams.push(stream);
      return stream;
    };
    const results = new Map(
      ['one', 'two'].map((id) => [id, { mediaType: 'image/png', size: 1e12, body: endless(id) }]),
    );
    const { body } = await formatZip({ named: results }, { outputs: {} });
    for await (const _ of body ?? []) break;
    expect(opened).toEqual(['one']);
    await new Promise((resolve) => (streams[0]?.closed ? resolve(undefined) : streams[0]?.once('close', resolve)));
  });

  it('end the archive with an error where one breaks, so that nobody takes half for all', async () => {
    const broken = () =>
      new Readable({
        read() {
          this.destroy(new Error('the store is gone'));
        },
      });
    const { body } = await formatZip(
      { named: new Map([['one', { mediaType: 'text/plain', size: 5, body: broken }]]) },
      { outputs: {} },
    );
    const read = async () => {
      for await (const _ of body ?? []);
    };
    await expect(read()).rejects.toThrow('the store is gone');
  });

  it('are none where there are no results', async () =>
    expect(await formatZip({ named: new Map() }, { outputs: {} })).toEqual({}));
});
