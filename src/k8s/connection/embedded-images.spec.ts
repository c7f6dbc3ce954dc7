import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEmbeddedImages, shippedImages } from './embedded-images.js';

describe('readEmbeddedImages', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-'));
    file = join(folder, 'images.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = async (content: unknown) => {
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return readEmbeddedImages({ EMBEDDED_IMAGES: file });
  };

  it('gives the shipped images, whose folders are there', async () => {
    expect(await readEmbeddedImages({})).toEqual([...shippedImages]);
    expect(shippedImages.filter(({ folder: shipped }) => !existsSync(shipped ?? ''))).toEqual([]);
  });

  it('adds those of the file, its folders relative to it, and lets them stand over shipped ones', async () => {
    const own = {
      name: 'mine:1',
      folder: 'mine',
      entrypoint: ['sh'],
      command: ['-c', 'true'],
      environment: { A: 'b' },
    };
    expect(await read([own])).toEqual([...shippedImages, { ...own, folder: join(folder, 'mine') }]);
    const over = { name: shippedImages[0]!.name, folder: '/elsewhere', workingDirectory: 'w' };
    expect(await read([over])).toEqual([...shippedImages.slice(1), over]);
  });

  it('gives those whose home is Jupyter’s the programs of the Python that has papermill: the named one, else that in PATH', async () => {
    const [bin, venv] = [join(folder, 'bin'), join(folder, 'venv')];
    await Promise.all([bin, venv].map((each) => mkdir(each)));
    await writeFile(join(bin, 'papermill'), '', { mode: 0o755 });
    await symlink(process.execPath, join(venv, 'python'));
    const own = { name: 'own:1', workingDirectory: '/home/jovyan', programs: ['/mine'] };
    await writeFile(file, JSON.stringify([own]));
    const programsIn = async (PATH: string, python?: string) => {
      const images = await readEmbeddedImages({ PATH, EMBEDDED_IMAGES: file }, python);
      return images.flatMap(({ name, programs }) => (programs ? [[name, ...programs]] : []));
    };
    const mine = ['own:1', '/mine'];
    const shipped = (programs: string) => ['ogc-processes-k8s/papermill:latest', programs];
    expect(await programsIn(`/none::${bin}`)).toEqual([shipped(bin), mine]);
    expect(await programsIn(bin, join(venv, 'python'))).toEqual([shipped(venv), mine]);
    expect(await programsIn('/none')).toEqual([mine]);
    await expect(programsIn('', join(venv, 'none'))).rejects.toThrow(
      /NOTEBOOK_PYTHON: must name the program of a Python that has papermill \(is ".*none"\)/,
    );
  });

  it.each([
    ['not JSON', 'nope', /EMBEDDED_IMAGES: must name a JSON file/],
    ['no list', {}, /\/: must be array/],
    ['no name', [{}], /\/0: must have required property 'name'/],
    ['an unknown key', [{ name: 'a', folders: 'b' }], /\/0: must NOT have additional properties: folders/],
    ['a command that is no list', [{ name: 'a', command: 'ls' }], /\/0\/command: must be array/],
    ['a variable that is no string', [{ name: 'a', environment: { A: 1 } }], /\/0\/environment\/A: must be string/],
  ])('refuses a file with %s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('refuses a file that is not there', async () => {
    await expect(readEmbeddedImages({ EMBEDDED_IMAGES: join(folder, 'none') })).rejects.toThrow(/none.*ENOENT/s);
  });
});
