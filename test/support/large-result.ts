/** Of what `twenty-mebibytes` prints: more than the system's buffers take of an answer that is not read. */
export const LARGE_SIZE = 20 * 2 ** 20;

const PROCESS = `
  twenty-mebibytes:
    type: process
    processor:
      <<: *image
      metadata:
        <<: *both
        outputs: { bytes: { schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          echo PYGEOAPI_K8S_MANAGER_RESULT_START
          yes 'The quick brown fox jumps over the lazy dog 0123456789' | head -c ${LARGE_SIZE}
`;

/** The tests' configuration with the process `twenty-mebibytes`. @param server lines of its server section, indented by two */
export function withLargeResult(configuration: string, server = ''): string {
  return configuration
    .replace('  limits: { default_items: 10', `${server}  limits: { default_items: 10`)
    .replace('  unicode:\n', `${PROCESS.slice(1)}  unicode:\n`);
}
