import { expect, test } from '@jest/globals';
import { resourcePath, verbAndResource } from './api-paths.js';

test.each([
  ['GET', resourcePath('here', 'jobs'), false, 'list', 'jobs'],
  ['GET', resourcePath('here', 'jobs'), true, 'watch', 'jobs'],
  ['GET', resourcePath(undefined, 'datavisualisations'), false, 'list', 'datavisualisations'],
  ['GET', resourcePath('here', 'pods', 'one'), false, 'get', 'pods'],
  ['GET', `${resourcePath('here', 'pods', 'one')}/log`, false, 'get', 'pods/log'],
  ['GET', resourcePath('here', 'pods.metrics.k8s.io'), false, 'list', 'pods.metrics.k8s.io'],
  ['GET', resourcePath('here', 'localqueues', 'one'), false, 'get', 'localqueues'],
  ['POST', resourcePath('here', 'jobs'), false, 'create', 'jobs'],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', false, 'create', 'selfsubjectaccessreviews'],
  ['PUT', resourcePath('here', 'leases', 'one'), false, 'update', 'leases'],
  ['PATCH', `${resourcePath('a', 'datavisualisations', 'one')}/status`, false, 'patch', 'datavisualisations/status'],
  ['DELETE', resourcePath('here', 'jobs', 'one'), false, 'delete', 'jobs'],
  ['GET', '/version', false, 'list', 'other'],
])('%s %s (watch: %s) is %s %s', (method, path, isWatch, verb, resource) => {
  expect(verbAndResource(method, path, isWatch)).toEqual({ verb, resource });
});
