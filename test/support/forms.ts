import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { transferConfiguration } from './transfer.js';

/** What takes files: of any size; with the token; only what fits a variable. Their result is the digest of the inputs that they got. */
const processes = `
  takes-files: &takes-files
    type: process
    processor: &files
      <<: *uploads
      metadata: &takes
        <<: *both
        inputs:
          features: { schema: { type: object } }
          name: { schema: { type: string }, minOccurs: 0 }
          count: { schema: { type: integer }, minOccurs: 0 }
          image: { schema: { type: string, contentEncoding: base64, contentMediaType: image/tiff }, minOccurs: 0 }
          layers: { schema: { type: object }, minOccurs: 0, maxOccurs: unbounded }
        outputs: { digest: { schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          cd "$(mktemp -d)"
          if [ -n "$PYGEOAPI_K8S_MANAGER_INPUTS_URL" ]; then curl -sSfL "$PYGEOAPI_K8S_MANAGER_INPUTS_URL"
          else printf '%s' "$PYGEOAPI_K8S_MANAGER_INPUTS"; fi | sha256sum | cut -c1-64 > digest
          echo PYGEOAPI_K8S_MANAGER_RESULT_START
          printf '"%s"' "$(cat digest)"
  takes-files-of-some:
    type: process
    processor: { <<: *files, check_auth: true }
  takes-small-files:
    type: process
    processor: { <<: *files, large_inputs: refuse }
`;

/** With processes that take files of forms. */
export const formConfiguration = (text: string): string => transferConfiguration(text) + processes;

/** What such a process answers to inputs with this JSON text. */
export function digestOf(...texts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return JSON.stringify(hash.digest('hex'));
}

/** An answer to curl. */
export interface CurlAnswer {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** Runs curl, which sends a form by each of its options `-F`. */
export function curl(address: string, ...options: readonly string[]): Promise<CurlAnswer> {
  const format = '\n%{http_code} %header{location}';
  return new Promise((resolve, reject) => {
    execFile('curl', ['-sS', '-w', format, ...options, address], { maxBuffer: 2 ** 26 }, (error, output) => {
      const [, text = '', status = '', location = ''] = /^(.*)\n(\d+) (\S*)$/s.exec(output) ?? [];
      // An answer that comes before all was sent is one.
      if (error && !(Number(status) > 0)) reject(error);
      else resolve({ status: Number(status), location, text });
    });
  });
}
