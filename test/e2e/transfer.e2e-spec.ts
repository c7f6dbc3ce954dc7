import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onRealCluster } from '../support/cluster.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** On the real cluster an image of test/images/curl; on the embedded one jobs use this machine's programs. */
const image = onRealCluster ? 'ogc-processes-k8s/curl:latest' : 'busybox';
const S3 = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT';
/** Where pods find the server under test, and its object store. */
const environment: Record<string, string> = onRealCluster
  ? {
      HOST: '0.0.0.0',
      INTERNAL_URL: 'http://10.244.0.1:0',
      [S3]: process.env['S3_ENDPOINT_FROM_PODS'] ?? process.env['S3_ENDPOINT'] ?? '',
    }
  : { INTERNAL_URL: 'http://127.0.0.1:0' };

const PROCESSES = `
  upload:
    type: process
    processor: &uploads
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: ${image}
      check_auth: false
      mimetype: application/json
      metadata: &outputs
        <<: *both
        inputs: { script: { schema: { type: string } } }
        outputs:
          image: { schema: { type: string, contentEncoding: binary, contentMediaType: image/tiff } }
          table: { schema: { type: string, contentMediaType: text/csv } }
      command:
        - sh
        - -c
        - |
          # The address of an output, and a script of the test.
          url() { printf '%s' "$PYGEOAPI_K8S_MANAGER_OUTPUTS" | sed "s/.*\\"$1\\":{\\"url\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }
          put() { curl -sSf -L --retry 0 -T "$@"; }
          cd "$(mktemp -d)"
          script=$(printf '%s' "$PYGEOAPI_K8S_MANAGER_INPUTS" | sed 's/^{"script":"\\(.*\\)"}$/\\1/')
          eval "$script"
  large-inputs:
    type: process
    processor:
      <<: *uploads
      metadata:
        <<: *both
        inputs: { text: { schema: { type: string } } }
        outputs: { digest: { schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          echo "inline: \${PYGEOAPI_K8S_MANAGER_INPUTS-none}" | cut -c1-40
          echo PYGEOAPI_K8S_MANAGER_RESULT_START
          printf '"'; curl -sSf -L "$PYGEOAPI_K8S_MANAGER_INPUTS_URL" | sha256sum | cut -c1-64 | tr -d '\\n'; printf '"'
`;

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start(environment, {
    configuration: (text) => text + PROCESSES,
  });
}, 60_000);
afterAll(() => (bed as TestBed | undefined)?.stop(), 60_000);

const run = async (script: string, body: Readonly<Record<string, unknown>> = {}) => {
  const jobId = await bed.submit('upload', { script }, { body });
  const status = await bed.ended(jobId);
  return { jobId, status, results: () => bed.get(`/jobs/${jobId}/results`) };
};

describe('files that a job uploads', () => {
  it('are its results, in the media types of its outputs', async () => {
    const { status, results } = await run('printf II > f; put f $(url image); printf a,b > f; put f $(url table)', {
      response: 'raw',
    });
    expect(status).toMatchObject({ status: 'successful' });
    const response = await results();
    expect(response.headers.get('content-type')).toContain('multipart/related');
    const text = await response.text();
    expect(text).toMatch(/Content-Type: image\/tiff\r\nContent-ID: <image>\r\nContent-Length: 2\r\n\r\nII\r\n/);
    expect(text).toMatch(/Content-Type: text\/csv\r\nContent-ID: <table>\r\nContent-Length: 3\r\n\r\na,b\r\n/);
  });
});
