import { describe, expect, it } from '@jest/globals';
import { isTileTemplate, mapWarnings, tileOrigins, toMap } from './map.section.js';

describe('server.map', () => {
  it.each([
    ['https://tile.example.org/{z}/{x}/{y}.png', ['https://tile.example.org']],
    [
      'https://{s}.tile.example.org/{z}/{x}/{y}{r}.png',
      ['a', 'b', 'c'].map((name) => `https://${name}.tile.example.org`),
    ],
    ['http://localhost:8080/tiles?z={z}&x={x}&y={y}', ['http://localhost:8080']],
  ])('%s is read from %s', (url, origins) => {
    expect([isTileTemplate(url), tileOrigins(url)]).toEqual([true, origins]);
    expect(mapWarnings(toMap({ url }), 'c.yaml')).toEqual([]);
  });

  it.each([
    'x',
    'https://tile.example.org/',
    'javascript:alert(1)//{z}{x}{y}',
    '/tiles/{z}/{x}/{y}.png',
    'data:{z}{x}{y}',
  ])('warns of %s, which is no address of tiles', (url) => {
    expect(isTileTemplate(url)).toBe(false);
    expect(mapWarnings(toMap({ url }), 'c.yaml')).toEqual([
      `c.yaml: server.map.url: ${JSON.stringify(url)} is no address of tiles such as ` +
        'https://tile.example.org/{z}/{x}/{y}.png: maps have the outline of the land alone',
    ]);
  });

  it('loads no tiles before somebody asks, unless it says so', () => {
    const url = 'https://tile.example.org/{z}/{x}/{y}.png';
    expect(toMap({ url, attribution: 'whose' })).toEqual({ url, attribution: 'whose', auto: false });
    expect(toMap({ url, auto: true })?.auto).toBe(true);
    expect(toMap({ attribution: 'whose' })).toBeUndefined();
  });
});
