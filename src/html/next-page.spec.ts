import { describe, expect, it } from '@jest/globals';
import { nextPage } from './next-page.js';

describe('where one is led after signing in', () => {
  it.each([
    ['/', '/'],
    ['/jobs/1/logs?follow&attempt=2', '/jobs/1/logs?follow&attempt=2'],
    ['/processes/a%20b', '/processes/a%20b'],
    ['/jobs?next=https://evil.example/', '/jobs?next=https://evil.example/'],
    ['/jobs#cause', '/jobs#cause'],
    ['/a/../jobs', '/jobs'],
  ])('is %j', (given, expected) => {
    expect(nextPage(given)).toBe(expected);
  });

  it.each([
    ['nothing', undefined],
    ['a list', ['/jobs', '//evil.example']],
    ['an empty text', ''],
    ['another site', 'https://evil.example/'],
    ['another site by its host alone', '//evil.example/'],
    ['a script', 'javascript:alert(1)'],
    ['a path that is not from the root', 'jobs'],
    ['what ends up in the host', '@evil.example'],
    ['a backslash for a slash', '/\\evil.example'],
    ['two backslashes', '\\\\evil.example'],
    ['a backslash further on', '/jobs/\\evil.example'],
    ['a tabulator that browsers pass over', '/\t/evil.example'],
    ['a line end that would make a header', '/jobs\r\nset-cookie: a=b'],
    ['a zero', '/jobs\0'],
    ['a host behind dots', '/.//evil.example'],
    ['a host behind a path and dots', '/a/..//evil.example'],
    ['signing in', '/sign-in?next=/'],
    ['signing out', '/sign-out'],
    ['an execution', '/processes/hello/execution?name=x'],
    ['what is far too long', `/${'a'.repeat(3000)}`],
  ])('is the landing page for %s', (_, given) => {
    expect(nextPage(given)).toBe('/');
  });
});
