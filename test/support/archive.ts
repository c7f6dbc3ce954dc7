import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const PROGRAM = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps({name: archive.read(name).decode() for name in archive.namelist()}))
`;

/** The files of a ZIP archive, which are text, by name: as a program of somebody else reads them. */
export async function filesOfArchive(path: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)('python3', ['-c', PROGRAM, path]);
  return JSON.parse(stdout) as Record<string, string>;
}
