import { GenericImageProcessor, Processor } from 'ogc-processes-k8s';

/**
 * Runs an image as the generic processor does, for members of a group: a proxy in front of the server has authenticated the user and says the user's
 * groups in `x-forwarded-groups`. Whoever knows the API token passes, too.
 */
export class GroupImageProcessor extends GenericImageProcessor {
  checkAuth({ definition }, { hasApiToken, headers }) {
    const groups = String(headers['x-forwarded-groups'] ?? '')
      .split(',')
      .map((group) => group.trim());
    return hasApiToken || groups.includes(definition.group);
  }
}

Processor('examples.GroupImageProcessor')(GroupImageProcessor);
