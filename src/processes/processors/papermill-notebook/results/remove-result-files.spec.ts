import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeResultFiles } from './remove-result-files.js';

const id = '01a1fda5-afc5-7110-ade8-b62a950f161f';
const other = '01a1fda5-c92b-726f-a74b-7d7b6d0f60d9';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'result-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '{}');
  return file;
}

it('removes the notebook of the job, wherever it is beneath the folder of the day, and nothing else', async () => {
  const gone = [
    put(`out/2026-11-21/x_result_1_${id}.ipynb`),
    put(`out/2026-11-21/mine/x_result_1_${id}.ipynb`),
    put(`out/2026-11-21/1-x_${id}/x_result.ipynb`),
  ];
  const kept = [
    put(`out/2026-11-21/x_result_1_${other}.ipynb`),
    put(`out/2026-11-21/1-x_${id}/data.csv`),
    put(`out/2026-11-20/x_result_1_${id}.ipynb`),
    put('out/2026-11-21/chosen.ipynb'),
  ];
  await removeResultFiles(join(folder, 'out'), id);
  expect(gone.filter(existsSync)).toEqual([]);
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
});

it('looks at every day for a job whose id does not say when it was made', async () => {
  const keyed = '5a1fda5a-afc5-8110-ade8-b62a950f161f';
  const gone = [put(`out/2026-11-21/x_result_1_${keyed}.ipynb`), put(`out/2026-11-20/mine/x_result_1_${keyed}.ipynb`)];
  const kept = [put(`out/2026-11-21/x_result_1_${id}.ipynb`), put(`out/other/x_result_1_${keyed}.ipynb`)];
  await removeResultFiles(join(folder, 'out'), keyed);
  expect([gone.filter(existsSync), kept.filter(existsSync)]).toEqual([[], kept]);
});

it('follows no links out of the folder', async () => {
  const kept = put(`elsewhere/x_${id}.ipynb`);
  mkdirSync(join(folder, 'out', '2026-11-21'), { recursive: true });
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'out', '2026-11-21', 'link'));
  mkdirSync(join(folder, 'linked'));
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'linked', '2026-11-21'));
  await removeResultFiles(join(folder, 'out'), id);
  await removeResultFiles(join(folder, 'linked'), id);
  expect(existsSync(kept)).toBe(true);
});

it('does nothing where the volume is not mounted into the server', async () => {
  await expect(removeResultFiles(join(folder, 'nowhere'), id)).resolves.toBeUndefined();
});
