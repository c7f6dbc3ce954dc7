import { describe, expect, test } from '@jest/globals';
import type { LogLevel } from '../config/configuration.js';
import { leastLevel, levelNumber, REQUEST_LOG } from './log-levels.js';

describe('the least level that is written', () => {
  test.each<[name: string, libraries: Record<string, LogLevel>, level: LogLevel]>([
    ['LeaderElection', {}, 'INFO'],
    ['LeaderElection', { kubernetes: 'ERROR' }, 'ERROR'],
    ['Informer pods', { kubernetes: 'DEBUG' }, 'DEBUG'],
    ['FinalizerService', { kubernetes: 'ERROR' }, 'INFO'],
    ['FinalizerService', { pygeoapi_k8s_manager: 'DEBUG' }, 'DEBUG'],
    ['finalizer', { 'pygeoapi_k8s_manager.finalizer': 'WARNING', pygeoapi_k8s_manager: 'DEBUG' }, 'WARNING'],
    ['ObjectStoreModule', { botocore: 'CRITICAL' }, 'CRITICAL'],
    ['ProcessRegistry', { 'pygeoapi_k8s_manager.process': 'ERROR' }, 'ERROR'],
    [REQUEST_LOG, { werkzeug: 'DEBUG' }, 'DEBUG'],
    ['Configuration', { pygeoapi: 'ERROR' }, 'ERROR'],
    ['Configuration', { 'pygeoapi.l10n': 'ERROR', urllib3: 'DEBUG', asyncio: 'DEBUG' }, 'INFO'],
    ['FinalizerService', { FinalizerService: 'ERROR', pygeoapi_k8s_manager: 'DEBUG' }, 'ERROR'],
    ['LeaderElection', { 'kubernetes.client': 'NOTSET', kubernetes: 'ERROR' }, 'ERROR'],
    ['', { pygeoapi_k8s_manager: 'WARNING' }, 'WARNING'],
  ])('of %s with %j is %s', (name, libraries, level) => {
    expect(leastLevel(name, 'INFO', libraries)).toBe(levelNumber[level]);
  });
});
