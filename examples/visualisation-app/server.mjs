// An app that keeps the contract of a visualisation: it listens on port 5170, beneath DM_BASE_PATH, and shows files of DM_PROJECT_DIR.
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';

const {
  DM_BASE_PATH: base = '',
  DM_PROJECT_DIR: folder,
  DM_PROJECT_ID,
  DM_INSTANCE_ID,
  DM_INSTANCE_OWNER,
} = process.env;
if (!folder) throw new Error('DM_PROJECT_DIR is not set.');

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://app');
  try {
    if (pathname === `${base}/api`) {
      const user = { uid: process.getuid?.(), gid: process.getgid?.(), groups: process.getgroups?.() };
      const app = { project: DM_PROJECT_ID, instance: DM_INSTANCE_ID, owner: DM_INSTANCE_OWNER, user };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ...app, files: await readdir(folder) }));
    } else if (pathname === base || pathname === `${base}/`) {
      const files = (await readdir(folder)).map((name) => `<li>${escaped(name)}</li>`).join('');
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!doctype html><title>Files</title><h1>Files of the project</h1><ul>${files}</ul>`);
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
  }
});
server.listen(5170);
process.once('SIGTERM', () => process.exit(0));
