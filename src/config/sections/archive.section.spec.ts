import { describe, expect, it } from '@jest/globals';
import { readArchive } from './archive.section.js';

const around = { dataDir: '/data', folder: '/etc/server' };
const read = (content: unknown, password?: string) => readArchive(content, 'file.yaml', { ...around, password });

describe('archive', () => {
  it.each([undefined, null])('is none where the section is %s', (content) => {
    expect(read(content)).toEqual({ faults: [], unknownKeys: [] });
  });

  it.each(['embedded', { url: 'embedded' }])('is in this process as %j', (content) => {
    expect(read(content).settings).toEqual({ url: 'embedded', folder: '/data/archive' });
  });

  it('is a database, whose password stands apart', () => {
    const { settings, faults } = read({
      url: 'postgres://me:p%40ss@db.example.org/jobs?sslmode=verify-full',
      instance: 'mine',
      keep_jobs: '1h',
      keep_records: '30d',
    });
    expect(faults).toEqual([]);
    expect(settings).toEqual({
      url: 'postgres://me@db.example.org/jobs?sslmode=verify-full',
      password: 'p@ss',
      folder: '/data/archive',
      instance: 'mine',
      keepJobs: 3600,
      keepRecords: 30 * 24 * 3600,
    });
    expect(read('postgres://me:old@db.example.org/jobs', 'new').settings).toMatchObject({ password: 'new' });
  });

  it.each([
    ['archive.url', { url: 'mysql://me:secret@host/name' }, /postgres:\/\//],
    ['archive.url', { url: 'postgres://me:secret@host' }, /name/],
    ['archive.url', { url: ['secret'] }, /embedded/],
    ['archive.url', {}, /is not set/],
    ['archive', ['secret'], /embedded/],
    ['archive.folder', { url: 'postgres://host/name', folder: 'there' }, /url: embedded alone/],
    ['archive.keep_jobs', { url: 'embedded', keep_jobs: '59s' }, /at least 60 seconds.*1h/],
    ['archive.keep_records', { url: 'embedded', keep_records: 'long' }, /30d/],
    ['archive.keep_records', { url: 'embedded', keep_jobs: '1h', keep_records: '1m' }, /at least as long/],
    ['archive.instance', { url: 'embedded', instance: 'a b' }, /blank/],
  ])('says what is wrong with %s', (path, content, message) => {
    const { settings, faults } = read(content);
    expect(settings).toBeUndefined();
    expect(faults).toEqual([{ path, message: expect.stringMatching(message) }]);
    expect(JSON.stringify(faults)).not.toContain('secret');
  });

  it('names keys that it does not know', () => {
    expect(read({ url: 'embedded', keep: '1h' }).unknownKeys).toEqual(['archive.keep']);
  });
});
