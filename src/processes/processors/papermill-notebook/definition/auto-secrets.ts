import type { SecretName } from '../../../processor.js';
import type { SecretDefinition } from './container.definition.js';
import type { NotebookDefinition } from './notebook.definition.js';

const USERS_NAME = /^eurodatacube-.*default$/;
const USERS_LABEL = { key: 'owner', value: 'edc-my-credentials' };

/** `auto_mount_secrets`: the secrets that JupyterLab gives its users, as environment variables, after those that the definition names. */
export function withAutoSecrets(definition: NotebookDefinition, secrets: readonly SecretName[]): NotebookDefinition {
  const named = definition.secrets ?? [];
  const isNamed = (name: string) => named.some((secret) => secret.name === name && secret.access === 'env');
  const found = secrets
    .filter((secret) => isUsers(secret) && !isNamed(secret.name))
    .map(({ name }): SecretDefinition => ({ name, access: 'env' }));
  return { ...definition, secrets: [...named, ...found] };
}

function isUsers({ name, labels }: SecretName): boolean {
  return USERS_NAME.test(name) || labels[USERS_LABEL.key] === USERS_LABEL.value;
}
