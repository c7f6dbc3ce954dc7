import { codeUnder } from './documents.js';
import { HOST_FROM_PODS, onRealCluster, SERVER } from './cluster.js';
import { isDeployed } from './deployment.js';

/** On the real cluster an image of test/images/curl; on the embedded one jobs use this machine's programs. */
const image = onRealCluster ? 'ogc-processes-k8s/curl:latest' : 'busybox';
const S3 = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT';
const store = { [S3]: process.env['S3_ENDPOINT_FROM_PODS'] ?? process.env['S3_ENDPOINT'] ?? '' };
/** Where pods find a server that is a process of this machine, and its object store. */
export const processTransferEnvironment: Record<string, string> = onRealCluster
  ? { HOST: '0.0.0.0', INTERNAL_URL: `http://${HOST_FROM_PODS}:0`, ...store }
  : { INTERNAL_URL: 'http://127.0.0.1:0' };
/** The same of the server under test, which may be deployed. */
export const transferEnvironment: Record<string, string> =
  onRealCluster && isDeployed ? { INTERNAL_URL: `http://${SERVER}`, ...store } : processTransferEnvironment;

/** What docs/results.md shows authors of images. */
const [documented = ''] = codeUnder('docs/results.md', 'Large inputs', 'sh');

const processes = `
  upload:
    type: process
    processor: &uploads
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: ${image}
      check_auth: false
      large_inputs: url
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
          inputs=\${PYGEOAPI_K8S_MANAGER_INPUTS-$(curl -sSfL "$PYGEOAPI_K8S_MANAGER_INPUTS_URL")}
          script=$(printf '%s' "$inputs" | sed -e 's/^{"script":"\\(.*\\)"}$/\\1/' -e 's/\\\\n/\\n/g' -e 's/\\\\"/"/g' -e 's/\\\\\\\\/\\\\/g')
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
  refuses-large-inputs:
    type: process
    processor: { <<: *uploads, large_inputs: refuse }
  documented-large-inputs:
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
          cd "$(mktemp -d)"
          ${documented.replaceAll('\n', '\n          ')}
          echo PYGEOAPI_K8S_MANAGER_RESULT_START
          printf '"'; sha256sum inputs.json | cut -c1-64 | tr -d '\\n'; printf '"'
`;

/** With processes whose jobs exchange files: `upload` runs a script of the test. */
export const transferConfiguration = (text: string): string => text + processes;
